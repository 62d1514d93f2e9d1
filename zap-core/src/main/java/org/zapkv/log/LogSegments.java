// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import java.util.ArrayDeque;
import java.util.BitSet;

/**
 * Which segments of a log's device there are, and what they are used for. Guarded by the log.
 *
 * <p>A segment is free, or part of the log as it grows, or kept: it may hold what has to be
 * replayed once more if the power fails now.
 */
final class LogSegments {
  /** So many free segments stay at least when the device is made smaller. */
  private static final int FREE_AFTER_CUT = 8;

  /** Which it is when so many more are free, or half as many again as stay. */
  private static final int WORTH_CUTTING = 8;

  private final int segmentBytes;
  private int count;
  private final BitSet free = new BitSet();
  private final ArrayDeque<Integer> used = new ArrayDeque<>();

  /** As many as were used before a release; halved by each that comes after. */
  private int recentlyUsed;

  LogSegments(int segmentBytes, long deviceBytes) {
    this.segmentBytes = segmentBytes;
    this.count = (int) Math.max(0, (deviceBytes - LogHeadLayout.HEAD_BYTES) / segmentBytes);
    free.set(0, count);
  }

  int segmentBytes() {
    return segmentBytes;
  }

  int count() {
    return count;
  }

  /** Where a number of segments ends. */
  long endOf(int segments) {
    return LogHeadLayout.HEAD_BYTES + (long) segments * segmentBytes;
  }

  /** The segment that a place is in. */
  int indexOf(long offsetBytes) {
    return (int) ((offsetBytes - LogHeadLayout.HEAD_BYTES) / segmentBytes);
  }

  /** How much of its segment is left from a place on. */
  int leftBytes(long offsetBytes) {
    return segmentBytes - (int) ((offsetBytes - LogHeadLayout.HEAD_BYTES) % segmentBytes);
  }

  boolean isStart(long offsetBytes) {
    return leftBytes(offsetBytes) == segmentBytes;
  }

  int freeCount() {
    return free.cardinality();
  }

  /** New segments at the end. */
  void add(int segments) {
    free.set(count, count + segments);
    count += segments;
  }

  /** Keeps segments from being used, until the first {@link #releaseBefore}. */
  void keep(BitSet kept) {
    free.andNot(kept);
  }

  /** The lowest free segment becomes the newest of the log; gives where it begins. */
  long take() {
    int segment = free.nextSetBit(0);
    if (segment < 0) {
      throw new IllegalStateException("no segment of " + count + " is free, none was reserved");
    }
    free.clear(segment);
    used.addLast(segment);
    return endOf(segment);
  }

  /** Frees all that is not in the log from a place on. */
  void releaseBefore(long offsetBytes) {
    recentlyUsed = Math.max(used.size(), recentlyUsed / 2);
    int first = indexOf(offsetBytes);
    while (used.getFirst() != first) {
      used.removeFirst();
    }
    free.set(0, count);
    used.forEach(free::clear);
  }

  /** Bytes of the log between two places, the second in the newest segment. */
  long distanceBytes(long fromOffsetBytes, long toOffsetBytes) {
    return (used.size() - 1L) * segmentBytes
        + leftBytes(fromOffsetBytes)
        - leftBytes(toOffsetBytes);
  }

  /** How many there are to be if some are too many; else as many as there are. */
  int countAfterCut(long neededFreeBytes) {
    int result = count;
    int left = freeCount();
    int staying = Math.max(FREE_AFTER_CUT, recentlyUsed);
    if (left > staying + Math.max(WORTH_CUTTING, staying / 2)) {
      while (left > staying
          && (left - 1L) * segmentBytes >= neededFreeBytes
          && free.get(result - 1)) {
        result--;
        left--;
      }
    }
    return result;
  }

  /** The last ones are no more. */
  void cut(int newCount) {
    free.clear(newCount, count);
    count = newCount;
  }
}
