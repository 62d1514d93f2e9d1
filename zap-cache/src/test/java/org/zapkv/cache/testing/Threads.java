// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** Runs something in several threads at once and fails if one of them does. */
public final class Threads {
  /**
   * How long the others may take when one has failed: they may be waiting for what it would have
   * done, and no failure must be lost in that.
   */
  private static final Duration AFTER_A_FAILURE = Duration.ofSeconds(60);

  private static final long LOOK_MILLIS = 50;

  private Threads() {}

  /** What one thread does. */
  @FunctionalInterface
  public interface Task {
    /**
     * Does it.
     *
     * @param index which thread this is, from 0
     * @throws Exception if it fails
     */
    void run(int index) throws Exception;
  }

  /**
   * Runs a task in so many threads, which start together, and waits for them.
   *
   * @param count how many
   * @param task what each does
   * @throws AssertionError if one of them fails, with the first failure as its cause; those that
   *     have not ended a minute later are interrupted and left alone, and where they were is
   *     suppressed in it
   * @throws Exception if the caller is interrupted
   */
  public static void run(int count, Task task) throws Exception {
    run(count, task, AFTER_A_FAILURE);
  }

  static void run(int count, Task task, Duration afterAFailure) throws Exception {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int index = i;
      Thread thread =
          new Thread(
              () -> {
                try {
                  start.await();
                  task.run(index);
                } catch (Throwable e) {
                  failure.compareAndSet(null, e);
                }
              },
              "test-" + i);
      // What is left of a failed test must not keep the JVM.
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
    start.countDown();
    awaitEnd(threads, failure, afterAFailure);
    Throwable failed = failure.get();
    if (failed != null) {
      AssertionError error = new AssertionError("a thread failed: " + failed, failed);
      for (Thread thread : threads) {
        if (thread.isAlive()) {
          error.addSuppressed(Waiting.whereIs(thread));
          thread.interrupt();
        }
      }
      throw error;
    }
  }

  /** Waits for all of them, or until others go on for too long after one has failed. */
  private static void awaitEnd(
      List<Thread> threads, AtomicReference<Throwable> failure, Duration afterAFailure)
      throws InterruptedException {
    long failedAt = 0;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        thread.join(LOOK_MILLIS);
        if (failure.get() == null) {
          continue;
        }
        long now = System.nanoTime();
        failedAt = failedAt == 0 ? now : failedAt;
        if (now - failedAt > afterAFailure.toNanos()) {
          return;
        }
      }
    }
  }
}
