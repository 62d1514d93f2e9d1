// SPDX-License-Identifier: Apache-2.0
/** Tests of transfers in flight. */
@NullMarked
package org.zapkv.cache.io;

import org.jspecify.annotations.NullMarked;
