// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/**
 * The label on disk, little-endian. The magic number and the checksum stay where they are, and what
 * they are, in every version to come.
 *
 * <pre>
 *        +0                +4                +8               +12
 *   0   | magic                             | version         |ush|rsh| zero    |
 *  16   | compatible features               | read-only compatible features     |
 *  32   | incompatible features             | store id, high                    |
 *  48   | store id, low                     | zero ...                          |
 *       | ...                                                                   |
 * 4080  | zero                              | checksum of bytes 0 .. 4087       |
 * </pre>
 *
 * ush: unit shift, rsh: region shift (powers of two of bytes).
 */
final class LabelLayout {
  /** "ZAPSTORE" read as a little-endian number. */
  static final long MAGIC_VALUE = 0x45524F545350415AL;

  static final int VERSION_VALUE = 1;

  static final int MAGIC = 0;
  static final int VERSION = MAGIC + Long.BYTES;
  static final int UNIT_SHIFT = VERSION + Integer.BYTES;
  static final int REGION_SHIFT = UNIT_SHIFT + Byte.BYTES;
  static final int COMPATIBLE = 16;
  static final int READ_ONLY_COMPATIBLE = COMPATIBLE + Long.BYTES;
  static final int INCOMPATIBLE = READ_ONLY_COMPATIBLE + Long.BYTES;
  static final int STORE_ID_HIGH = INCOMPATIBLE + Long.BYTES;
  static final int STORE_ID_LOW = STORE_ID_HIGH + Long.BYTES;
  static final int CHECKSUM = HeadLayout.LABEL_BYTES - Long.BYTES;

  private LabelLayout() {}
}
