// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/**
 * An uberblock on disk, little-endian. It is there twice, far apart, so that one bad spot does not
 * lose a durable group; the copies differ in the checksum only, whose seed has the slot.
 *
 * <pre>
 *        +0                +4                +8               +12
 *   0   | magic                             | transaction group                 |
 *  16   | time, ms since 1970               | intent log, offset                |
 *  32   | intent log, sequence              | intent log, chain                 |
 *  48   | zero ...                                                              |
 *  64   | root: the dnode of the meta object, 256 bytes                         |
 * 320   | space table: 64 entries of 32 bytes                                   |
 * 2368  | zero ...                                                              |
 * 4080  | zero                              | checksum of bytes 0 .. 4087       |
 * </pre>
 */
final class UberblockLayout {
  /** "ZAPUBER1" read as a little-endian number. */
  static final long MAGIC_VALUE = 0x315245425550415AL;

  static final int MAGIC = 0;
  static final int GROUP = MAGIC + Long.BYTES;
  static final int TIME = GROUP + Long.BYTES;
  static final int LOG_OFFSET = TIME + Long.BYTES;
  static final int LOG_SEQUENCE = LOG_OFFSET + Long.BYTES;
  static final int LOG_CHAIN = LOG_SEQUENCE + Long.BYTES;
  static final int ROOT = 64;
  static final int ROOT_BYTES = 256;
  static final int SPACE_TABLE = ROOT + ROOT_BYTES;
  static final int SPACE_TABLE_BYTES = SpaceGeometry.NODE_COUNT * SpaceEntryLayout.SIZE_BYTES;
  static final int CHECKSUM = HeadLayout.SLOT_BYTES - Long.BYTES;

  private UberblockLayout() {}

  static long spaceEntry(int node) {
    return SPACE_TABLE + (long) node * SpaceEntryLayout.SIZE_BYTES;
  }
}
