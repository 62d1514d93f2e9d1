// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.zapkv.error.BufferStateException;

/** Runs the callbacks of users that were detached from their buffers. Any thread. */
final class UserEvictions {
  /*
   * Implementation notes
   *
   * begin() counts an eviction as pending before its buffer loses its identity, so whoever sees the
   * block gone also sees the callback pending. The one thread is made when the first evictAsync is
   * due, is a daemon, and ends when idle: nothing has to shut it down.
   *
   * Whatever a callback throws is caught, declared or not: a buffer may wait for its end.
   */
  private static final System.Logger LOGGER = System.getLogger(UserEvictions.class.getName());
  private static final long IDLE_SECONDS = 2;

  private final CacheCounters counters;
  private final ThreadPoolExecutor executor;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition nonePending = lock.newCondition();

  /** Guarded by lock. */
  private long pending;

  /** Who is in a callback; each thread asks and changes its own entry only. */
  private final Set<Thread> calling = ConcurrentHashMap.newKeySet();

  UserEvictions(CacheCounters counters) {
    this.counters = counters;
    this.executor =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "zap-cache-evict");
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
  }

  /** An eviction is about to happen; {@link #run} must follow. */
  void begin() {
    lock.lock();
    try {
      pending++;
    } finally {
      lock.unlock();
    }
  }

  /** Takes back a {@link #begin}. */
  void abandon() {
    end();
  }

  /** Runs the callbacks of a user; returns when the first is done and the second is on its way. */
  void run(BufferUser user) {
    runAsync(user, runSync(user));
  }

  /** Runs the first callback; what it gives goes to {@link #runAsync}, which must follow. */
  boolean runSync(BufferUser user) {
    call(user, user::evictSync);
    try {
      return user.wantsEvictAsync();
    } catch (Throwable e) {
      failed(user, e);
      return false;
    }
  }

  /** Sends the second callback on its way, if it is wanted, and ends what {@link #begin} began. */
  void runAsync(BufferUser user, boolean isWanted) {
    if (!isWanted) {
      end();
      return;
    }
    try {
      executor.execute(() -> evictAsync(user));
    } catch (RuntimeException | Error e) {
      failed(user, e);
      end();
    }
  }

  /** Waits until no callback is pending or running. An interrupt does not end the wait. */
  void await() {
    if (calling.contains(Thread.currentThread())) {
      throw new BufferStateException(
          "awaitUserEvictions called by a callback of a user, which would wait for its own end");
    }
    lock.lock();
    try {
      while (pending > 0) {
        nonePending.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private void evictAsync(BufferUser user) {
    try {
      call(user, user::evictAsync);
    } finally {
      end();
    }
  }

  private void call(BufferUser user, Runnable callback) {
    // False in a callback that evicted another buffer: the outer one takes the mark off.
    boolean outermost = calling.add(Thread.currentThread());
    try {
      callback.run();
    } catch (Throwable e) {
      failed(user, e);
    } finally {
      if (outermost) {
        calling.remove(Thread.currentThread());
      }
    }
  }

  private void end() {
    lock.lock();
    try {
      if (--pending == 0) {
        nonePending.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private void failed(BufferUser user, Throwable failure) {
    counters.userFailures.increment();
    LOGGER.log(
        Level.WARNING,
        "a buffer user of " + user.getClass() + " failed as it was evicted",
        failure);
  }
}
