// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import org.jspecify.annotations.Nullable;

/** Packs and unpacks blocks in the way of a {@link BlockPacking}. One thread at a time. */
public interface BlockPacker {
  /** What {@link #pack} gives for a block that it does not pack. */
  int NOT_PACKED = 0;

  /**
   * Packs a block.
   *
   * @param block the block, from the beginning of the array on
   * @param blockBytes its size
   * @param packed where the packed bytes go, of at least {@link BlockPacking#capacityBytes}
   * @return how many bytes those are, fewer than the block has; {@link #NOT_PACKED} if it does not
   *     get smaller, or would not come back just as it is
   */
  int pack(byte[] block, int blockBytes, byte[] packed);

  /**
   * Gives a packed block back. The packed bytes may be anything at all.
   *
   * @param packed the packed bytes, in an array of at least {@link BlockPacking#capacityBytes}
   * @param packedBytes how many they are, fewer than the block has
   * @param block where the block goes
   * @param blockBytes its size
   * @return what is wrong with the packed bytes, null when nothing is
   */
  @Nullable String unpack(byte[] packed, int packedBytes, byte[] block, int blockBytes);
}
