// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Where threads wait until memory may have become available. */
final class MemoryGate {
  /*
   * Implementation notes
   *
   * A waiter registers (waiters), reads `sequence`, tries to get memory, and only then waits for the
   * sequence to move. Whoever makes memory available does so first and reads `waiters` after. Both
   * are volatile: either the waiter's attempt sees the memory, or the other side sees the waiter and
   * moves the sequence. So no wake-up is lost, and with nobody waiting it costs one volatile read.
   */
  private final AtomicInteger waiters = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();

  /** Guarded by lock. */
  private long sequence;

  void enter() {
    waiters.incrementAndGet();
  }

  void exit() {
    waiters.decrementAndGet();
  }

  long sequence() {
    lock.lock();
    try {
      return sequence;
    } finally {
      lock.unlock();
    }
  }

  void signalIfWaiting() {
    if (waiters.get() == 0) {
      return;
    }
    lock.lock();
    try {
      sequence++;
      moved.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until the sequence has moved on from what was seen, for so long at most. An interrupt
   * does not end the wait; the flag is set again at its end.
   */
  void await(long seen, long nanos) {
    boolean interrupted = false;
    long deadline = System.nanoTime() + nanos;
    lock.lock();
    try {
      while (sequence == seen) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return;
        }
        try {
          // The loop decides whether it was a signal or the time.
          long ignored = moved.awaitNanos(left);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
