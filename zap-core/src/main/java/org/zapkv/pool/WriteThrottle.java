// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Slows writers down while more is changed than can be written, a little at first and then more, so
 * that they need not be stopped.
 */
final class WriteThrottle {

  /*
   * Implementation notes
   *
   * "Load" is the changed and not yet written part of what there may be at most. Below 0.6 nobody is
   * slowed down: a group closes at 0.57, and the next one takes changes while it is written. Above,
   * a change costs time: (load - 0.6) / (1 - load) times its own share of the load, times a
   * constant. So the load settles where writers are as fast as the device; and if nothing at all is
   * written for a while, because the device flushes, it takes about FILL_NANOS to get from 0.6 to
   * 0.999 (the integral of the fraction is 2).
   *
   * The cost of a change is not paid where it is made, under the locks of the layers above, but
   * before the next transaction begins: "paidUntil" is moved on by it, and whoever begins waits for
   * that moment, whichever thread moved it. It is never moved far, so nobody waits long for the
   * changes of others. Less than MIN_WAIT_NANOS is left to add up, since threads cannot sleep for
   * less.
   */

  private static final double FREE_LOAD = 0.6;
  private static final long FILL_NANOS = 500_000_000;
  private static final double NANOS_PER_LOAD = FILL_NANOS / 2.0;
  private static final long MIN_WAIT_NANOS = 50_000;

  /** What a transaction waits at most, and what each waits that begins beyond the maximum. */
  static final long MAX_WAIT_NANOS = 10_000_000;

  private final LongSupplier nanoClock;

  /** Nothing is owed: seen without a look at the clock. */
  private static final long NEVER = Long.MIN_VALUE;

  /** Before this moment nobody should begin. Moved on by anyone with compare-and-set. */
  private final AtomicLong paidUntil = new AtomicLong(NEVER);

  WriteThrottle(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  /**
   * Counts a change.
   *
   * @param load the load with it
   * @param share what of the load it is
   */
  void charge(double load, double share) {
    if (load <= FREE_LOAD) {
      return;
    }
    long cost = costNanos(load, share);
    long now = nanoClock.getAsLong();
    long before = paidUntil.get();
    while (!paidUntil.compareAndSet(before, paidUntil(before, now, cost))) {
      before = paidUntil.get();
    }
  }

  private static long paidUntil(long before, long now, long cost) {
    long owed = (before == NEVER ? 0 : Math.max(0, before - now)) + cost;
    return now + Math.min(owed, MAX_WAIT_NANOS);
  }

  /** What a change costs, in nanoseconds. */
  static long costNanos(double load, double share) {
    double fraction = (load - FREE_LOAD) / (1 - load);
    boolean isBeyond = load >= 1 || fraction * share * NANOS_PER_LOAD > MAX_WAIT_NANOS;
    return isBeyond ? MAX_WAIT_NANOS : (long) Math.max(0, fraction * share * NANOS_PER_LOAD);
  }

  /** How long whoever begins now has to wait, in nanoseconds; 0 if that is too short to matter. */
  long owedNanos() {
    long until = paidUntil.get();
    if (until == NEVER) {
      return 0;
    }
    long owed = until - nanoClock.getAsLong();
    if (owed <= 0) {
      paidUntil.compareAndSet(until, NEVER);
    }
    return owed < MIN_WAIT_NANOS ? 0 : Math.min(owed, MAX_WAIT_NANOS);
  }

  /** Waits as long as is owed; an interrupt ends the wait. */
  void await() {
    long owed = owedNanos();
    if (owed > 0) {
      LockSupport.parkNanos(this, owed);
    }
  }
}
