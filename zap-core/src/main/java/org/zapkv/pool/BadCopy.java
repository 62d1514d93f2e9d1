// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/**
 * A copy of a block that is not what was written, or cannot be read.
 *
 * @param offsetBytes where on the device it is
 * @param isMended whether it has been written again from the other copy
 * @param text what is wrong with it and where, for a person
 */
public record BadCopy(long offsetBytes, boolean isMended, String text) {}
