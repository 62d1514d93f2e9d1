// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

/**
 * The file with the statistics of an open store, little-endian: one sector, so that it is written
 * by one call.
 *
 * <pre>
 *        +0                +4                +8               +12
 *   0   | magic                             | version         | figures         |
 *  16   | process id                        | opened, ms since 1970             |
 *  32   | published, ms since 1970          | sequence                          |
 *  48   | closing: 0 or 1                   | store id, high                    |
 *  64   | store id, low                     | figure 0                          |
 *       | figure 1                          | ...                               |
 *       | zero                              | CRC-32C of 0 .. 503 in 8 bytes    |
 * </pre>
 *
 * The figures are the components of {@link StoreStatistics} and of the records in it, in their
 * order, each in 8 bytes. A change of these records is a new version.
 */
final class StatisticsLayout {
  /** "ZAPSTATS" read as a little-endian number. */
  static final long MAGIC_VALUE = 0x535441545350415AL;

  static final int VERSION_VALUE = 1;

  static final int FILE_BYTES = 512;

  static final int MAGIC = 0;
  static final int VERSION = MAGIC + Long.BYTES;
  static final int FIGURE_COUNT = VERSION + Integer.BYTES;
  static final int PROCESS_ID = FIGURE_COUNT + Integer.BYTES;
  static final int OPENED = PROCESS_ID + Long.BYTES;
  static final int PUBLISHED = OPENED + Long.BYTES;
  static final int SEQUENCE = PUBLISHED + Long.BYTES;
  static final int CLOSING = SEQUENCE + Long.BYTES;
  static final int STORE_ID_HIGH = CLOSING + Long.BYTES;
  static final int STORE_ID_LOW = STORE_ID_HIGH + Long.BYTES;
  static final int FIGURES = STORE_ID_LOW + Long.BYTES;
  static final int CHECKSUM = FILE_BYTES - Long.BYTES;

  private StatisticsLayout() {}
}
