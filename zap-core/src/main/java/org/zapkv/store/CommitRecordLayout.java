// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

/**
 * A record of the intent log, little-endian: what one commit did, or one part of a large batch.
 *
 * <pre>
 *        +0                +4                +8               +12
 *   0   |knd| 0 | map count| operation count | batch                             |
 *  16   | maps: each a byte with the length of the name, and the name in UTF-8   |
 *       | operations: each of the form below                                     |
 *
 *        +0                +4
 *   0   |op |map| key bytes| value bytes     |
 *   8   | key                                |
 *       | value                              |
 * </pre>
 *
 * knd: 1 a whole commit, 2 a part of a batch, 3 the end of a batch, which has neither maps nor
 * operations. batch: what the parts of a batch and its end have in common, 0 for a whole commit.
 * op: 1 put bytes, 2 put a long (a value of 8 bytes), 3 remove (no value). map: which of the maps.
 */
final class CommitRecordLayout {
  static final int KIND = 0;
  static final int ZERO = KIND + Byte.BYTES;
  static final int MAP_COUNT = ZERO + Byte.BYTES;
  static final int OPERATION_COUNT = MAP_COUNT + Short.BYTES;
  static final int BATCH = OPERATION_COUNT + Integer.BYTES;
  static final int HEADER_BYTES = BATCH + Long.BYTES;

  /** The length before the name of a map. */
  static final int NAME_LENGTH_BYTES = Byte.BYTES;

  static final int OP_KIND = 0;
  static final int OP_MAP = OP_KIND + Byte.BYTES;
  static final int OP_KEY_BYTES = OP_MAP + Byte.BYTES;
  static final int OP_VALUE_BYTES = OP_KEY_BYTES + Short.BYTES;
  static final int OP_HEADER_BYTES = OP_VALUE_BYTES + Integer.BYTES;

  /** The most operations, and so maps, of a record: the number of a map is a byte. */
  static final int MAX_OPERATIONS = 256;

  private CommitRecordLayout() {}
}
