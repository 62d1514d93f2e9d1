// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.CacheStats;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.object.DataObject;
import org.zapkv.object.ObjectSet;
import org.zapkv.object.ObjectSetOptions;
import org.zapkv.object.ObjectType;
import org.zapkv.pool.Transaction;

/** Walks of stored maps read their leaves ahead, short looks do not. */
class ReadAheadTest {
  private static final int ENTRIES = 20_000;
  private static final ObjectSetOptions OPTIONS =
      ObjectSetOptions.defaults().withCacheBytes(32 << 20).withSyncInterval(Duration.ofHours(1));

  private static final ZapParameters PARAMETERS = ZapParameters.DEFAULT.withFatBlockShift(12);

  private static MemoryDevice stored() {
    MemoryDevice device = new MemoryDevice();
    try (ObjectSet objects = ObjectSet.create(device, OPTIONS)) {
      try (Transaction tx = objects.begin(16 << 20);
          DataObject object = objects.create(ObjectType.MAP, MicroLayout.STEP_BYTES, tx)) {
        Zap zap = Zap.create(object, PARAMETERS, tx);
        for (int i = 0; i < ENTRIES; i++) {
          assertTrue(zap.add(TestMap.key(i), ZapValue.ofLong(i), tx));
        }
        zap.close();
      }
      objects.sync();
    }
    return device;
  }

  private static CacheStats walk(MemoryDevice device, int steps) {
    try (ObjectSet objects = ObjectSet.open(device, OPTIONS);
        DataObject object = objects.open(1)) {
      Zap zap = Zap.open(object, PARAMETERS);
      long misses = objects.cache().stats().misses();
      int found = 0;
      try (ZapCursor cursor = zap.cursor()) {
        while (found < steps && cursor.next()) {
          found++;
        }
      }
      assertEquals(Math.min(steps, ENTRIES), found);
      CacheStats stats = objects.cache().stats();
      assertTrue(stats.misses() > misses);
      zap.close();
      return stats;
    }
  }

  @Test
  void aLongWalkReadsAheadOfItself() {
    MemoryDevice device = stored();
    CacheStats stats = walk(device, Integer.MAX_VALUE);
    assertTrue(stats.prefetches() > 100, stats::toString);
    // All but the first leaves are read ahead, and none in vain.
    assertEquals(stats.prefetches(), stats.prefetchesUsed());
    assertTrue(stats.misses() - stats.prefetches() < stats.misses() / 4, stats::toString);
  }

  @Test
  void aLookAtAFewEntriesReadsNothingAhead() {
    assertEquals(0, walk(stored(), 10).prefetches());
  }

  @Test
  void aPrefetchOfAllLeavesLittleToRead() {
    MemoryDevice device = stored();
    try (ObjectSet objects = ObjectSet.open(device, OPTIONS);
        DataObject object = objects.open(1)) {
      Zap zap = Zap.open(object, PARAMETERS);
      zap.prefetchAll();
      for (int i = 0; i < ENTRIES; i++) {
        assertEquals(ZapValue.ofLong(i), zap.get(TestMap.key(i)));
      }
      CacheStats stats = objects.cache().stats();
      assertTrue(stats.prefetches() > 100, stats::toString);
      assertEquals(stats.prefetches(), stats.prefetchesUsed());
      zap.close();
    }
  }
}
