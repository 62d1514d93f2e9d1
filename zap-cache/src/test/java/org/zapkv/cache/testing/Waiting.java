// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.testing;

import java.time.Duration;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Waits of tests for what other threads do. Each ends, with an error that says what it was for: if
 * the other thread has failed, that is better than a test that hangs. How long they last at most is
 * no bound that even a slow machine could meet.
 */
public final class Waiting {
  /** How long anything is waited for. */
  public static final Duration PATIENCE = Duration.ofMinutes(3);

  private static final long LOOK_NANOS = 50_000;

  private Waiting() {}

  /**
   * Waits until something is so. Leaves the processor to the others meanwhile.
   *
   * @param what what is waited for
   * @param condition whether it is so; asked again and again
   * @throws AssertionError if it is not so in time, or the thread is interrupted
   */
  public static void until(String what, BooleanSupplier condition) {
    until(what, condition, PATIENCE);
  }

  static void until(String what, BooleanSupplier condition, Duration patience) {
    long begin = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - begin > patience.toNanos()) {
        throw late(what, patience);
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new AssertionError("interrupted while waiting for: " + what);
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  /**
   * Waits for a latch.
   *
   * @param what what is waited for
   * @param latch the latch
   * @throws AssertionError if it is not open in time, or the thread is interrupted
   */
  public static void forLatch(String what, CountDownLatch latch) {
    try {
      if (!latch.await(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
        throw late(what);
      }
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted while waiting for: " + what, e);
    }
  }

  /**
   * Waits at a barrier.
   *
   * @param what what is waited for
   * @param barrier the barrier
   * @throws AssertionError if the others do not come in time, or the thread is interrupted
   */
  public static void forOthers(String what, CyclicBarrier barrier) {
    try {
      // Which of them came last is of no interest.
      int ignored = barrier.await(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError(late(what).getMessage(), e);
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new AssertionError("broken off while waiting for: " + what, e);
    }
  }

  /**
   * Waits for the end of a thread.
   *
   * @param thread a thread that was started
   * @throws AssertionError if it has not ended in time, with the stack of that thread as its cause;
   *     or if the caller is interrupted
   */
  public static void forEnd(Thread thread) {
    try {
      thread.join(PATIENCE.toMillis());
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted while waiting for the end of " + thread, e);
    }
    if (thread.isAlive()) {
      throw new AssertionError(late("the end of " + thread).getMessage(), whereIs(thread));
    }
  }

  /**
   * Waits until a thread waits in its turn: for a signal, a permit, or the end of another, with or
   * without a limit of time. Only for threads that have nothing else to wait for before.
   *
   * @param what what it is to wait for
   * @param thread a thread that was started
   * @throws AssertionError if it ends instead, or does not wait in time
   */
  public static void untilItWaits(String what, Thread thread) {
    until(
        thread + " to wait for " + what,
        () ->
            switch (thread.getState()) {
              case WAITING, TIMED_WAITING -> true;
              case TERMINATED -> throw new AssertionError(thread + " did not wait for " + what);
              default -> false;
            });
  }

  private static AssertionError late(String what) {
    return late(what, PATIENCE);
  }

  private static AssertionError late(String what, Duration patience) {
    return new AssertionError("waited for " + patience + " for: " + what);
  }

  /**
   * Where a thread is now.
   *
   * @param thread any thread
   * @return something to be the cause of an error, with the thread's stack
   */
  static Throwable whereIs(Thread thread) {
    Throwable where = new IllegalStateException(thread + " is " + thread.getState());
    where.setStackTrace(thread.getStackTrace());
    return where;
  }
}
