// SPDX-License-Identifier: Apache-2.0
/** Several transfers in flight on a device, with the memory pinned that they use. */
@NullMarked
package org.zapkv.cache.io;

import org.jspecify.annotations.NullMarked;
