// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.StoreFullException;

/**
 * Has the writing of a group wait for room when the device is fuller than was foreseen, because
 * something else has filled it up, instead of failing the group for good.
 */
final class RoomWait {

  /*
   * Implementation notes
   *
   * Whoever writes for a group (the syncing thread, and those who write its runs) tries again every
   * RETRY_NANOS, until it works or the store is closed. A write that found no room has changed nothing
   * that counts, so the same one again is right. Meanwhile those who begin a transaction or wait for
   * a group are told that the store is full: see TransactionGroups.
   */

  private static final System.Logger LOGGER = System.getLogger(RoomWait.class.getName());
  private static final long RETRY_NANOS = 100_000_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** How many wait. */
  private final AtomicInteger waiting = new AtomicInteger();

  /** Guarded by the lock. */
  private boolean givenUp;

  /** Called when somebody begins to wait, without the lock. */
  private volatile Runnable listener = () -> {};

  /** Says whom to tell when somebody begins to wait. */
  void onWait(Runnable newListener) {
    listener = newListener;
  }

  /** Whether a group cannot be written for want of room. */
  boolean isWaiting() {
    return waiting.get() > 0;
  }

  /** From now on nobody waits. */
  void giveUp() {
    lock.lock();
    try {
      givenUp = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Does something once more, until there is room for it.
   *
   * @param action what found no room
   * @param first how it failed
   * @throws StoreFullException if the store is closed meanwhile
   */
  void retry(Runnable action, StoreFullException first) {
    waiting.incrementAndGet();
    try {
      LOGGER.log(System.Logger.Level.WARNING, first.getMessage() + "; waiting for room");
      listener.run();
      StoreFullException failure = first;
      while (failure != null) {
        if (!pause()) {
          throw failure;
        }
        failure = attempt(action);
      }
    } finally {
      waiting.decrementAndGet();
    }
  }

  private static @Nullable StoreFullException attempt(Runnable action) {
    try {
      action.run();
      return null;
    } catch (StoreFullException e) {
      return e;
    }
  }

  /** Waits a little; false: do not try again. */
  private boolean pause() {
    lock.lock();
    try {
      long left = RETRY_NANOS;
      while (!givenUp && left > 0) {
        left = changed.awaitNanos(left);
      }
      return !givenUp;
    } catch (InterruptedException e) {
      /* Of no meaning to the threads that write: another try does no harm. */
      return !givenUp;
    } finally {
      lock.unlock();
    }
  }
}
