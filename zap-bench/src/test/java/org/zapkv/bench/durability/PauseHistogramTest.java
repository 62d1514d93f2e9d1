// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
final class PauseHistogramTest {
  @Test
  void nothingHasNoPauses() {
    assertEquals(0, new PauseHistogram().quantile(0.99));
  }

  @Test
  void smallDurationsAreExact() {
    PauseHistogram pauses = new PauseHistogram();
    for (int i = 1; i <= 50; i++) {
      pauses.record(i);
    }
    assertEquals(25, pauses.quantile(0.5));
    assertEquals(50, pauses.quantile(0.99));
    assertEquals(50, pauses.quantile(1));
    assertEquals(50, pauses.count());
  }

  @Test
  void everyDurationIsAtMostThreePercentTooHigh() {
    for (int shift = 0; shift < Long.SIZE - 1; shift++) {
      for (long nanos : new long[] {1L << shift, (1L << shift) + 1, (1L << shift) * 2 - 1}) {
        PauseHistogram pauses = new PauseHistogram();
        pauses.record(nanos);
        pauses.record(Long.MAX_VALUE);
        long found = pauses.quantile(0.5);
        assertTrue(found >= nanos && found - nanos <= nanos / 32, nanos + " became " + found);
      }
    }
  }

  @Test
  void severalAreAddedUp() {
    PauseHistogram all = new PauseHistogram();
    for (int part = 0; part < 2; part++) {
      PauseHistogram pauses = new PauseHistogram();
      for (int i = 1; i <= 10; i++) {
        pauses.record(i + 10 * part);
      }
      all.add(pauses);
    }
    assertEquals(20, all.count());
    assertEquals(10, all.quantile(0.5));
    assertEquals(20, all.max());
  }

  @Test
  void theLongestIsExact() {
    PauseHistogram pauses = new PauseHistogram();
    pauses.record(3);
    pauses.record(1_234_567_891);
    assertEquals(1_234_567_891, pauses.max());
    assertEquals(1_234_567_891, pauses.quantile(0.9999));
  }
}
