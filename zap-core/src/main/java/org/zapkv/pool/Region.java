// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.NativeMemory;

/**
 * The units of one region, in memory. Guarded by the lock of the {@link SpaceMap}.
 *
 * <p>Three bitmaps. A unit can be handed out when its bit in {@code used} is clear. {@code pending}
 * marks units freed by the group that is being synced: still used in memory, because the last
 * uberblock reaches them, but free in what that group writes. {@code ahead} marks units that a
 * group still open has taken: used in memory, but free in what the group being synced writes.
 */
final class Region {
  private static final int WORD_SHIFT = 6;

  private final int index;
  private final int fixedUnits;
  private final int unitCount;
  private final long[] used;
  private long @Nullable [] pending;
  private long @Nullable [] ahead;

  /** Used units beyond the fixed part. */
  private int usedUnits;

  /** No free run is longer than this. */
  private int longestRun;

  private boolean changed;

  /** What {@link #roomUnits} gave last, and for what; a piece of 0 units: nothing that counts. */
  private int roomUnits;

  private int roomPieceUnits;
  private int roomLimit;

  private Region(int index, SpaceGeometry geometry) {
    this.index = index;
    this.fixedUnits = geometry.fixedUnits(index);
    this.unitCount = geometry.unitsPerRegion();
    this.used = new long[unitCount >>> WORD_SHIFT];
    this.longestRun = unitCount;
  }

  static Region empty(int index, SpaceGeometry geometry) {
    Region region = new Region(index, geometry);
    fill(region.used, 0, region.fixedUnits, true);
    return region;
  }

  /** A region as it is in its bitmap on disk. */
  static Region of(int index, SpaceGeometry geometry, long bitmapAddress) {
    Region region = new Region(index, geometry);
    int count = 0;
    for (int word = 0; word < region.used.length; word++) {
      region.used[word] = NativeMemory.getLong(bitmapAddress + (long) word * Long.BYTES);
      count += Long.bitCount(region.used[word]);
    }
    region.usedUnits = count - region.fixedUnits;
    return region;
  }

  int index() {
    return index;
  }

  int usedUnits() {
    return usedUnits;
  }

  int longestRun() {
    return longestRun;
  }

  /** Whether the group being synced has to write the bitmap. */
  boolean isChanged() {
    return changed;
  }

  boolean hasPending() {
    return pending != null;
  }

  /**
   * The first free run.
   *
   * @param count how many units
   * @param from where to start looking
   * @param limit where the device ends, in units of this region
   * @return the run's first unit, -1 when there is none
   */
  int findRun(int count, int from, int limit) {
    int first = Math.max(from, fixedUnits);
    int end = Math.min(limit, unitCount);
    int start = next(used, first, end, false);
    while (start + count <= end) {
      int runEnd = next(used, start, start + count, true);
      if (runEnd == start + count) {
        return start;
      }
      start = next(used, runEnd, end, false);
    }
    if (first == fixedUnits && end == unitCount) {
      longestRun = Math.min(longestRun, count - 1);
    }
    return -1;
  }

  /**
   * The first free run that is long enough, but shorter than a bound: what is taken of it breaks no
   * longer one.
   *
   * @return the run's first unit, -1 when there is none
   */
  int findShortRun(int count, int bound, int from, int limit) {
    int end = Math.min(limit, unitCount);
    int start = next(used, Math.max(from, fixedUnits), end, false);
    while (start + count <= end) {
      int runEnd = next(used, start, end, true);
      if (runEnd - start >= count && runEnd - start < bound) {
        return start;
      }
      start = next(used, runEnd, end, false);
    }
    return -1;
  }

  /**
   * How many units pieces of a size can have in all: what is left of each free run is not counted.
   */
  int roomUnits(int pieceUnits, int limit) {
    if (roomPieceUnits != pieceUnits || roomLimit != limit) {
      roomPieceUnits = pieceUnits;
      roomLimit = limit;
      roomUnits = countRoom(pieceUnits, Math.min(limit, unitCount));
    }
    return roomUnits;
  }

  private int countRoom(int pieceUnits, int end) {
    int room = 0;
    int start = next(used, fixedUnits, end, false);
    while (start < end) {
      int runEnd = next(used, start, end, true);
      room += (runEnd - start) / pieceUnits * pieceUnits;
      start = next(used, runEnd, end, false);
    }
    return room;
  }

