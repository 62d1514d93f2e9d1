// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import java.util.concurrent.locks.Condition;
import java.util.function.LongSupplier;

/**
 * The moment that a flush of the log waits for company. Called under the log's lock, if it is not
 * said otherwise.
 */
final class LogGathering {
  /*
   * Those who were woken together often come back together, a moment after the next flush has begun
   * without them. So a flush first waits a moment for as many records as there were threads at the
   * end of the last one, those it was for and those who had come meanwhile: for a part of the time
   * that a flush takes, and not at all if there was one thread. Where that is shorter than it takes
   * to put a thread to sleep and wake it up, it lets others run instead of sleeping.
   */

  /** A flush waits for company for a quarter of the time that the last one took, asleep. */
  private static final int GATHER_PART = 4;

  private static final long MAX_GATHER_NANOS = 1_000_000;

  /** For less than that a thread does not sleep: it would wake up too late. */
  private static final long MIN_SLEEP_NANOS = 100_000;

  /** Then it waits for half of the time that the last flush took. */
  private static final int AWAKE_PART = 2;

  private final LogGuard guard;
  private final LongSupplier lastSequence;

  /** Signalled when record `gatherSequence` is appended. */
  private final Condition gathered;

  /* Guarded by the log's lock. */
  private long gatherSequence = Long.MAX_VALUE;

  /** How many threads there were at the end of the last flush, and how long it took. */
  private int company;

  private long flushNanos;

  /**
   * For a log.
   *
   * @param guard the log's lock
   * @param lastSequence the newest record; asked without the lock, too
   */
  LogGathering(LogGuard guard, LongSupplier lastSequence) {
    this.guard = guard;
    this.lastSequence = lastSequence;
    this.gathered = guard.newCondition();
  }

  /** A record is appended. */
  void appended(long sequence) {
    if (sequence >= gatherSequence) {
      gathered.signal();
    }
  }

  /** Nobody will come any more. */
  void end() {
    gathered.signal();
  }

  /** A flush has ended: how many threads there were by then, and how long it took. */
  void flushed(int threads, long nanos) {
    company = threads;
    flushNanos = nanos;
  }

  /** Under lock, which it leaves meanwhile. */
  void await(long durableSequence) {
    if (company <= 1) {
      return;
    }
    long expected = durableSequence + company;
    long asleep = flushNanos / GATHER_PART;
    if (asleep < MIN_SLEEP_NANOS) {
      long until = System.nanoTime() + Math.min(flushNanos / AWAKE_PART, MIN_SLEEP_NANOS);
      guard.unlocked(() -> gatherAwake(expected, until));
    } else {
      gatherAsleep(expected, Math.min(asleep, MAX_GATHER_NANOS));
    }
  }

  /* What it lets run is an offer: right without, and only for a part of a flush. */
  @SuppressWarnings("ThreadPriorityCheck")
  private void gatherAwake(long expected, long untilNanos) {
    while (lastSequence.getAsLong() < expected
        && System.nanoTime() - untilNanos < 0
        && guard.isUsable()) {
      Thread.yield();
    }
  }

  /** Under lock, which it leaves meanwhile. */
  private void gatherAsleep(long expected, long nanosToWait) {
    long nanos = nanosToWait;
    gatherSequence = expected;
    try {
      while (lastSequence.getAsLong() < gatherSequence && nanos > 0 && guard.isUsable()) {
        nanos = gathered.awaitNanos(nanos);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      gatherSequence = Long.MAX_VALUE;
    }
  }
}
