// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.OverlayDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.cache.device.testing.WatchedDevice;

/** What opening a store reads does not depend on what is in it, nor on how it ended. */
@Tag("once")
class OpenCostTest {
  private static final int LARGE_VALUES = 5000;

  /** What is on the device must not change while it is looked at as after a crash. */
  private static final ZapStoreBuilder BUILDER =
      ZapStore.builder().cacheBytes(4 << 20).syncInterval(Duration.ofHours(1));

  /** What was read while a store was opened. */
  private record Cost(int reads, long bytes) {}

  private static Cost costOfOpening(BlockDevice device) {
    AtomicInteger reads = new AtomicInteger();
    AtomicLong bytes = new AtomicLong();
    BlockDevice watched =
        new WatchedDevice(
            new OverlayDevice(device),
            (write, offset, address, length, transfer) -> {
              if (!write) {
                reads.incrementAndGet();
                bytes.addAndGet(length);
              }
              transfer.run();
            });
    ZapStore store = BUILDER.open(watched, "watched");
    Cost cost = new Cost(reads.get(), bytes.get());
    store.close();
    return cost;
  }

  /** Opens what is on the device before and after the store that filled it is closed. */
  private static Cost costOf(int entries, int largeValues) {
    HookedDevice device = new HookedDevice(new MemoryDevice()).outlivingClose();
    Cost afterCrash;
    try (ZapStore store = BUILDER.create(device, "filled")) {
      fill(store, entries, largeValues);
      store.sync();
      store.map("m").put("key 0", "changed, and not durable");
      afterCrash = costOfOpening(device);
    }
    Cost clean = costOfOpening(device);
    assertEquals(clean, afterCrash, "after a crash");
    return clean;
  }

  private static void fill(ZapStore store, int entries, int largeValues) {
    ZapMap map = store.map("m");
    for (int i = 0; i < entries; i++) {
      map.put("key " + i, new byte[100]);
    }
    for (int i = 0; i < largeValues; i++) {
      map.put("large " + i, new byte[ValueStore.INLINE_BYTES + 1]);
    }
  }

  @Test
  void openingReadsTheSameHoweverMuchThereIs() {
    Cost small = costOf(10, 0);
    assertEquals(small, costOf(40_000, 0));
    assertTrue(small.reads() <= 4, small.toString());
  }

  /** The dnode of the directory is found through a tree that grows by a level for each 64 times. */
  @Test
  void manyObjectsCostTheHeightOfATree() {
    Cost small = costOf(10, 0);
    Cost large = costOf(10, LARGE_VALUES);
    assertTrue(large.reads() <= small.reads() + 2, small + " " + large);
  }
}
