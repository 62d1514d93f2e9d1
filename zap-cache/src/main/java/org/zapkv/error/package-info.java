// SPDX-License-Identifier: Apache-2.0
/** The exceptions of Zap: one unchecked root and a precise subclass for each kind of failure. */
@org.jspecify.annotations.NullMarked
package org.zapkv.error;
