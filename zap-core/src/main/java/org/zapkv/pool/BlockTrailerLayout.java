// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/**
 * The trailer of a data block, little-endian: the last bytes of its last unit.
 *
 * <pre>
 *        +0                +4                +8               +12
 *   0   | magic "ZBLK"    |typ|cmp|cks| zero| store                             |
 *  16   | object number                     | block number                      |
 *  32   | birth group                       | checksum of the payload           |
 *  48   | logical bytes   | physical bytes  | checksum of the 56 bytes before   |
 *
 *  the block:  | payload, physical bytes long | zeros | trailer |
 *              '----------------- whole units -----------------'
 * </pre>
 */
final class BlockTrailerLayout {
  /** "ZBLK" as it is read. */
  static final int MAGIC_VALUE = 'Z' | 'B' << 8 | 'L' << 16 | 'K' << 24;

  static final int MAGIC = 0;
  static final int OBJECT_TYPE = MAGIC + Integer.BYTES;
  static final int COMPRESSION = OBJECT_TYPE + Byte.BYTES;
  static final int CHECKSUM_TYPE = COMPRESSION + Byte.BYTES;
  static final int STORE = CHECKSUM_TYPE + Short.BYTES;
  static final int OBJECT_ID = STORE + Long.BYTES;
  static final int INDEX = OBJECT_ID + Long.BYTES;
  static final int BIRTH_GROUP = INDEX + Long.BYTES;
  static final int PAYLOAD_CHECKSUM = BIRTH_GROUP + Long.BYTES;
  static final int LOGICAL_BYTES = PAYLOAD_CHECKSUM + Long.BYTES;
  static final int PHYSICAL_BYTES = LOGICAL_BYTES + Integer.BYTES;
  static final int CHECKSUM = PHYSICAL_BYTES + Integer.BYTES;
  static final int SIZE_BYTES = CHECKSUM + Long.BYTES;

  private BlockTrailerLayout() {}
}
