// SPDX-License-Identifier: Apache-2.0
/** Benchmarks of what a user of the library calls. */
@org.jspecify.annotations.NullMarked
package org.zapkv.bench;
