// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;

/** A get of an entry that is not in memory costs one read of the device: what is above stays. */
class ColdReadTest {
  private static final int ENTRIES = 60_000;
  private static final int VALUE_BYTES = 200;
  private static final int GETS = 6_000;

  @Test
  void aLeafThatIsNotCachedCostsOneRead() {
    long seed = Seeds.next();
    Random random = new Random(seed);
    MemoryDevice memory = new MemoryDevice();
    HookedDevice device = new HookedDevice(memory).outlivingClose();
    // What a group reads, written because time has passed, is none of the reads that are counted.
    ZapStoreBuilder builder =
        ZapStore.builder()
            .cacheBytes(ZapStoreBuilder.MIN_CACHE_BYTES)
            .syncInterval(Duration.ofHours(1));
    try (ZapStore store = builder.create(device, "cold")) {
      load(store, random);
    }
    AtomicLong reads = new AtomicLong();
    try (ZapStore store = builder.open(device, "cold")) {
      ZapMap map = store.map("m");
      get(map, random);
      long leafBytes = 16 << 10;
      long leaves = map.statistics().leafCount();
      // Of the cache a quarter is the reserve, and a third is memory for writing.
      assertTrue(
          leaves * leafBytes > 4 * ZapStoreBuilder.MIN_CACHE_BYTES, () -> leaves + " leaves");
      device.beforeRead(reads::incrementAndGet);
      get(map, random);
      device.noActions();
    }
    assertTrue(reads.get() > GETS / 2, () -> "not cold: " + reads + " reads");
    assertTrue(
        reads.get() <= GETS + GETS / 20,
        () -> "-Dzap.seed=" + seed + ": " + reads + " reads for " + GETS + " gets");
  }

  private static void load(ZapStore store, Random random) {
    ZapMap map = store.map("m");
    Batch batch = store.batch();
    for (int i = 0; i < ENTRIES; i++) {
      batch.put(map, Keys.utf8("key " + i), Seeds.bytes(random, VALUE_BYTES));
      if (batch.size() == 1000) {
        batch.commit(Durability.NONE);
      }
    }
    batch.commit(Durability.NONE);
  }

  private static void get(ZapMap map, Random random) {
    for (int i = 0; i < GETS; i++) {
      assertNotNull(map.get(Keys.utf8("key " + random.nextInt(ENTRIES))));
    }
  }
}
