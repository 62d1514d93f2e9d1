// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.testkit.ZapTest;

/** Batches: several maps, all or nothing, the last change of a key counts. */
@ZapTest
class BatchTest {
  @TempDir Path directory;

  @Test
  void changesOfSeveralMapsGoTogether() {
    Path path = directory.resolve("s");
    try (ZapStore store = ZapStore.open(path)) {
      ZapMap users = store.map("users");
      ZapMap counts = store.map("counts");
      users.put("gone", "soon");
      Batch batch =
          store
              .batch()
              .put(users, "ada", "Ada")
              .putLong(counts, "users", 1)
              .remove(users, "gone")
              .remove(users, "never there");
      assertEquals(4, batch.size());
      assertNull(users.get("ada"), "nothing before commit");
      long sequence = batch.commit();
      assertTrue(store.durableSequence() >= sequence);
      assertEquals(0, batch.size());
      assertEquals("Ada", users.getString("ada"));
      assertEquals(OptionalLong.of(1), counts.getLong("users"));
      assertFalse(users.containsKey("gone"));
    }
  }

  @Test
  void theLastChangeOfAKeyCounts(ZapStore store) {
    ZapMap map = store.map("m");
    store
        .batch()
        .put(map, "a", "1")
        .remove(map, "a")
        .put(map, "b", "1")
        .put(map, "b", "2")
        .remove(map, "c")
        .putLong(map, "c", 3)
        .commit();
    assertNull(map.get("a"));
    assertEquals("2", map.getString("b"));
    assertEquals(OptionalLong.of(3), map.getLong("c"));
  }

  @Test
  void aBatchCopiesWhatItIsGiven(ZapStore store) {
    ZapMap map = store.map("m");
    byte[] key = {'k'};
    byte[] value = {'v'};
    Batch batch = store.batch().put(map, key, value);
    key[0] = 'x';
    value[0] = 'x';
    batch.commit();
    assertEquals("v", map.getString("k"));
    assertEquals(1, map.size());
  }

  @Test
  void aBatchIsUsedAgain(ZapStore store) {
    ZapMap map = store.map("m");
    Batch batch = store.batch();
    for (int i = 0; i < 100; i++) {
      batch.putLong(map, "k" + i, i);
      if (i % 10 == 9) {
        batch.commit(Durability.NONE);
        assertEquals(0, batch.heapBytes());
      }
    }
    batch.putLong(map, "dropped", 1).clear();
    batch.commit(Durability.NONE);
    assertEquals(100, map.size());
  }

  @Test
  void aForeignMapIsRefused(ZapStore store, ZapStore other) {
    ZapMap foreign = other.map("m");
    Batch batch = store.batch();
    assertThrows(IllegalArgumentException.class, () -> batch.put(foreign, "a", "b"));
    assertThrows(IllegalArgumentException.class, () -> batch.remove(foreign, "a"));
    assertEquals(0, batch.size());
  }

  @Test
  void badArgumentsLeaveTheBatchAsItIs(ZapStore store) {
    ZapMap map = store.map("m");
    Batch batch = store.batch().put(map, "a", "b");
    byte[] key = {1};
    assertThrows(NullPointerException.class, () -> batch.put(map, null, key));
    assertThrows(NullPointerException.class, () -> batch.put(map, key, null));
    assertThrows(NullPointerException.class, () -> batch.put(null, key, key));
    assertThrows(NullPointerException.class, () -> batch.commit(null));
    assertThrows(KeyTooLongException.class, () -> batch.remove(map, new byte[1024]));
    assertThrows(
        ValueTooLargeException.class,
        () -> batch.put(map, key, new byte[ZapMap.MAX_VALUE_BYTES + 1]));
    assertEquals(1, batch.size());
  }

  @Test
  void aBatchLargerThanTheCacheIsStillOneBatch() {
    Path path = directory.resolve("s");
    int entries = 60_000;
    try (ZapStore store = ZapStore.builder().cacheBytes(4 << 20).open(path)) {
      ZapMap map = store.map("m");
      Batch batch = store.batch();
      for (int i = 0; i < entries; i++) {
        batch.put(map, "key " + i, "a value of some length, number " + i);
      }
      batch.put(map, "large", "x".repeat(12 << 20));
      batch.commit();
      assertEquals(entries + 1, map.size());
      StoreStatistics statistics = store.statistics();
      assertTrue(statistics.cache().usedBytes() <= 4 << 20);
    }
    try (ZapStore store = ZapStore.builder().cacheBytes(4 << 20).open(path)) {
      ZapMap map = store.map("m");
      for (int i = 0; i < entries; i++) {
        assertEquals("a value of some length, number " + i, map.getString("key " + i));
      }
      assertEquals(12 << 20, map.get("large").length);
      assertTrue(store.check((done, total) -> {}).isClean());
    }
  }
}
