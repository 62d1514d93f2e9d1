// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CacheFullException;
import org.zapkv.error.StoreFullException;

/**
 * The room of a log: how many segments its device has, and what of them is reserved for records
 * that are not appended yet. Called under the log's lock, which it leaves for I/O, if it is not
 * said otherwise.
 */
final class LogRoom {
  /*
   * Implementation notes
   *
   * There is always one segment more than the log and what is reserved can fill. So sealing a block,
   * which needs to know where the next one will be, always finds a place, and so does the start after
   * a crash on a full device.
   *
   * A segment is zeros that are durable before it is used: that takes milliseconds. So when little is
   * left, a thread makes some ahead (growAhead), and who reserves waits only if he is faster than that
   * thread, or wants much at once. It makes one after the other, each with a flush of its own: a commit
   * that flushes meanwhile waits for one segment at most. Nobody was promised what is made ahead, so on
   * a full device it is let be until a group has become durable.
   *
   * One thread at a time changes the size of the device (`resizing`). The device is cut when more is
   * free than was in use when the last groups became durable (LogSegments): a log that is filled again
   * and again keeps its size, one that is not needed gets small within a few groups.
   */

  private static final System.Logger LOGGER = System.getLogger(LogRoom.class.getName());

  /** A log that is not needed keeps the segment it is in and the one after it. */
  private static final int MIN_SEGMENTS = 2;

  private static final int ZEROS_BYTES = 128 << 10;

  /** Less than a quarter of a segment for each there is, up to so many quarters, is little. */
  private static final int MAX_QUARTERS_LEFT = 32;

  private final LogGuard guard;
  private final BlockDevice device;
  private final BufferCache cache;
  private final LogSegments segments;
  private final LongSupplier leftInSegment;
  private final BackgroundTask grower;

  /** More under lock, less by anyone. */
  private final AtomicLong reservedBytes = new AtomicLong();

  /* Guarded by the log's lock. */
  private boolean resizing;
  private boolean growing;
  private boolean full;

  /** Whether a thread makes segments ahead. Set before the log is started. */
  private boolean background = true;

  /**
   * The room of a log.
   *
   * @param guard the log's lock
   * @param device where the segments are
   * @param cache where memory for zeros comes from
   * @param segments what there is
   * @param leftInSegment tells, under the lock, how much is left behind the block that is filled
   */
  LogRoom(
      LogGuard guard,
      BlockDevice device,
      BufferCache cache,
      LogSegments segments,
      LongSupplier leftInSegment) {
    this.guard = guard;
    this.device = device;
    this.cache = cache;
    this.segments = segments;
    this.leftInSegment = leftInSegment;
    this.grower = new BackgroundTask("zap-log-grow-" + device.name(), this::growAhead);
  }

  /** Has segments made by those who need them; before the log is started. */
  void workInTurn() {
    background = false;
  }

  boolean isResizing() {
    return resizing;
  }

  /** Sees to it that there is a free segment. */
  void requireSegment() {
    if (segments.freeCount() == 0) {
      extend(1);
      guard.checkUsable();
    }
  }

  /** As {@link IntentLog#tryReserve}. */
  boolean tryReserve(long payloadBytes) {
    long cost = costBytes(payloadBytes);
    while (true) {
      guard.checkUsable();
      long lacking = cost - spareBytes();
      if (lacking <= 0) {
        reservedBytes.addAndGet(cost);
        askForMore();
        return true;
      }
      if (resizing) {
        guard.awaitWhile(() -> resizing);
      } else if (!tryExtend(lacking, cost)) {
        return false;
      }
    }
  }

  /** Gives room back. Without the lock. */
  void release(long payloadBytes) {
    reservedBytes.addAndGet(-costBytes(payloadBytes));
  }

  /**
   * What a record takes at most: a block more than without it, and what its other blocks have
   * beside the payload, which is less than a 32nd of them.
   */
  private static long costBytes(long payloadBytes) {
    if (payloadBytes < 0 || payloadBytes > IntentLog.MAX_RECORD_BYTES) {
      throw new IllegalArgumentException(
          "a record of " + payloadBytes + " bytes, the most is " + IntentLog.MAX_RECORD_BYTES);
    }
    return payloadBytes + payloadBytes / 32 + 2 * LogBlockLayout.SECTOR_BYTES;
  }

