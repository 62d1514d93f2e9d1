// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets transactions into the open group, and lets one thread switch the group when none is inside.
 * Short transactions never wait for long ones.
 */
final class TransactionGate {

  /*
   * Implementation notes
   *
   *   OPEN --quiesce--> DRAINING --no long one inside--> QUIESCING --nobody inside--> SWITCHING
   *     ^                                                                                 |
   *     '------------------------------------reopen---------------------------------------'
   *
   * One word holds the flags and two counts of those inside:
   *
   *   | 0 | QUIESCING | SWITCHING | DRAINING | long ones (28 bits) | short ones (32 bits) |
   *
   * In OPEN anyone gets in. In DRAINING long ones wait, however long those inside take; short ones
   * come and go. In QUIESCING all who begin wait, but only for short ones; those who work for a
   * transaction that is inside already (writing a block out early to make room for it) still get in,
   * or that transaction could never end. In SWITCHING nobody gets in. The fast path is one
   * compare-and-set to enter and one subtraction to leave; the lock is only for waiting.
   *
   * Whoever waits is let in by reopen(), which counts him as inside before anyone else can come: so
   * neither short nor long ones are overtaken by the next switch, however soon that is. A switch is
   * not held up by those who come later: in DRAINING no long one is added, in QUIESCING no one.
   *
   * "openGroup" changes in SWITCHING only, so whoever is inside sees it stand still.
   */

  private static final long QUIESCING = 1L << 62;
  private static final long SWITCHING = 1L << 61;
  private static final long DRAINING = 1L << 60;

  private static final long SHORT = 1;
  private static final long LONG = 1L << 32;
  private static final long SHORT_MASK = LONG - 1;
  private static final long LONG_MASK = (DRAINING - 1) & ~SHORT_MASK;

  private final AtomicLong state = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition emptied = lock.newCondition();
  private final Condition reopened = lock.newCondition();
  private volatile long openGroup;

  /** Those who wait to be let in, counted as in the word. Guarded by lock. */
  private long waiting;

  /** How often the gate was opened again. Guarded by lock. */
  private long openings;

  TransactionGate(long openGroup) {
    this.openGroup = openGroup;
  }

  long openGroup() {
    return openGroup;
  }

  /**
   * Enters the open group; waits while the group is being switched. Leave with {@link #exit}.
   *
   * @param isLong whether it may take so long that nobody else should have to wait for its end
   * @return the group
   */
  long enter(boolean isLong) {
    long one = isLong ? LONG : SHORT;
    long refusing = isLong ? DRAINING | QUIESCING | SWITCHING : QUIESCING | SWITCHING;
    if (!tryEnter(one, refusing)) {
      awaitEntry(one, refusing);
    }
    return openGroup;
  }

  /** Enters a group on behalf of a transaction that is inside, unless it is no longer open. */
  boolean tryEnterBeside(long group) {
    if (!tryEnter(SHORT, SWITCHING)) {
      return false;
    }
    if (openGroup == group) {
      return true;
    }
    exit(false);
    return false;
  }

  /** Undoes {@link #enter}, or {@link #tryEnterBeside} as one that is not long. */
  void exit(boolean wasLong) {
    long left = state.addAndGet(wasLong ? -LONG : -SHORT);
    boolean isLastLong = wasLong && (left & LONG_MASK) == 0 && (left & DRAINING) != 0;
    boolean isLast = (left & (LONG_MASK | SHORT_MASK)) == 0 && (left & QUIESCING) != 0;
    if (isLastLong || isLast) {
      lock.lock();
      try {
        emptied.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Whether a long transaction is inside. */
  boolean isLongInside() {
    return (state.get() & LONG_MASK) != 0;
  }

  /** Whether any transaction is inside, or somebody on behalf of one. */
  boolean isAnyoneInside() {
    return (state.get() & (LONG_MASK | SHORT_MASK)) != 0;
  }

  /** Waits until no long one is inside, then holds all others back until nobody is. */
  void quiesce() {
    state.getAndUpdate(word -> word | DRAINING);
    lock.lock();
    try {
      while (!tryAdvance(LONG_MASK, QUIESCING)) {
        emptied.awaitUninterruptibly();
      }
      while (!tryAdvance(LONG_MASK | SHORT_MASK, SWITCHING)) {
        emptied.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Sets a flag if nobody of some is inside. */
  private boolean tryAdvance(long countMask, long flag) {
    long word = state.get();
    while ((word & countMask) == 0) {
      if (state.compareAndSet(word, word | flag)) {
        return true;
      }
      word = state.get();
    }
    return false;
  }

  /** Opens the gate again, for the next group, and lets those in who wait. */
  void reopen(long group) {
    openGroup = group;
    lock.lock();
    try {
      state.set(waiting);
      waiting = 0;
      openings++;
      reopened.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean tryEnter(long one, long refusing) {
    long word = state.get();
    while ((word & refusing) == 0) {
      if (state.compareAndSet(word, word + one)) {
        return true;
      }
      word = state.get();
    }
    return false;
  }

  private void awaitEntry(long one, long refusing) {
    lock.lock();
    try {
      if (tryEnter(one, refusing)) {
        return;
      }
      // Under the lock the flags go only with reopen(), which counts us as inside.
      waiting += one;
      long seen = openings;
      while (openings == seen) {
        reopened.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }
}
