// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/**
 * Where things are in the packed form of a leaf: what cannot be computed from the rest, one after
 * the other.
 *
 * <pre>
 * header, 16 bytes
 *  0        8        12       14      15     16
 * +--------+--------+--------+-------+------+
 * | prefix | where  | entries|prefix |flags |
 * | u64    | runs   | u16    |length |      |
 * |        | begin  |        | u8    | u8   |
 * +--------+--------+--------+-------+------+
 * entries, in the order of the buckets, those of a bucket in the order of its chain:
 * +-------+---------+---------------------------------+--------+--------+---------+
 * |control| hash    | shape, unless it is that of the | cd,    | name,  | value   |
 * | u8    | 1 .. 8  | entry before: integer field u8, | unless | without|         |
 * |       | bytes   | name length, value count:       | it is 0| its NUL|         |
 * |       |         | u8 each, or u16                 | u32    |        |         |
 * +-------+---------+---------------------------------+--------+--------+---------+
 * runs of chunks, to the end, 3 bytes each:
 * +-------------+--------------------+
 * | first chunk | how many, 1 .. 255 |
 * | u16         | u8                 |
 * +-------------+--------------------+
 * </pre>
 */
final class PackedLeafLayout {
  static final int PREFIX_OFFSET = 0;
  static final int RUNS_OFFSET_OFFSET = PREFIX_OFFSET + Long.BYTES;
  static final int ENTRY_COUNT_OFFSET = RUNS_OFFSET_OFFSET + Integer.BYTES;
  static final int PREFIX_LENGTH_OFFSET = ENTRY_COUNT_OFFSET + Short.BYTES;
  static final int FLAGS_OFFSET = PREFIX_LENGTH_OFFSET + Byte.BYTES;
  static final int HEADER_BYTES = FLAGS_OFFSET + Byte.BYTES;

  /** The part of the control byte that is one less than the bytes of the hash. */
  static final int CONTROL_HASH_BYTES = 0x07;

  /** The entry has the shape of the one before. */
  static final int CONTROL_SAME_SHAPE = 0x08;

  /** Length and count take two bytes each, not one. */
  static final int CONTROL_WIDE_SHAPE = 0x10;

  /** The entry has a cd. */
  static final int CONTROL_CD = 0x20;

  /** The value's chunks are there whole, with what follows the value in the last of them. */
  static final int CONTROL_WHOLE_CHUNKS = 0x40;

  /** Bits that must not be set. */
  static final int CONTROL_UNKNOWN = 0x80;

  /** The longest length and count of a shape that is not wide. */
  static final int NARROW_LIMIT = 0xFF;

  static final int RUN_COUNT_OFFSET = Short.BYTES;
  static final int RUN_BYTES = RUN_COUNT_OFFSET + Byte.BYTES;
  static final int LONGEST_RUN = 0xFF;

  /** More than is read, or written and left behind, beyond the end: words are moved whole. */
  private static final int SLACK_BYTES = 64;

  private PackedLeafLayout() {}

  /**
   * How long an array for the packed form must be. An entry takes less than its chunks, and a run,
   * of which there may be one for each chunk, an eighth of one.
   */
  static int capacityBytes(int blockBytes) {
    return blockBytes + blockBytes / 8 + SLACK_BYTES;
  }
}
