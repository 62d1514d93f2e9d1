// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import org.zapkv.cache.memory.XxHash64;

/**
 * The checksum of everything on disk: XXH64. The seed says what the bytes are, so a block that was
 * written to, or read from, the wrong place does not match even when it is whole.
 */
final class Checksum {
  /** The code of this checksum in a block pointer. */
  static final int TYPE_XXH64 = 1;

  /** Stands for the object number where the bytes are a bitmap of the space map. */
  static final long BITMAP_OWNER = -1;

  /** Stands for the object number where the bytes are an index node of the space map. */
  static final long INDEX_OWNER = -2;

  /** Stands for the object number where the bytes are a label. */
  static final long LABEL_OWNER = -3;

  /** Stands for the object number where the bytes are the trailer of a block. */
  static final long TRAILER_OWNER = -4;

  /* Odd constants without a pattern: the fractional parts of the golden ratio and of the square
  roots of 2, 3 and 5, in 64 bits. They keep seeds of neighbouring blocks apart. */
  private static final long MIX_OWNER = 0x9E3779B97F4A7C15L;
  private static final long MIX_INDEX = 0x6A09E667F3BCC909L;
  private static final long MIX_LEVEL = 0xBB67AE8584CAA73BL;
  private static final long MIX_GROUP = 0x3C6EF372FE94F82BL;

  private Checksum() {}

  /**
   * The seed for a version of a block: one that an older group wrote does not match either.
   *
   * @param owner the object
   * @param index which block of it
   * @param level the block's level in the tree
   * @param birthGroup the group that wrote it
   */
  static long seed(long owner, long index, int level, long birthGroup) {
    return seed(owner, index, level) ^ Long.rotateLeft(birthGroup * MIX_GROUP, 11);
  }

  /**
   * The seed for the bytes at a place.
   *
   * @param owner the object, or one of the constants that stand for one
   * @param index which block of it
   * @param level the block's level in the tree
   */
  static long seed(long owner, long index, int level) {
    long seed = owner * MIX_OWNER ^ Long.rotateLeft(index * MIX_INDEX, 23);
    return seed ^ Long.rotateLeft((level + 1) * MIX_LEVEL, 41);
  }

  static long of(byte[] bytes, int lengthBytes, long seed) {
    return XxHash64.ofArray(bytes, 0, lengthBytes, seed);
  }

  static long of(long address, long lengthBytes, long seed) {
    return XxHash64.ofMemory(address, lengthBytes, seed);
  }
}
