// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.error.StoreFullException;

/** A store that is filled, emptied in part at random, and filled again never fails for good. */
class FullStoreCycleTest {
  private static final int ROUNDS = Integer.getInteger("zap.full.rounds", 4);
  private static final long DEVICE_BYTES = Long.getLong("zap.full.bytes", 8 << 20);

  private final long seed = Seeds.next();
  private final Random random = new Random(seed);
  private final Map<String, byte[]> model = new HashMap<>();
  private int nextKey;

  private byte[] value() {
    int kind = random.nextInt(100);
    int length =
        kind == 0 ? 20_000 + random.nextInt(200_000) : random.nextInt(kind < 50 ? 30 : 900);
    return Seeds.bytes(random, length);
  }

  private void put(ZapMap map, String key) {
    byte[] value = value();
    map.put(key, value);
    model.put(key, value);
  }

  /** New entries and, among them, changes of those that are there, until there is no room. */
  private int fill(ZapMap map, ZapMap small) {
    int refused = 0;
    int count = 0;
    while (refused < 3) {
      try {
        if (!model.isEmpty() && random.nextInt(4) == 0) {
          put(map, "key " + random.nextInt(nextKey));
        } else {
          put(map, "key " + nextKey);
          nextKey++;
        }
        small.putLong("count", count++);
      } catch (StoreFullException e) {
        refused++;
      }
    }
    return count;
  }

  private void removeSome(ZapMap map, int percent) {
    for (String key : new ArrayList<>(model.keySet())) {
      if (random.nextInt(100) < percent) {
        try {
          map.remove(key);
          model.remove(key);
        } catch (StoreFullException e) {
          // Even that needs room. What was removed makes some.
        }
      }
    }
  }

  private void assertContent(ZapStore store, ZapMap map) {
    assertEquals(List.of(), store.check((done, total) -> {}).problems());
    assertEquals(model.size(), map.size());
    model.forEach((key, value) -> assertArrayEquals(value, map.get(key), key));
  }

  @ParameterizedTest
  @ValueSource(ints = {4096, 16384, 131072})
  void roomComesBackWhereSomethingWasRemoved(int leafBytes) {
    ZapStoreBuilder builder =
        ZapStore.builder()
            .cacheBytes(16 << 20)
            .leafBytes(leafBytes)
            .syncInterval(Duration.ofHours(1));
    try (ZapStore store = builder.create(new MemoryDevice("full", DEVICE_BYTES), "full")) {
      ZapMap map = store.map("m");
      ZapMap small = store.map("small");
      int first = fill(map, small);
      for (int round = 0; round < ROUNDS; round++) {
        removeSome(map, 50);
        int again = fill(map, small);
        // How many depends on luck: a change is accepted only if there is room for the leaves that
        // it
        // may split, and filling ends with the first that is not.
        assertTrue(again > (leafBytes > 16384 ? 0 : first / 50), again + " after " + first);
        store.sync();
      }
      assertContent(store, map);
    } catch (Throwable e) {
      throw new AssertionError("-Dzap.seed=" + seed, e);
    }
  }
}