  /** What can still be reserved; negative when a segment beyond is missing. */
  private long spareBytes() {
    long inOthers = (segments.freeCount() - 1L) * segments.segmentBytes();
    return leftInSegment.getAsLong() + inOthers - reservedBytes.get();
  }

  /** False: the device is full, but a synced group will help. */
  private boolean tryExtend(long lackingBytes, long cost) {
    try {
      extend((int) ((lackingBytes - 1) / segments.segmentBytes() + 1));
      return true;
    } catch (StoreFullException e) {
      long whenReleased = (segments.count() - 1L) * segments.segmentBytes() - reservedBytes.get();
      if (whenReleased < cost) {
        throw e;
      }
      return false;
    }
  }

  /** Makes segments at the end of the device. */
  private void extend(int count) {
    resizing = true;
    try {
      int before = segments.count();
      guard.unlocked(() -> writeZeros(segments.endOf(before), segments.endOf(before + count)));
      segments.add(count);
    } catch (StoreFullException | CacheFullException e) {
      throw e;
    } catch (Throwable e) {
      guard.failed(e);
    } finally {
      resizing = false;
      guard.ioEnded();
    }
  }

  /** Durable zeros, so that a record written over them needs no more than its own bytes flushed. */
  private void writeZeros(long fromBytes, long toBytes) {
    try (IoMemory zeros = cache.allocateIo(ZEROS_BYTES)) {
      NativeMemory.fill(zeros.address(), ZEROS_BYTES, (byte) 0);
      for (long at = fromBytes; at < toBytes; at += ZEROS_BYTES) {
        device.write(at, zeros.address(), (int) Math.min(ZEROS_BYTES, toBytes - at));
      }
    } catch (StoreFullException e) {
      // Others may need what is left.
      device.truncate(fromBytes);
      throw e;
    }
    device.flush();
  }

  /** Of a log that is small a quarter of a segment, of a larger one more. */
  private long littleBytes() {
    int quarters = Math.min(Math.max(1, segments.count() - MIN_SEGMENTS), MAX_QUARTERS_LEFT);
    return (long) quarters * (segments.segmentBytes() / 4);
  }

  private void askForMore() {
    if (background && !growing && !full && spareBytes() < littleBytes()) {
      growing = true;
      try {
        grower.request(Duration.ZERO);
      } catch (OutOfMemoryError e) {
        // No thread is to be had: who lacks room makes it himself.
        growing = false;
        LOGGER.log(System.Logger.Level.DEBUG, "no thread to make room ahead", e);
      }
    }
  }

  /** Makes segments until there is twice as much as what is little. Takes the lock. */
  private void growAhead() {
    guard.lock();
    try {
      while (guard.isUsable() && spareBytes() < 2 * littleBytes()) {
        if (resizing) {
          guard.awaitWhile(() -> resizing);
        } else {
          extend(1);
        }
      }
    } catch (StoreFullException | CacheFullException e) {
      full = true;
      LOGGER.log(System.Logger.Level.DEBUG, "no room ahead in " + device.name(), e);
    } finally {
      growing = false;
      guard.unlockAndTell();
    }
  }

  /** A group is durable: what lies before its position is free. */
  void releaseBefore(long offsetBytes) {
    segments.releaseBefore(offsetBytes);
    full = false;
  }

  /** Cuts off what will not be needed soon. */
  void cutEnd() {
    long needed = reservedBytes.get() + 2L * segments.segmentBytes();
    int count = segments.countAfterCut(needed);
    if (resizing || !guard.isUsable() || count == segments.count()) {
      return;
    }
    resizing = true;
    int before = segments.count();
    segments.cut(count);
    try {
      guard.unlocked(() -> device.truncate(segments.endOf(count)));
    } catch (StoreFullException e) {
      // Even to give something back may need some room. They are as free as they were.
      segments.add(before - count);
      LOGGER.log(System.Logger.Level.DEBUG, "not cut: " + device.name(), e);
    } catch (Throwable e) {
      guard.failed(e);
    } finally {
      resizing = false;
      guard.ioEnded();
    }
  }

  /** No more is made ahead. Without the lock, after the log was closed and nobody resizes. */
  void close() {
    grower.close();
  }

  /** Makes the device as small as that of a log that is not needed. After {@link #close}. */
  void shrink() {
    try {
      device.truncate(segments.endOf(MIN_SEGMENTS));
    } catch (StoreFullException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "not made small: " + device.name(), e);
    }
  }
}
