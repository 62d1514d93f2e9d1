// SPDX-License-Identifier: Apache-2.0
package org.zapkv.micrometer;

import io.micrometer.core.instrument.Clock;
import java.lang.ref.WeakReference;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ZapException;
import org.zapkv.store.StoreStatistics;
import org.zapkv.store.ZapStore;

/** The figures of a store, asked for at most once a second. Any thread. */
final class RecentStatistics {
  private static final long MAX_AGE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Weak: whoever forgets a store need not know that it is measured. */
  private final WeakReference<ZapStore> store;

  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();

  /* Guarded by lock. */
  private @Nullable StoreStatistics latest;
  private long takenNanos;
  private boolean isOld;

  RecentStatistics(ZapStore store, Clock clock) {
    this.store = new WeakReference<>(store);
    this.clock = clock;
  }

  /** A figure as it is; NaN if the store is closed or cannot say. */
  double now(ToDoubleFunction<StoreStatistics> figure) {
    lock.lock();
    try {
      StoreStatistics statistics = refreshed();
      return isOld || statistics == null ? Double.NaN : figure.applyAsDouble(statistics);
    } finally {
      lock.unlock();
    }
  }

  /** A figure as it is, or was when the store could last say; 0 if it never could. */
  double last(ToDoubleFunction<StoreStatistics> figure) {
    lock.lock();
    try {
      StoreStatistics statistics = refreshed();
      return statistics == null ? 0 : figure.applyAsDouble(statistics);
    } finally {
      lock.unlock();
    }
  }

  /** Under lock. */
  private @Nullable StoreStatistics refreshed() {
    long nanos = clock.monotonicTime();
    if (latest == null || isOld || nanos - takenNanos >= MAX_AGE_NANOS) {
      StoreStatistics taken = take();
      isOld = taken == null;
      if (taken != null) {
        latest = taken;
        takenNanos = nanos;
      }
    }
    return latest;
  }

  private @Nullable StoreStatistics take() {
    ZapStore open = store.get();
    try {
      return open == null ? null : open.statistics();
    } catch (ZapException e) {
      // Closed, or damaged where the names of the maps are: whoever uses the store is told.
      return null;
    }
  }
}
