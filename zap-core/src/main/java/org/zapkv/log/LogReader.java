// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;

/** Reads a log from a position to its end. One thread. */
final class LogReader {
  private static final int WINDOW_BYTES = LogBlockLayout.MAX_BLOCK_BYTES;

  /* An empty record has this for its bytes, and a reader that is in no record. */
  private static final byte[] NO_BYTES = new byte[0];

  private final BlockDevice device;
  private final long storeSeed;
  private final LogSegments segments;
  private final long deviceBytes;

  /** A stretch of the device in memory. */
  private final long window;

  private long windowOffset;
  private int windowLength;

  private @Nullable DeviceException unreadable;

  private final BitSet touched = new BitSet();
  private long lastSequence;
  private long endOffset;

  /** The record that the next fragment belongs to, as far as it was read; and whether there is. */
  private byte[] record = NO_BYTES;

  private int recordLength;
  private boolean isInRecord;

  /** Whether there is a header where {@link #find} last found no whole block that belongs there. */
  private boolean isHeaderAtEnd;

  LogReader(BlockDevice device, long storeSeed, LogSegments segments, long window) {
    this.device = device;
    this.storeSeed = storeSeed;
    this.segments = segments;
    this.deviceBytes = segments.endOf(segments.count());
    this.window = window;
  }

  /** The newest record that was found, or that of the position. */
  long lastSequence() {
    return lastSequence;
  }

  /** Where the block would be that was not found. */
  long endOffset() {
    return endOffset;
  }

  /**
   * Whether it can be seen that the log ended in the middle of a write: there is the beginning of a
   * record without its end, or of the block that comes next.
   */
  boolean isTorn() {
    return isInRecord || isHeaderAtEnd;
  }

  /** Why that block cannot be read; null if it can. */
  @Nullable DeviceException unreadable() {
    return unreadable;
  }

  /** The segments that blocks were found in, if there was a record in them. */
  BitSet touched() {
    return touched;
  }

  /** Gives out the records after a position; gives how many. */
  long read(LogPosition from, LogConsumer consumer) {
    lastSequence = from.sequence();
    long chain = from.chain();
    endOffset = from.offsetBytes();
    long address = find(endOffset, chain);
    while (address != 0) {
      touched.set(segments.indexOf(endOffset));
      chain = NativeMemory.getLong(address + LogBlockLayout.CHAIN);
      long next = NativeMemory.getLong(address + LogBlockLayout.NEXT);
      readFragments(address, from.sequence(), consumer);
      endOffset = next;
      address = find(endOffset, chain);
    }
    long count = lastSequence - from.sequence();
    if (count == 0) {
      touched.clear();
    }
    return count;
  }

  /** The block at a place, if it is whole and belongs there; else 0. */
  private long find(long offsetBytes, long chain) {
    isHeaderAtEnd = false;
    try {
      return findReadable(offsetBytes, chain);
    } catch (DeviceException e) {
      unreadable = e;
      return 0;
    }
  }

  private long findReadable(long offsetBytes, long chain) {
    if (offsetBytes < LogHeadLayout.HEAD_BYTES
        || offsetBytes % LogBlockLayout.SECTOR_BYTES != 0
        || offsetBytes >= deviceBytes) {
      return 0;
    }
    int left = segments.leftBytes(offsetBytes);
    long address = load(offsetBytes, LogBlockLayout.SECTOR_BYTES, left);
    if (!LogBlockLayout.isHeader(address, offsetBytes, storeSeed)) {
      return 0;
    }
    int blockBytes = LogBlockLayout.blockBytes(address);
    if (blockBytes > left) {
      return 0;
    }
    address = load(offsetBytes, blockBytes, left);
    boolean isNext =
        LogBlockLayout.chain(address, blockBytes, chain)
            == NativeMemory.getLong(address + LogBlockLayout.CHAIN);
    // Where the segment was used before there are headers of then; these have other sequences.
    isHeaderAtEnd =
        !isNext
            && NativeMemory.getLong(address + LogBlockLayout.FIRST_SEQUENCE) == lastSequence + 1;
    return isNext ? address : 0;
  }

