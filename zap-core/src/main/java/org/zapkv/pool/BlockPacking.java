// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/**
 * How a layer above stores blocks that it knows the form of in fewer bytes than they have. What is
 * packed so is unpacked to the very same bytes. Any thread.
 */
public interface BlockPacking {
  /**
   * Whether it is worth an attempt to pack a block. A look, no promise.
   *
   * @param firstWord the first 8 bytes of the block, little-endian
   * @return false if the block has another form
   */
  boolean isFor(long firstWord);

  /**
   * How long arrays for packed bytes must be: longer than those ever are.
   *
   * @param blockBytes the size of the block
   * @return a length in bytes
   */
  int capacityBytes(int blockBytes);

  /**
   * Makes what does the work, for one thread at a time.
   *
   * @return a new packer
   */
  BlockPacker newPacker();
}
