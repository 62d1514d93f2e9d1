// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Each change of a map's shape is counted, once. */
final class ZapActivityTest {
  private static final ZapParameters SMALL = TestMap.FIXED_SALT.withFatBlockShift(9);
  private static final int ENTRIES = 3000;

  @Test
  void aMapThatGrowsAndShrinks() {
    try (TestMap map = TestMap.create(SMALL)) {
      map.putAll(0, 10);
      assertEquals(ZapActivity.NONE, map.zap().activity());
      map.makeFat();
      assertEquals(1, map.zap().activity().conversions());
      map.putAll(10, ENTRIES);
      ZapActivity grown = map.zap().activity();
      long leaves = map.zap().statistics().leafCount();
      assertEquals(1 + grown.splits() - grown.merges(), leaves);
      assertTrue(leaves > 100 && grown.growthSteps() > 5, grown::toString);
      assertEquals(1, grown.conversions());
      map.removeAll(0, ENTRIES);
      ZapActivity shrunk = map.zap().activity();
      assertEquals(1 + shrunk.splits() - shrunk.merges(), map.zap().statistics().leafCount());
      assertEquals(grown.growthSteps(), shrunk.growthSteps());
      // Down to the embedded table, in one go or more.
      assertEquals(0, map.zap().statistics().tableBlockCount());
      assertTrue(0 < shrunk.reductions() && shrunk.reductions() < 20, shrunk::toString);
    }
  }

  @Test
  void aTableGrowsInOneStepForEachOfItsBlocks() {
    try (TestMap map = TestMap.createFat(SMALL)) {
      map.putAll(0, ENTRIES);
      ZapStatistics statistics = map.zap().statistics();
      // One to leave the header, and to have twice as many as there are, as many as there are.
      long steps = statistics.tableBlockCount() + statistics.growingBlocksCopied();
      assertTrue(statistics.tableBlockCount() >= 8, statistics::toString);
      assertEquals(steps, map.zap().activity().growthSteps());
    }
  }

  @Test
  void activityIsSummed() {
    assertEquals(
        new ZapActivity(11, 22, 33, 44, 55, 66),
        new ZapActivity(1, 2, 3, 4, 5, 6).plus(new ZapActivity(10, 20, 30, 40, 50, 60)));
  }
}
