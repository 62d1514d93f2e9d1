// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import org.zapkv.cache.memory.NativeMemory;

/**
 * A log block on disk, little-endian: what was written at once. It begins at a multiple of 512 in a
 * segment, ends at one, and lies within the segment; after the payload it is zero.
 *
 * <pre>
 *        +0                +4                +8               +12
 *   0   | magic                             | checksum of bytes 24 .. 63        |
 *  16   | chain: checksum of bytes 24 .. n  | where the next block begins       |
 *  32   | sequence of the first fragment    | durable sequence                  |
 *  48   | payload bytes   | zero                                                |
 *  64   | payload: fragments                                                    |
 * </pre>
 *
 * <p>The header's own checksum is seeded by store and place, so a header is known as such wherever
 * it is found. The chain is seeded by the chain of the block before, so a block counts only as the
 * successor of that very block; n is the end of the block.
 *
 * <p>A fragment: a word with the length in the low 24 bits and the kind in the high 8; for FIRST
 * the length of the whole record, 4 bytes; then as many bytes of the record as the word says.
 */
final class LogBlockLayout {
  /** "ZAPLOGBK" read as a little-endian number. */
  static final long MAGIC_VALUE = 0x4B42474F4C50415AL;

  /** Blocks begin and end at multiples of it: what is durable shares no sector with what is not. */
  static final int SECTOR_BYTES = 512;

  static final int MAX_BLOCK_BYTES = 128 << 10;

  static final int MAGIC = 0;
  static final int HEADER_CHECKSUM = MAGIC + Long.BYTES;
  static final int CHAIN = HEADER_CHECKSUM + Long.BYTES;
  static final int NEXT = CHAIN + Long.BYTES;
  static final int FIRST_SEQUENCE = NEXT + Long.BYTES;
  static final int DURABLE_SEQUENCE = FIRST_SEQUENCE + Long.BYTES;
  static final int PAYLOAD_BYTES = DURABLE_SEQUENCE + Long.BYTES;
  static final int PAYLOAD = 64;

  /** Both checksums begin here. */
  private static final int CHECKED = NEXT;

  static final int FRAGMENT_WORD_BYTES = Integer.BYTES;
  static final int RECORD_LENGTH_BYTES = Integer.BYTES;
  static final int FRAGMENT_LENGTH_MASK = (1 << 24) - 1;
  static final int FRAGMENT_KIND_SHIFT = 24;

  /** A whole record. */
  static final int FULL = 1;

  /** The first part of a record. */
  static final int FIRST = 2;

  /** Neither the first nor the last part of a record. */
  static final int MIDDLE = 3;

  /** The last part of a record. */
  static final int LAST = 4;

  private LogBlockLayout() {}

  static int roundUp(int bytes) {
    return (bytes + SECTOR_BYTES - 1) & -SECTOR_BYTES;
  }

  static int blockBytes(long address) {
    return roundUp(PAYLOAD + NativeMemory.getInt(address + PAYLOAD_BYTES));
  }

  static long headerChecksum(long address, long offsetBytes, long storeSeed) {
    return LogChecksum.of(
        address + CHECKED, PAYLOAD - CHECKED, LogChecksum.headerSeed(storeSeed, offsetBytes));
  }

  static long chain(long address, int blockBytes, long chainBefore) {
    return LogChecksum.of(address + CHECKED, blockBytes - CHECKED, chainBefore);
  }

  /** Whether there is a header of this store's log, made for this place; of which lap is open. */
  static boolean isHeader(long address, long offsetBytes, long storeSeed) {
    if (NativeMemory.getLong(address + MAGIC) != MAGIC_VALUE
        || NativeMemory.getLong(address + HEADER_CHECKSUM)
            != headerChecksum(address, offsetBytes, storeSeed)) {
      return false;
    }
    int payloadBytes = NativeMemory.getInt(address + PAYLOAD_BYTES);
    return payloadBytes >= 0 && payloadBytes <= MAX_BLOCK_BYTES - PAYLOAD;
  }
}
