// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import org.zapkv.cache.memory.NativeMemory;

/** A block that is filled, sealed and written, then used for another one. Guarded by the log. */
final class LogBlock {
  /* A shorter part of a record is not worth its fragment. */
  private static final int MIN_PART_BYTES = 32;

  private final long address;
  private long offsetBytes;
  private long chainBefore;
  private int capacityBytes;
  private int usedBytes = LogBlockLayout.PAYLOAD;
  private long firstSequence;
  private long lastSequence;

  LogBlock(long address) {
    this.address = address;
  }

  /** Empties it, for a place in the log. */
  void begin(long newOffsetBytes, int newCapacityBytes, long newChainBefore) {
    offsetBytes = newOffsetBytes;
    capacityBytes = newCapacityBytes;
    chainBefore = newChainBefore;
    usedBytes = LogBlockLayout.PAYLOAD;
    firstSequence = 0;
  }

  long address() {
    return address;
  }

  long offsetBytes() {
    return offsetBytes;
  }

  /** The seed of its checksum. */
  long chainBefore() {
    return chainBefore;
  }

  boolean isEmpty() {
    return usedBytes == LogBlockLayout.PAYLOAD;
  }

  /** What it would take on the device now. */
  int sizeBytes() {
    return LogBlockLayout.roundUp(usedBytes);
  }

  /** The newest record that ends in it or before; once sealed. */
  long lastSequence() {
    return lastSequence;
  }

  /** Puts in as much of a record as there is room for; gives whether that was the rest of it. */
  boolean put(RecordSource record, long sequence) {
    int left = record.leftBytes();
    boolean isStart = left == record.totalBytes();
    int free = capacityBytes - usedBytes - LogBlockLayout.FRAGMENT_WORD_BYTES;
    if (left <= free) {
      putFragment(isStart ? LogBlockLayout.FULL : LogBlockLayout.LAST, record, left, sequence);
      return true;
    }
    int room = isStart ? free - LogBlockLayout.RECORD_LENGTH_BYTES : free;
    if (room >= MIN_PART_BYTES) {
      putFragment(isStart ? LogBlockLayout.FIRST : LogBlockLayout.MIDDLE, record, room, sequence);
    }
    return false;
  }

  private void putFragment(int kind, RecordSource record, int lengthBytes, long sequence) {
    if (isEmpty()) {
      firstSequence = sequence;
    }
    NativeMemory.putInt(
        address + usedBytes, kind << LogBlockLayout.FRAGMENT_KIND_SHIFT | lengthBytes);
    usedBytes += LogBlockLayout.FRAGMENT_WORD_BYTES;
    if (kind == LogBlockLayout.FIRST) {
      NativeMemory.putInt(address + usedBytes, record.totalBytes());
      usedBytes += LogBlockLayout.RECORD_LENGTH_BYTES;
    }
    record.copyTo(address + usedBytes, lengthBytes);
    usedBytes += lengthBytes;
  }

  /** Makes it what is written; gives the chain for the block after it. */
  long seal(long nextOffsetBytes, long newLastSequence, long durableSequence, long storeSeed) {
    lastSequence = newLastSequence;
    int blockBytes = sizeBytes();
    NativeMemory.fill(address, LogBlockLayout.PAYLOAD, (byte) 0);
    NativeMemory.fill(address + usedBytes, blockBytes - usedBytes, (byte) 0);
    NativeMemory.putLong(address + LogBlockLayout.MAGIC, LogBlockLayout.MAGIC_VALUE);
    NativeMemory.putLong(address + LogBlockLayout.NEXT, nextOffsetBytes);
    NativeMemory.putLong(
        address + LogBlockLayout.FIRST_SEQUENCE, isEmpty() ? newLastSequence + 1 : firstSequence);
    NativeMemory.putLong(address + LogBlockLayout.DURABLE_SEQUENCE, durableSequence);
    NativeMemory.putInt(address + LogBlockLayout.PAYLOAD_BYTES, usedBytes - LogBlockLayout.PAYLOAD);
    long headerChecksum = LogBlockLayout.headerChecksum(address, offsetBytes, storeSeed);
    NativeMemory.putLong(address + LogBlockLayout.HEADER_CHECKSUM, headerChecksum);
    long chain = LogBlockLayout.chain(address, blockBytes, chainBefore);
    NativeMemory.putLong(address + LogBlockLayout.CHAIN, chain);
    return chain;
  }
}
