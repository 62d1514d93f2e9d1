// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/**
 * How long a value is.
 *
 * @param integerBytes the size of one integer: 1, 2, 4 or 8
 * @param count how many integers there are, 0 or more
 */
public record ZapLength(int integerBytes, int count) {}
