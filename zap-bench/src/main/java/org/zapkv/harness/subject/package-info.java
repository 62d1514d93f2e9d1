// SPDX-License-Identifier: Apache-2.0
/** The stores that the harness can test, behind one small interface. */
@NullMarked
package org.zapkv.harness.subject;

import org.jspecify.annotations.NullMarked;
