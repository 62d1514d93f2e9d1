// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.error.StoreFullException;

/** A device with no more room: said before anything changes; reads and removals go on. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FullStoreTest {
  private static final String VALUE = "v".repeat(400);

  private final HookedDevice device =
      new HookedDevice(new MemoryDevice("full", 6 << 20)).outlivingClose();

  private static ZapStoreBuilder builder() {
    return ZapStore.builder().cacheBytes(16 << 20).syncInterval(Duration.ofHours(1));
  }

  /** Puts entries until there is no room; how many went in. */
  private static int fill(ZapMap map) {
    int count = 0;
    try {
      while (true) {
        map.put("key " + count, VALUE);
        count++;
      }
    } catch (StoreFullException e) {
      assertTrue(e.getMessage().contains("is full"), e.getMessage());
      return count;
    }
  }

  private static void assertSound(ZapStore store) {
    assertEquals(List.of(), store.check((done, total) -> {}).problems());
  }

  @Test
  void readsAndRemovalsGoOnAndRoomComesBack() {
    int count;
    try (ZapStore store = builder().create(device, "full")) {
      ZapMap map = store.map("m");
      count = fill(map);
      assertEquals(count, map.size());
      assertNull(map.get("key " + count));
      Batch batch = store.batch();
      for (int i = 0; i < 4000; i++) {
        batch.put(map, "new " + i, VALUE);
      }
      batch.put(map, "key 0", "other");
      assertThrows(StoreFullException.class, batch::commit);
      assertThrows(StoreFullException.class, () -> map.put("large", new byte[1 << 20]));
      for (int i = 0; i < count; i++) {
        assertEquals(VALUE, map.getString("key " + i));
      }
      assertSound(store);
    }
    try (ZapStore store = builder().open(device, "full")) {
      ZapMap map = store.map("m");
      assertEquals(count, map.size());
      for (int i = 0; i < count; i++) {
        assertEquals(VALUE, map.getString("key " + i));
        assertTrue(map.remove("key " + i));
      }
      int again = fill(map);
      assertTrue(again > count * 9 / 10, again + " after " + count);
      assertSound(store);
    }
  }

  /** One removal in every leaf: each has to be written to a new place before the old is free. */
  @Test
  void aBatchOfRemovalsThatNeedsMoreRoomThanThereIsIsRefused() {
    int count;
    try (ZapStore store = builder().create(device, "full")) {
      ZapMap map = store.map("m");
      count = fill(map);
      store.sync();
      Batch batch = store.batch();
      for (int i = 0; i < count; i += 10) {
        batch.remove(map, "key " + i);
      }
      try {
        batch.commit();
      } catch (StoreFullException e) {
        assertEquals(count, map.size());
        assertEquals((count + 9) / 10, batch.size());
      }
      store.sync();
      assertSound(store);
    }
  }

  /** A micro map of one small block becomes a header and a leaf. */
  @ParameterizedTest
  @ValueSource(ints = {4096, 16384, 131072})
  void aConversionCountsWhatItWillTake(int leafBytes) {
    int maps = 40;
    ZapStoreBuilder builder = builder().leafBytes(leafBytes);
    try (ZapStore store = builder.create(device, "full")) {
      for (int i = 0; i < maps; i++) {
        store.map("micro " + i).putLong("a", i);
      }
      fill(store.map("m"));
      for (int i = 0; i < maps; i++) {
        try {
          store.map("micro " + i).put("b", VALUE);
        } catch (StoreFullException e) {
          assertTrue(store.map("micro " + i).isMicro());
        }
      }
      store.sync();
      for (int i = 0; i < maps; i++) {
        assertEquals(OptionalLong.of(i), store.map("micro " + i).getLong("a"));
      }
      assertSound(store);
    }
  }
}