  /**
   * Where in memory a place is, with so many bytes after it at least. What else is read is to save
   * reads, and need not be readable.
   */
  private long load(long offsetBytes, int neededBytes, long leftBytes) {
    if (offsetBytes < windowOffset || offsetBytes + neededBytes > windowOffset + windowLength) {
      windowLength = 0;
      int length = (int) Math.min(WINDOW_BYTES, leftBytes);
      try {
        device.read(offsetBytes, window, length);
      } catch (DeviceException e) {
        length = neededBytes;
        device.read(offsetBytes, window, length);
      }
      windowOffset = offsetBytes;
      windowLength = length;
    }
    return window + (offsetBytes - windowOffset);
  }

  private void readFragments(long block, long afterSequence, LogConsumer consumer) {
    long sequence = NativeMemory.getLong(block + LogBlockLayout.FIRST_SEQUENCE);
    int end = LogBlockLayout.PAYLOAD + NativeMemory.getInt(block + LogBlockLayout.PAYLOAD_BYTES);
    int at = LogBlockLayout.PAYLOAD;
    while (at < end) {
      int word = NativeMemory.getInt(block + at);
      int kind = word >>> LogBlockLayout.FRAGMENT_KIND_SHIFT;
      int length = word & LogBlockLayout.FRAGMENT_LENGTH_MASK;
      at += LogBlockLayout.FRAGMENT_WORD_BYTES;
      if (kind == LogBlockLayout.FULL) {
        beginRecord(length);
      } else if (kind == LogBlockLayout.FIRST) {
        beginRecord(NativeMemory.getInt(block + at));
        at += LogBlockLayout.RECORD_LENGTH_BYTES;
      }
      // Without a beginning it is a record that began before the position.
      if (isInRecord) {
        addToRecord(block + at, length);
      }
      at += length;
      if (kind == LogBlockLayout.FULL || kind == LogBlockLayout.LAST) {
        if (sequence > afterSequence) {
          deliver(sequence, consumer);
        }
        isInRecord = false;
        record = NO_BYTES;
        sequence++;
      }
    }
  }

  private void beginRecord(int totalBytes) {
    record = totalBytes == 0 ? NO_BYTES : new byte[totalBytes];
    recordLength = 0;
    isInRecord = true;
  }

  private void addToRecord(long address, int lengthBytes) {
    NativeMemory.copyToArray(address, record, recordLength, lengthBytes);
    recordLength += lengthBytes;
  }

  private void deliver(long sequence, LogConsumer consumer) {
    if (!isInRecord || recordLength != record.length || sequence != lastSequence + 1) {
      throw new CorruptException(
          CorruptException.NONE,
          CorruptException.NONE,
          endOffset,
          "the intent log %s has record %d after %d, with %d bytes of %d"
              .formatted(device.name(), sequence, lastSequence, recordLength, record.length));
    }
    consumer.accept(sequence, record);
    lastSequence = sequence;
  }

  /**
   * The newest record of which some block on the device says that it was durable when the block was
   * written. Reads all of the device.
   */
  long findDurableSequence() {
    long found = 0;
    for (long offset = LogHeadLayout.HEAD_BYTES;
        offset < deviceBytes;
        offset += LogBlockLayout.SECTOR_BYTES) {
      found = Math.max(found, durableSequenceAt(offset));
    }
    return found;
  }

  private long durableSequenceAt(long offset) {
    long address;
    try {
      address = load(offset, LogBlockLayout.SECTOR_BYTES, deviceBytes - offset);
    } catch (DeviceException e) {
      // What is damaged here is of no interest.
      return 0;
    }
    return LogBlockLayout.isHeader(address, offset, storeSeed)
        ? NativeMemory.getLong(address + LogBlockLayout.DURABLE_SEQUENCE)
        : 0;
  }
}
