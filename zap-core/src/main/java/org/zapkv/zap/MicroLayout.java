// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/**
 * Where things are in the block of a micro map.
 *
 * <pre>
 * header                             entry, from slot 0 on, 64 bytes each
 *  0        8        16              0        8     12    14                    64
 * +--------+--------+---------+     +--------+-----+-----+---------------------+
 * | type   | salt   | norm-   |     | value  | cd  | 0   | name, ends with NUL |
 * |        |        | flags   |     | u64    | u32 | u16 | first byte 0: free  |
 * +--------+--------+---------+     +--------+-----+-----+---------------------+
 * | zero, 40 bytes            | 64
 * +---------------------------+
 * </pre>
 */
final class MicroLayout {
  static final long BLOCK_TYPE = 0x8000000000000003L;

  /** The size of a new block, and the step in which it grows. */
  static final int STEP_BYTES = 512;

  static final int TYPE_OFFSET = 0;
  static final int SALT_OFFSET = 8;
  static final int NORMFLAGS_OFFSET = 16;
  static final int HEADER_BYTES = 64;

  static final int ENTRY_BYTES = 64;
  static final int ENTRY_VALUE_OFFSET = 0;
  static final int ENTRY_CD_OFFSET = 8;
  static final int ENTRY_NAME_OFFSET = 14;
  static final int NAME_FIELD_BYTES = 50;

  /** The longest name: one byte of the field is for the NUL. */
  static final int MAX_NAME_BYTES = NAME_FIELD_BYTES - 1;

  static final int MAX_CD = 0xFFFF;

  private MicroLayout() {}

  static int slotCount(int blockSizeBytes) {
    return (blockSizeBytes - HEADER_BYTES) / ENTRY_BYTES;
  }

  /** The offset of an entry in the block, in bytes. */
  static int entryOffset(int slot) {
    return HEADER_BYTES + slot * ENTRY_BYTES;
  }
}
