// SPDX-License-Identifier: Apache-2.0
/** Devices and channels with faults, for the tests of this module and of those above. */
@NullMarked
package org.zapkv.cache.device.testing;

import org.jspecify.annotations.NullMarked;
