// SPDX-License-Identifier: Apache-2.0
/** Objects for the tests of what lies above them. */
@NullMarked
package org.zapkv.object.testing;

import org.jspecify.annotations.NullMarked;
