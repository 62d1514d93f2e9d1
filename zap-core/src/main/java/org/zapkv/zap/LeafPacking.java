// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.jspecify.annotations.Nullable;
import org.zapkv.pool.BlockPacker;
import org.zapkv.pool.BlockPacking;

/**
 * Stores leaves without their free chunks and without what the rest says anyway; see {@link
 * PackedLeafLayout}. A leaf that is anything but what this package makes is not packed.
 */
public final class LeafPacking implements BlockPacking {
  private static final LeafPacking INSTANCE = new LeafPacking();

  private LeafPacking() {}

  /**
   * The packing of leaves.
   *
   * @return the only one there is
   */
  public static LeafPacking instance() {
    return INSTANCE;
  }

  @Override
  public boolean isFor(long firstWord) {
    return firstWord == LeafLayout.BLOCK_TYPE;
  }

  @Override
  public int capacityBytes(int blockBytes) {
    return PackedLeafLayout.capacityBytes(blockBytes);
  }

  @Override
  public BlockPacker newPacker() {
    return new Both(new LeafPacker(), new LeafUnpacker());
  }

  /** The layout of blocks of a size; null if leaves have other sizes. */
  static @Nullable LeafLayout layoutOf(int blockBytes) {
    int shift = Integer.numberOfTrailingZeros(blockBytes);
    return blockBytes == 1 << shift
            && shift >= LeafLayout.MIN_BLOCK_SHIFT
            && shift <= LeafLayout.MAX_BLOCK_SHIFT
        ? LeafLayout.of(shift)
        : null;
  }

  /** A word with the lowest so many bytes set: none for 0 or less, all for 8 or more. */
  static long lowBytes(int count) {
    if (count <= 0) {
      return 0;
    }
    return count >= Long.BYTES ? -1 : -1L >>> (Long.SIZE - Byte.SIZE * count);
  }

  private record Both(LeafPacker packer, LeafUnpacker unpacker) implements BlockPacker {
    @Override
    public int pack(byte[] block, int blockBytes, byte[] packed) {
      return packer.pack(block, blockBytes, packed);
    }

    @Override
    public @Nullable String unpack(byte[] packed, int packedBytes, byte[] block, int blockBytes) {
      return unpacker.unpack(packed, packedBytes, block, blockBytes);
    }
  }
}
