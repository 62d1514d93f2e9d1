// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.error.ClosedException;
import org.zapkv.error.MapDroppedException;

/** The parts of a map, each of which has cursors of its own; of micro maps and fat ones. */
final class MapSplitTest {
  private final long seed = Seeds.next();
  private final Random random = new Random(seed);

  private static Map<String, Long> fill(ZapMap map, int entries, boolean isFat) {
    Map<String, Long> model = new HashMap<>();
    Batch batch = map.store().batch();
    for (int i = 0; i < entries; i++) {
      batch.putLong(map, "key " + i, i);
      model.put("key " + i, (long) i);
    }
    if (isFat) {
      batch.putLong(map, "long ".repeat(20), -1);
      model.put("long ".repeat(20), -1L);
    }
    batch.commit();
    return model;
  }

  /** No hash is between two parts, of which hardly any entry would ever have just that one. */
  @Test
  void eachHashIsInOnePart() {
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap map = store.map("m");
      for (int count : new int[] {1, 2, 3, 7, 1000, ZapMap.MAX_SPLITS}) {
        List<MapSplit> parts = map.splits(count);
        for (int bits : new int[] {28, 48}) {
          assertEquals(0, parts.get(0).first(bits));
          assertEquals(0, parts.get(count - 1).end(bits), "to the very end");
          for (int i = 1; i < count; i++) {
            assertEquals(parts.get(i - 1).end(bits), parts.get(i).first(bits));
            assertTrue(parts.get(i - 1).first(bits) < parts.get(i).first(bits));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 300, 9000})
  void thePartsHaveEachEntryOnce(int entries) {
    try (ZapStore store = ZapStore.builder().leafBytes(4096).inMemory()) {
      ZapMap map = store.map("m");
      Map<String, Long> model = fill(map, entries, entries > 1000);
      assertEquals(entries <= 1000, map.isMicro());
      for (int count : new int[] {1, 2, 3, 7, 64, ZapMap.MAX_SPLITS}) {
        Map<String, Long> found = new HashMap<>();
        long most = 0;
        List<MapSplit> splits = map.splits(count);
        assertEquals(count, splits.size());
        for (MapSplit split : splits.subList(0, Math.min(count, 100))) {
          long before = found.size();
          collect(split.cursor(), found);
          most = Math.max(most, found.size() - before);
        }
        if (count <= 100) {
          assertEquals(model, found, "seed=" + seed);
        }
        if (entries > 1000 && count == 64) {
          assertTrue(most < 5L * entries / count, most + " of " + entries);
        }
      }
    }
  }

  private static void collect(MapCursor cursor, Map<String, Long> found) {
    try (cursor) {
      while (cursor.next()) {
        Long before = found.put(cursor.entry().keyString(), cursor.entry().longValue());
        assertNull(before, () -> cursor.entry().keyString());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {300, 9000})
  void aPartGoesOnWhereACookieSays(int entries) {
    try (ZapStore store = ZapStore.builder().leafBytes(4096).inMemory()) {
      ZapMap map = store.map("m");
      Map<String, Long> model = fill(map, entries, entries > 1000);
      Map<String, Long> found = new HashMap<>();
      for (MapSplit split : map.splits(5)) {
        long cookie = 0;
        boolean more = true;
        while (more) {
          try (MapCursor cursor = split.cursor(cookie)) {
            for (int i = 1 + random.nextInt(entries / 10); i > 0 && more; i--) {
              more = cursor.next();
              if (more) {
                assertNull(found.put(cursor.entry().keyString(), cursor.entry().longValue()));
              }
            }
            cookie = cursor.nextCookie();
          }
        }
        try (MapCursor ended = split.cursor(cookie)) {
          assertFalse(ended.next());
        }
      }
      assertEquals(model, found, "seed=" + seed);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {300, 9000})
  void anyCookieStaysInItsPart(int entries) {
    try (ZapStore store = ZapStore.builder().leafBytes(4096).inMemory()) {
      ZapMap map = store.map("m");
      fill(map, entries, entries > 1000);
      for (MapSplit split : map.splits(3)) {
        Map<String, Long> own = new HashMap<>();
        collect(split.cursor(), own);
        for (int i = 0; i < 100; i++) {
          long cookie = i < 50 ? random.nextLong() : random.nextLong(1L << 28);
          Map<String, Long> some = new HashMap<>();
          collect(split.cursor(cookie), some);
          assertTrue(own.entrySet().containsAll(some.entrySet()), "seed=" + seed);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {300, 9000})
  void whatStaysIsFoundOnceWhileOthersComeAndGo(int entries) {
    try (ZapStore store = ZapStore.builder().leafBytes(4096).inMemory()) {
      ZapMap map = store.map("m");
      fill(map, entries, entries > 1000);
      Set<String> seen = new HashSet<>();
      for (MapSplit split : map.splits(4)) {
        try (MapCursor cursor = split.cursor()) {
          while (cursor.next()) {
            String key = cursor.entry().keyString();
            assertTrue(seen.add(key), key);
            int other = random.nextInt(entries);
            if (other % 2 == 1) {
              map.remove("key " + other);
            }
            map.putLong("new " + random.nextInt(2 * entries), 1);
          }
        }
      }
      for (int i = 0; i < entries; i += 2) {
        assertTrue(seen.contains("key " + i), "seed=" + seed);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsWrongIsRefused(boolean isFat) {
    ZapMap map;
    MapSplit split;
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap dropped = store.map("dropped");
      fill(dropped, 10, isFat);
      List<MapSplit> parts = dropped.splits(2);
      try (MapCursor cursor = parts.get(0).cursor()) {
        store.dropMap("dropped");
        assertThrows(MapDroppedException.class, cursor::next);
      }
      assertThrows(MapDroppedException.class, () -> parts.get(0).cursor());
      assertThrows(MapDroppedException.class, () -> dropped.splits(2));
      map = store.map("m");
      split = map.splits(2).get(1);
      assertEquals(1, split.index());
      assertEquals(2, split.count());
      assertThrows(IllegalArgumentException.class, () -> store.map("m").splits(0));
      assertThrows(
          IllegalArgumentException.class, () -> store.map("m").splits(ZapMap.MAX_SPLITS + 1));
    }
    assertThrows(ClosedException.class, () -> map.splits(2));
    assertThrows(ClosedException.class, split::cursor);
  }
}
