// SPDX-License-Identifier: Apache-2.0
/**
 * The object set: numbered objects, each a flat array of equally sized blocks, whose changes gather
 * in the cache per transaction group and reach the pool together.
 */
@org.jspecify.annotations.NullMarked
package org.zapkv.object;
