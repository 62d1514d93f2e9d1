// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.Pool;

/**
 * The shape of a block tree: data at level 0, above it indirect blocks full of pointers. Block i of
 * level n is in slot i % 64 of block i / 64 of level n + 1; the only block of the top level is what
 * the root pointer points to.
 */
final class TreeShape {
  static final int INDIRECT_SHIFT = 12;
  static final int INDIRECT_BYTES = 1 << INDIRECT_SHIFT;

  /** Pointers in an indirect block: 64, as a power of two. */
  static final int FANOUT_SHIFT = 6;

  static final int FANOUT = 1 << FANOUT_SHIFT;

  /** In the cache, the level of a block is in the top byte of its number. */
  private static final int LEVEL_SHIFT = 56;

  private static final long INDEX_MASK = (1L << LEVEL_SHIFT) - 1;

  /** With this many levels a tree has more blocks than can be numbered. */
  static final int MAX_LEVELS = 1 + (LEVEL_SHIFT + FANOUT_SHIFT - 1) / FANOUT_SHIFT;

  /** The highest number of blocks that an object can have. */
  static final long MAX_BLOCKS = 1L << 48;

  private static final int SECTOR_BYTES = 512;

  private TreeShape() {}

  /** The number that a block has in the cache. */
  static long cacheId(int level, long index) {
    return (long) level << LEVEL_SHIFT | index;
  }

  static int levelOf(long cacheId) {
    return (int) (cacheId >>> LEVEL_SHIFT);
  }

  static long indexOf(long cacheId) {
    return cacheId & INDEX_MASK;
  }

  static long parentIndex(long index) {
    return index >>> FANOUT_SHIFT;
  }

  static int slotOf(long index) {
    return (int) (index & (FANOUT - 1));
  }

  /** Where in an indirect block the pointer of a slot is. */
  static long slotOffset(int slot) {
    return (long) slot * BlockPointer.SIZE_BYTES;
  }

  /** How many data blocks lie below one block of a level. */
  static long spanBlocks(int level) {
    return 1L << (FANOUT_SHIFT * level);
  }

  /** How many data blocks a tree can have. */
  static long capacityBlocks(int levels) {
    int shift = FANOUT_SHIFT * (levels - 1);
    return shift >= LEVEL_SHIFT ? 1L << LEVEL_SHIFT : 1L << shift;
  }

  static boolean isBlockSize(int bytes) {
    return bytes >= SECTOR_BYTES && bytes <= Pool.MAX_BLOCK_BYTES && bytes % SECTOR_BYTES == 0;
  }
}
