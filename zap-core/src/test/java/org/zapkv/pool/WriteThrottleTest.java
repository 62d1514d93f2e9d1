// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a change costs, with a clock that stands still unless told otherwise. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class WriteThrottleTest {
  private static final long SECOND = 1_000_000_000;
  private static final double SHARE = 1e-4;

  private final AtomicLong now = new AtomicLong(1000);
  private final WriteThrottle throttle = new WriteThrottle(now::get);

  @Test
  void belowSixTenthsNothingIsOwed() {
    for (int i = 0; i < 1000; i++) {
      throttle.charge(0.6, 0.6);
    }
    assertEquals(0, throttle.owedNanos());
  }

  @Test
  void theCostGrowsWithTheLoadAndWithTheShare() {
    long before = 0;
    for (double load = 0.61; load < 1.2; load += 0.01) {
      long cost = WriteThrottle.costNanos(load, SHARE);
      boolean isAtMost = cost == WriteThrottle.MAX_WAIT_NANOS;
      assertTrue(cost > before || (isAtMost && before == cost), "load " + load + ": " + cost);
      assertTrue(isAtMost || WriteThrottle.costNanos(load, 2 * SHARE) >= 2 * cost - 1);
      before = cost;
    }
    assertEquals(WriteThrottle.MAX_WAIT_NANOS, before);
  }

  /** With a device that writes nothing at all, changes take a while to fill what there is. */
  @Test
  void fillingUpTakesSomeTenthsOfASecond() {
    long total = 0;
    for (double load = 0.6; load < 0.999; load += SHARE) {
      total += WriteThrottle.costNanos(load, SHARE);
    }
    assertTrue(total > SECOND / 3 && total < SECOND, "takes " + total);
  }

  @Test
  void whatIsOwedIsTheSumAndGoesWithTime() {
    for (int i = 0; i < 10; i++) {
      throttle.charge(0.8, SHARE);
    }
    long owed = throttle.owedNanos();
    assertEquals(10 * WriteThrottle.costNanos(0.8, SHARE), owed);
    now.addAndGet(owed / 2);
    assertEquals(owed - owed / 2, throttle.owedNanos());
    now.addAndGet(SECOND);
    assertEquals(0, throttle.owedNanos());
    throttle.charge(0.8, 10 * SHARE);
    assertTrue(throttle.owedNanos() <= owed, "the past was not paid for");
  }

  @Test
  void aLittleIsLeftToAddUpAndNobodyOwesMuch() {
    throttle.charge(0.7, SHARE / 10);
    assertEquals(0, throttle.owedNanos());
    for (int i = 0; i < 100; i++) {
      throttle.charge(1.5, SHARE);
    }
    assertEquals(WriteThrottle.MAX_WAIT_NANOS, throttle.owedNanos());
  }
}
