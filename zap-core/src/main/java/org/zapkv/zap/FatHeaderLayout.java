// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/**
 * Where things are in block 0 of a fat map. Every field is a 64-bit word.
 *
 * <pre>
 *   0  block type            32  table shift         64  leaves
 *   8  magic                 40  growing: first      72  entries
 *  16  table: first block    48  growing: copied     80  salt
 *  24  table: blocks         56  next free block     88  normflags
 *                                                    96  flags
 * 104  header of the overflow: its block, 0 when there is none
 * 112 .. half of the block   zero
 * half of the block .. end   the embedded pointer table: 2^(blockShift - 4) block ids
 * </pre>
 *
 * <p>Word 104 is not in OpenZFS's form, where it is zero. The header of an overflow (see {@link
 * Overflow}) is in another block and has the same form, with a magic of its own, 0 in the words 56,
 * 80, 88 and 104, and after them:
 *
 * <pre>
 * 112  first half of the hash key    120  second half    128  values kept for the main table
 * </pre>
 */
final class FatHeaderLayout {
  static final long BLOCK_TYPE = 0x8000000000000001L;
  static final long MAGIC = 0x2F52AB2ABL;

  /** The magic of an overflow's header: "ZAPOVER1", its bytes in the order of the text. */
  static final long OVERFLOW_MAGIC = 0x315245564F50415AL;

  static final int TYPE_OFFSET = 0;
  static final int MAGIC_OFFSET = 8;
  static final int TABLE_BLOCK_OFFSET = 16;
  static final int TABLE_BLOCK_COUNT_OFFSET = 24;
  static final int TABLE_SHIFT_OFFSET = 32;
  static final int GROWING_BLOCK_OFFSET = 40;
  static final int GROWING_COPIED_OFFSET = 48;
  static final int FREE_BLOCK_OFFSET = 56;
  static final int LEAF_COUNT_OFFSET = 64;
  static final int ENTRY_COUNT_OFFSET = 72;
  static final int SALT_OFFSET = 80;
  static final int NORMFLAGS_OFFSET = 88;
  static final int FLAGS_OFFSET = 96;
  static final int OVERFLOW_BLOCK_OFFSET = 104;
  static final int HASH_KEY_0_OFFSET = 112;
  static final int HASH_KEY_1_OFFSET = 120;
  static final int APART_COUNT_OFFSET = 128;

  /** The block of the first leaf of a new fat map. */
  static final long FIRST_LEAF_BLOCK = 1;

  private static final int POINTER_SHIFT = 3;

  private FatHeaderLayout() {}

  /** The shift of the pointer table that is embedded in the header: half a block of pointers. */
  static int embeddedShift(int blockShift) {
    return blockShift - 1 - POINTER_SHIFT;
  }

  static int embeddedTableOffset(int blockShift) {
    return 1 << (blockShift - 1);
  }

  /** The shift of the number of pointers in one block of an external pointer table. */
  static int pointersPerBlockShift(int blockShift) {
    return blockShift - POINTER_SHIFT;
  }

  /** The offset of a pointer in an array of them, in bytes. */
  static long pointerOffset(long index) {
    return index << POINTER_SHIFT;
  }
}
