// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Has something done within a time, once for all who ask for it in that time. Any thread. */
final class BackgroundTask {
  /*
   * Implementation notes
   *
   * A task takes what is pending out before it looks at what there is to do. So whoever makes
   * something to do, and then finds a task pending, is covered by it.
   *
   * The one thread is made when first needed, is a daemon, and ends when idle.
   */
  private static final long IDLE_SECONDS = 2;

  private final Runnable task;
  private final ScheduledThreadPoolExecutor executor;
  private final ReentrantLock lock = new ReentrantLock();

  /** The task that runs first; written under lock, so that a task cannot overtake its own entry. */
  private volatile @Nullable ScheduledFuture<?> pending;

  /** Something to be done; it must not throw. */
  BackgroundTask(String name, Runnable task) {
    this.task = task;
    this.executor =
        new ScheduledThreadPoolExecutor(
            1,
            worker -> {
              Thread thread = new Thread(worker, name);
              thread.setDaemon(true);
              return thread;
            });
    executor.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
    executor.allowCoreThreadTimeOut(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** Has it begun when half of the time is over: the other half is for doing it. */
  void request(Duration bound) {
    long nanos = nanosOf(bound) / 2;
    if (isCovered(nanos)) {
      return;
    }
    lock.lock();
    try {
      if (!isCovered(nanos) && !executor.isShutdown()) {
        pending = executor.schedule(this::run, nanos, TimeUnit.NANOSECONDS);
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isCovered(long nanos) {
    ScheduledFuture<?> first = pending;
    return first != null && first.getDelay(TimeUnit.NANOSECONDS) <= nanos;
  }

  private static long nanosOf(Duration bound) {
    try {
      return bound.toNanos();
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }

  private void run() {
    lock.lock();
    try {
      pending = null;
    } finally {
      lock.unlock();
    }
    task.run();
  }

  /** What is not begun is not done any more. */
  void close() {
    lock.lock();
    try {
      executor.shutdown();
    } finally {
      lock.unlock();
    }
  }
}
