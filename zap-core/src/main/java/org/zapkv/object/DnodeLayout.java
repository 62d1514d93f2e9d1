// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.Pool;

/**
 * A dnode on disk, little-endian; a type of 0 is a free one, all of whose bytes are zero.
 *
 * <pre>
 *        +0                +4                +8               +12
 *   0   |typ|lvl|ish|flg| block bytes     | block count                       |
 *  16   | birth group                       | allocated bytes                   |
 *  32   | zero (32 bytes)                                                       |
 *  64   | root block pointer (64 bytes)                                         |
 * 128   | zero (128 bytes), for what a type of object may want to store here    |
 * </pre>
 *
 * ish: the size of an indirect block as a power of two.
 */
final class DnodeLayout {
  static final int TYPE = 0;
  static final int LEVELS = TYPE + Byte.BYTES;
  static final int INDIRECT_SHIFT = LEVELS + Byte.BYTES;
  static final int FLAGS = INDIRECT_SHIFT + Byte.BYTES;
  static final int BLOCK_BYTES = FLAGS + Byte.BYTES;
  static final int BLOCK_COUNT = BLOCK_BYTES + Integer.BYTES;
  static final int BIRTH_GROUP = BLOCK_COUNT + Long.BYTES;
  static final int ALLOCATED_BYTES = BIRTH_GROUP + Long.BYTES;
  static final int ROOT = 64;
  static final int BONUS = ROOT + BlockPointer.SIZE_BYTES;

  /** The size of a dnode: also what an uberblock holds of the meta object. */
  static final int SIZE_BYTES = Pool.ROOT_BYTES;

  /** The size of a block of the meta object. */
  static final int META_BLOCK_BYTES = 16 << 10;

  static final int PER_META_BLOCK = META_BLOCK_BYTES / SIZE_BYTES;

  private DnodeLayout() {}

  /** The block of the meta object that a dnode is in. */
  static long metaBlockOf(long objectId) {
    return objectId / PER_META_BLOCK;
  }

  /** Where in its block of the meta object a dnode is. */
  static long offsetOf(long objectId) {
    return (objectId % PER_META_BLOCK) * SIZE_BYTES;
  }
}