  void take(int unit, int count, boolean isAhead) {
    roomPieceUnits = 0;
    fill(used, unit, unit + count, true);
    usedUnits += count;
    if (isAhead) {
      if (ahead == null) {
        ahead = new long[used.length];
      }
      fill(ahead, unit, unit + count, true);
    } else {
      changed = true;
    }
  }

  /** Whether all units of a run are used, and none of them has been freed already. */
  boolean isTaken(int unit, int count) {
    return unit >= fixedUnits
        && unit + count <= unitCount
        && next(used, unit, unit + count, false) == unit + count
        && (pending == null || next(pending, unit, unit + count, true) == unit + count);
  }

  /** Frees units that no durable state reaches: they can be handed out again at once. */
  void giveBack(int unit, int count, boolean isAhead) {
    roomPieceUnits = 0;
    fill(used, unit, unit + count, false);
    usedUnits -= count;
    longestRun = unitCount;
    if (isAhead && ahead != null) {
      fill(ahead, unit, unit + count, false);
    } else {
      changed = true;
    }
  }

  /** Frees units with the group being synced. */
  void free(int unit, int count) {
    if (pending == null) {
      pending = new long[used.length];
    }
    fill(pending, unit, unit + count, true);
    changed = true;
  }

  /** The open group becomes the one being synced. */
  void switchGroup() {
    if (ahead != null) {
      ahead = null;
      changed = true;
    }
  }

  /**
   * Writes the bitmap of the group being synced; the region counts as unchanged after that.
   *
   * @return how many units beyond the fixed part are used in it
   */
  int encode(long address) {
    int count = 0;
    for (int word = 0; word < used.length; word++) {
      long bits = used[word];
      bits &= pending == null ? -1 : ~pending[word];
      bits &= ahead == null ? -1 : ~ahead[word];
      NativeMemory.putLong(address + (long) word * Long.BYTES, bits);
      count += Long.bitCount(bits);
    }
    changed = false;
    return count - fixedUnits;
  }

  /** The group being synced is durable: what it freed can be handed out again. */
  void applyPending() {
    if (pending == null) {
      return;
    }
    for (int word = 0; word < used.length; word++) {
      usedUnits -= Long.bitCount(pending[word]);
      used[word] &= ~pending[word];
    }
    pending = null;
    longestRun = unitCount;
    roomPieceUnits = 0;
  }

  /** The end of the last used unit, at least of the fixed part. */
  int endUnit() {
    for (int word = used.length - 1; word >= 0; word--) {
      if (used[word] != 0) {
        return (word << WORD_SHIFT) + Long.SIZE - Long.numberOfLeadingZeros(used[word]);
      }
    }
    return fixedUnits;
  }

  /** The first bit of a value at or after a position, or the end when there is none before it. */
  private static int next(long[] bits, int from, int end, boolean value) {
    if (from >= end) {
      return end;
    }
    int word = from >>> WORD_SHIFT;
    long rest = (value ? bits[word] : ~bits[word]) & (-1L << from);
    int lastWord = (end - 1) >>> WORD_SHIFT;
    while (rest == 0) {
      if (++word > lastWord) {
        return end;
      }
      rest = value ? bits[word] : ~bits[word];
    }
    return Math.min(end, (word << WORD_SHIFT) + Long.numberOfTrailingZeros(rest));
  }

  private static void fill(long[] bits, int from, int end, boolean value) {
    int firstWord = from >>> WORD_SHIFT;
    int lastWord = (end - 1) >>> WORD_SHIFT;
    long firstMask = -1L << from;
    long lastMask = -1L >>> -end;
    if (firstWord == lastWord) {
      apply(bits, firstWord, firstMask & lastMask, value);
      return;
    }
    apply(bits, firstWord, firstMask, value);
    Arrays.fill(bits, firstWord + 1, lastWord, value ? -1L : 0L);
    apply(bits, lastWord, lastMask, value);
  }

  private static void apply(long[] bits, int word, long mask, boolean value) {
    if (value) {
      bits[word] |= mask;
    } else {
      bits[word] &= ~mask;
    }
  }
}
