// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

/**
 * The head of an intent log on disk, little-endian: twice, the same bytes, then segments. The magic
 * number and the checksum stay where they are, and what they are, in every version to come.
 *
 * <pre>
 *        +0                +4                +8               +12
 *   0   | magic                             | version         | segment bytes   |
 *  16   | compatible features               | read-only compatible features     |
 *  32   | incompatible features             | store id, high                    |
 *  48   | store id, low                     | zero ...                          |
 *       | ...                                                                   |
 * 4080  | zero                              | checksum of bytes 0 .. 4087       |
 * </pre>
 */
final class LogHeadLayout {
  /** "ZAPINTLG" read as a little-endian number; the seed of the checksum, too. */
  static final long MAGIC_VALUE = 0x474C544E4950415AL;

  static final int VERSION_VALUE = 1;

  static final int COPIES = 2;
  static final int COPY_BYTES = 4096;

  /** Where the first segment begins. */
  static final int HEAD_BYTES = COPIES * COPY_BYTES;

  static final int MAGIC = 0;
  static final int VERSION = MAGIC + Long.BYTES;
  static final int SEGMENT_BYTES = VERSION + Integer.BYTES;
  static final int COMPATIBLE = SEGMENT_BYTES + Integer.BYTES;
  static final int READ_ONLY_COMPATIBLE = COMPATIBLE + Long.BYTES;
  static final int INCOMPATIBLE = READ_ONLY_COMPATIBLE + Long.BYTES;
  static final int STORE_ID_HIGH = INCOMPATIBLE + Long.BYTES;
  static final int STORE_ID_LOW = STORE_ID_HIGH + Long.BYTES;
  static final int CHECKSUM = COPY_BYTES - Long.BYTES;

  private LogHeadLayout() {}
}
