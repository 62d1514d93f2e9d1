// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

/**
 * The word that settles every race about a buffer: its state, its holds, how many groups it is
 * dirty in, and flags, packed so that one compare-and-set decides.
 *
 * <pre>
 *   63       46 45        40 39  37 36  35 34  32 31 30            0
 *  +-----------+------------+------+------+------+--+---------------+
 *  |  unused   |   flags    | state|  -   | dirty| -|     holds     |
 *  +-----------+------------+------+------+------+--+---------------+
 * </pre>
 */
final class StateWord {
  static final long HOLD = 1L;
  static final long DIRTY = 1L << 32;

  /** Freed while being read or filled: comes out as zeros. */
  static final long FREED_IN_FLIGHT = 1L << 40;

  /** No longer the buffer of its identity; goes with its last hold and dirty record. */
  static final long DETACHED = 1L << 41;

  /** Chosen by the policy, and refused as held or dirty; offered again when that ends. */
  static final long REFUSED = 1L << 42;

  /** The attached user goes at the last release, dirty or not. */
  static final long EVICT_USER_EARLY = 1L << 43;

  /** A {@link DirtyWriter} is at it. */
  static final long WRITING_OUT = 1L << 44;

  /** Read ahead, and not used yet. */
  static final long PREFETCHED = 1L << 45;

  private static final long HOLDS_MASK = 0x7FFF_FFFFL;
  private static final long DIRTY_MASK = 7L << 32;
  private static final int STATE_SHIFT = 37;
  private static final long STATE_MASK = 7L << STATE_SHIFT;
  private static final long CACHED_BITS = (long) BufferState.CACHED.code << STATE_SHIFT;

  private StateWord() {}

  static long of(BufferState state, int holds) {
    return withState(holds, state);
  }

  static BufferState state(long word) {
    return BufferState.of((int) ((word & STATE_MASK) >>> STATE_SHIFT));
  }

  static boolean isCached(long word) {
    return (word & STATE_MASK) == CACHED_BITS;
  }

  /** Whether a hold can be taken at once. */
  static boolean isHoldable(long word) {
    return (word & (STATE_MASK | DETACHED)) == CACHED_BITS;
  }

  static long withState(long word, BufferState state) {
    return (word & ~STATE_MASK) | ((long) state.code << STATE_SHIFT);
  }

  static int holds(long word) {
    return (int) (word & HOLDS_MASK);
  }

  static int dirtyCount(long word) {
    return (int) ((word & DIRTY_MASK) >>> 32);
  }

  static boolean has(long word, long flag) {
    return (word & flag) != 0;
  }

  /** Cached, and nobody needs it: may be destroyed. */
  static boolean isIdleAndClean(long word) {
    return isCached(word) && (word & (HOLDS_MASK | DIRTY_MASK)) == 0;
  }

  /** Cached, unheld, and dirty in one group only: may be written out. */
  static boolean isWritable(long word) {
    return isHoldable(word) && holds(word) == 0 && (word & DIRTY_MASK) == DIRTY;
  }
}
