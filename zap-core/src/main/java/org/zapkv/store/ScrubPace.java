// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** How fast a scrub reads: lets it wait between its steps. Used by one thread. */
final class ScrubPace {
  /** How much to read in a step, at most. */
  private static final long STEP_BYTES = 1 << 20;

  /** A step is about so long, and so is a nap: whoever closes the store is noticed that soon. */
  private static final int STEPS_PER_SECOND = 10;

  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long NAP_NANOS = SECOND_NANOS / STEPS_PER_SECOND;

  /** Waits for a while. */
  @FunctionalInterface
  interface Sleeper {
    /** Waits. */
    void sleep(long nanos) throws InterruptedException;
  }

  private final long bytesPerSecond;
  private final LongSupplier clock;
  private final Sleeper sleeper;

  /** When what was read so far is paid for. */
  private long paidNanos;

  ScrubPace(long bytesPerSecond) {
    this(bytesPerSecond, System::nanoTime, TimeUnit.NANOSECONDS::sleep);
  }

  ScrubPace(long bytesPerSecond, LongSupplier clock, Sleeper sleeper) {
    this.bytesPerSecond = bytesPerSecond;
    this.clock = clock;
    this.sleeper = sleeper;
    this.paidNanos = clock.getAsLong();
  }

  /** How much to read in the next step. */
  long stepBytes() {
    return bytesPerSecond == 0
        ? STEP_BYTES
        : Math.max(1, Math.min(STEP_BYTES, bytesPerSecond / STEPS_PER_SECOND));
  }

  /**
   * Waits until what was read in a step is paid for. An interrupt is kept for the caller.
   *
   * @param checkOpen called between naps; what it throws ends the wait
   */
  void pause(long readBytes, Runnable checkOpen) {
    if (bytesPerSecond == 0) {
      return;
    }
    double nanos = (double) readBytes / bytesPerSecond * SECOND_NANOS;
    paidNanos += (long) nanos;
    boolean interrupted = false;
    try {
      for (long left = leftNanos(); left > 0; left = leftNanos()) {
        checkOpen.run();
        interrupted |= !nap(Math.min(left, NAP_NANOS));
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    // What a slow device took longer is not made up for: that would be a burst.
    paidNanos += Math.max(0, -leftNanos());
  }

  private long leftNanos() {
    return paidNanos - clock.getAsLong();
  }

  /** False if it was interrupted. */
  private boolean nap(long nanos) {
    try {
      sleeper.sleep(nanos);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }
}
