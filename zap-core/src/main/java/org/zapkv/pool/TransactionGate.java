// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets transactions into the open group, and lets one thread switch the group when none is inside.
 */
final class TransactionGate {

  /*
   * Implementation notes
   *
   *   OPEN --quiesce--> QUIESCING --count is 0--> SWITCHING --reopen--> OPEN
   *
   * One word holds two flags and the count of those inside. In OPEN anyone gets in. In QUIESCING
   * those who begin wait; those who work for a transaction that is inside already (writing a block
   * out early to make room for it) still get in, or that transaction could never end. In SWITCHING
   * nobody gets in. The fast path is one compare-and-set to enter and one decrement to leave; the
   * lock is only for waiting.
   *
   * "openGroup" changes in SWITCHING only, so whoever is inside sees it stand still.
   */

  private static final long QUIESCING = 1L << 62;
  private static final long SWITCHING = 1L << 61;
  private static final long COUNT_MASK = 0xFFFF_FFFFL;

  private final AtomicLong state = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition emptied = lock.newCondition();
  private final Condition reopened = lock.newCondition();
  private volatile long openGroup;

  TransactionGate(long openGroup) {
    this.openGroup = openGroup;
  }

  long openGroup() {
    return openGroup;
  }

  /** Enters the open group; waits while the group is being switched. Leave with {@link #exit}. */
  long enter() {
    while (!tryEnter(QUIESCING | SWITCHING)) {
      awaitReopened();
    }
    return openGroup;
  }

  /** Enters a group on behalf of a transaction that is inside, unless it is no longer open. */
  boolean tryEnterBeside(long group) {
    if (!tryEnter(SWITCHING)) {
      return false;
    }
    if (openGroup == group) {
      return true;
    }
    exit();
    return false;
  }

  void exit() {
    long left = state.decrementAndGet();
    if ((left & COUNT_MASK) == 0 && (left & QUIESCING) != 0) {
      lock.lock();
      try {
        emptied.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Holds new entries back and waits until nobody is inside. */
  void quiesce() {
    state.getAndUpdate(word -> word | QUIESCING);
    lock.lock();
    try {
      while (!state.compareAndSet(QUIESCING, QUIESCING | SWITCHING)) {
        emptied.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Opens the gate again, for the next group. */
  void reopen(long group) {
    openGroup = group;
    lock.lock();
    try {
      state.set(0);
      reopened.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean tryEnter(long refusing) {
    long word = state.get();
    while ((word & refusing) == 0) {
      if (state.compareAndSet(word, word + 1)) {
        return true;
      }
      word = state.get();
    }
    return false;
  }

  private void awaitReopened() {
    lock.lock();
    try {
      while ((state.get() & (QUIESCING | SWITCHING)) != 0) {
        reopened.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }
}
