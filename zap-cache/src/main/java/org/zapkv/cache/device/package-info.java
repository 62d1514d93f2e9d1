// SPDX-License-Identifier: Apache-2.0
/**
 * Devices: where bytes are kept, behind one small interface that moves them from and to native
 * memory.
 */
@NullMarked
package org.zapkv.cache.device;

import org.jspecify.annotations.NullMarked;
