// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.ValueTooLargeException;

/** The numbers of docs/limits.md: what is at a limit works, what is above it is refused. */
class LimitsTest {
  private static void assertDocumented(String row, Object... parts) throws IOException {
    String line =
        Files.readString(Path.of("docs/limits.md"))
            .lines()
            .filter(each -> each.startsWith("| " + row + " | "))
            .findFirst()
            .orElseThrow();
    for (Object part : parts) {
      String text =
          part instanceof Number number
              ? String.format(Locale.ROOT, "%,d", number.longValue())
              : "" + part;
      assertTrue(line.contains(text), text + " in " + line);
    }
  }

  @Test
  void keys() throws IOException {
    assertDocumented("key", "0 to 1023 bytes", "KeyTooLongException");
    assertEquals(1023, ZapMap.MAX_KEY_BYTES);
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap map = store.map("m");
      for (int length : new int[] {0, 1, 1023}) {
        byte[] key = new byte[length];
        map.put(key, new byte[] {1});
        assertArrayEquals(new byte[] {1}, map.get(key));
      }
      byte[] longer = new byte[1024];
      assertThrows(KeyTooLongException.class, () -> map.put(longer, new byte[1]));
      assertThrows(KeyTooLongException.class, () -> map.putLong(longer, 1));
      assertThrows(KeyTooLongException.class, () -> map.increment(longer, 1));
      assertThrows(KeyTooLongException.class, () -> store.batch().put(map, longer, new byte[1]));
      assertEquals(3, map.size());
    }
  }

  @Test
  void values() throws IOException {
    assertDocumented("value", 64 << 20, "0 to ", "ValueTooLargeException");
    assertEquals(64 << 20, ZapMap.MAX_VALUE_BYTES);
    try (ZapStore store = ZapStore.builder().durability(Durability.NONE).inMemory()) {
      ZapMap map = store.map("m");
      map.put("none", new byte[0]);
      assertEquals(0, map.get("none").length);
      byte[] larger = new byte[(64 << 20) + 1];
      assertThrows(ValueTooLargeException.class, () -> map.put("above", larger));
      assertThrows(
          ValueTooLargeException.class, () -> store.batch().put(map, new byte[] {1}, larger));
      assertEquals(1, map.size());
      byte[] largest = new byte[64 << 20];
      largest[largest.length - 1] = 42;
      map.put("at", largest);
      assertEquals(42, map.get("at")[largest.length - 1]);
    }
  }

  @Test
  void names() throws IOException {
    assertDocumented("name of a map", "1 to 255 bytes of UTF-8", "IllegalArgumentException");
    try (ZapStore store = ZapStore.inMemory()) {
      String longest = "ä".repeat(127) + "a";
      store.map(longest).put("k", "v");
      store.map("b").put("k", "v");
      assertEquals(List.of("b", longest), store.mapNames());
      for (String name : List.of("", longest + "a", "a".repeat(256))) {
        assertThrows(IllegalArgumentException.class, () -> store.map(name));
      }
      assertEquals(2, store.mapNames().size());
    }
  }

  @Test
  void options() throws IOException {
    assertDocumented("cache", 4 << 20, "IllegalArgumentException");
    ZapStoreBuilder builder = ZapStore.builder();
    assertThrows(IllegalArgumentException.class, () -> builder.cacheBytes((4 << 20) - 1));
    assertDocumented("block of a map (`leafBytes`)", 4096, 131072);
    for (int bytes : new int[] {2048, 5000, 262144, 0, -4096}) {
      assertThrows(IllegalArgumentException.class, () -> builder.leafBytes(bytes));
    }
    for (int bytes : new int[] {4096, 131072}) {
      try (ZapStore store = builder.cacheBytes(4 << 20).leafBytes(bytes).inMemory()) {
        ZapMap map = store.map("m");
        map.put("k", "v");
        assertEquals(bytes, map.statistics().blockSizeBytes());
      }
    }
    assertDocumented("interval of groups, bound of `Durability.async`", "above zero");
    assertThrows(IllegalArgumentException.class, () -> builder.syncInterval(Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> Durability.async(Duration.ZERO));
    assertEquals(Durability.ASYNC, Durability.async(Duration.ofSeconds(1)));
  }

  @Test
  void longs() throws IOException {
    assertDocumented("a `long`", Long.MIN_VALUE, Long.MAX_VALUE, "ArithmeticException");
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap map = store.map("m");
      map.putLong("k", Long.MAX_VALUE);
      assertEquals(Long.MAX_VALUE, map.getLong("k").getAsLong());
      assertThrows(ArithmeticException.class, () -> map.increment("k", 1));
      assertEquals(Long.MAX_VALUE, map.getLong("k").getAsLong());
      map.putLong("k", Long.MIN_VALUE);
      assertThrows(ArithmeticException.class, () -> map.increment("k", -1));
      assertEquals(Long.MIN_VALUE, map.getLong("k").getAsLong());
    }
  }
}
