// SPDX-License-Identifier: Apache-2.0
/** What tests of this module and of those above share. */
@NullMarked
package org.zapkv.cache.testing;

import org.jspecify.annotations.NullMarked;
