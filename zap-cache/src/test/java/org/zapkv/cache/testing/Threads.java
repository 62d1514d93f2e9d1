// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** Runs something in several threads at once and fails if one of them does. */
public final class Threads {
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
   * @throws Exception the first failure of any
   */
  public static void run(int count, Task task) throws Exception {
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
      threads.add(thread);
      thread.start();
    }
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    Throwable failed = failure.get();
    if (failed != null) {
      throw new AssertionError("a thread failed: " + failed, failed);
    }
  }
}
