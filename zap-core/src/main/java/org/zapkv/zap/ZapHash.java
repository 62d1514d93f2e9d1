// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LittleEndian.LONGS;

/**
 * The hash of names: CRC-64 with the reflected polynomial of ECMA-182, started from the map's salt
 * and not inverted at the end.
 *
 * <p>Eight bytes are taken at a time with eight tables: measured at under half the time of one byte
 * at a time from 16 bytes on, with half the first-level cache footprint of sixteen.
 */
final class ZapHash {
  private static final long POLYNOMIAL = 0xC96C5795D7870F42L;

  private static final long[] T0 = firstTable();
  private static final long[] T1 = nextTable(T0);
  private static final long[] T2 = nextTable(T1);
  private static final long[] T3 = nextTable(T2);
  private static final long[] T4 = nextTable(T3);
  private static final long[] T5 = nextTable(T4);
  private static final long[] T6 = nextTable(T5);
  private static final long[] T7 = nextTable(T6);

  private ZapHash() {}

  private static long[] firstTable() {
    long[] table = new long[256];
    for (int i = 0; i < 256; i++) {
      long crc = i;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >>> 1) ^ (-(crc & 1) & POLYNOMIAL);
      }
      table[i] = crc;
    }
    return table;
  }

  /** What a byte does to the hash one byte later than in the table before. */
  private static long[] nextTable(long[] before) {
    long[] table = new long[256];
    for (int i = 0; i < 256; i++) {
      table[i] = (before[i] >>> 8) ^ T0[(int) before[i] & 0xFF];
    }
    return table;
  }

  /** The unmasked hash of bytes. */
  static long crc64(long salt, byte[] bytes, int offset, int length) {
    long crc = salt;
    int position = offset;
    int end = offset + length;
    for (; position <= end - Long.BYTES; position += Long.BYTES) {
      crc = eightBytes(crc ^ (long) LONGS.get(bytes, position));
    }
    for (; position < end; position++) {
      crc = (crc >>> 8) ^ T0[(int) (crc ^ bytes[position]) & 0xFF];
    }
    return crc;
  }

  /** The unmasked hash of one 64-bit word, its bytes taken least significant first. */
  static long crc64(long crc, long word) {
    return eightBytes(crc ^ word);
  }

  private static long eightBytes(long mixed) {
    return T7[(int) mixed & 0xFF]
        ^ T6[(int) (mixed >>> 8) & 0xFF]
        ^ T5[(int) (mixed >>> 16) & 0xFF]
        ^ T4[(int) (mixed >>> 24) & 0xFF]
        ^ T3[(int) (mixed >>> 32) & 0xFF]
        ^ T2[(int) (mixed >>> 40) & 0xFF]
        ^ T1[(int) (mixed >>> 48) & 0xFF]
        ^ T0[(int) (mixed >>> 56)];
  }

  /** Keeps the high bits of a hash. */
  static long mask(long hash, int hashBits) {
    return hash & (-1L << (Long.SIZE - hashBits));
  }
}
