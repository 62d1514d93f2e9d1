// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

/**
 * Makes something of a block's bytes, for {@link Buffer#read}.
 *
 * @param <R> what it makes
 */
@FunctionalInterface
public interface ContentReader<R> {
  /**
   * Reads bytes of a block. They may be half changed, or another block's; then the result is thrown
   * away, and so is an exception. So it must end on any bytes, stay within the block, and have no
   * effect but its result.
   *
   * @param address where the block begins
   * @return what it made of them
   */
  R read(long address);
}
