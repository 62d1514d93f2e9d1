// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Where threads of a test wait for each other, again and again. If one of them fails, those who
 * wait for it, now or later, fail too and say why: else they would wait for ever, and nobody would
 * know.
 */
final class MeetingPoint {
  private static final long PATIENCE_SECONDS = 300;

  private final CyclicBarrier barrier;
  private volatile @Nullable Throwable failure;

  MeetingPoint(int threads) {
    this.barrier = new CyclicBarrier(threads);
  }

  /** All that one of the threads does. */
  void guard(Runnable body) {
    try {
      body.run();
    } catch (Throwable e) {
      if (failure == null) {
        failure = e;
      }
      breakUp();
      throw e;
    }
  }

  /** Waits until all are here. */
  void meet() {
    try {
      barrier.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (BrokenBarrierException e) {
      throw new IllegalStateException("another thread has failed", failure);
    } catch (InterruptedException | TimeoutException e) {
      throw new IllegalStateException("waited for other threads", e);
    }
  }

  /** A barrier that somebody was interrupted at stays broken. */
  private void breakUp() {
    Thread.currentThread().interrupt();
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      // Either is what it is for.
    } finally {
      Thread.interrupted();
    }
  }
}
