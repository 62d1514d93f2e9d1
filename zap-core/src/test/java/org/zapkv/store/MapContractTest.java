// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.error.ValueTypeException;

/** What a map promises, for each of its forms, in memory and on disk. */
class MapContractTest {

  /** The contract; a subclass says which form of map it is tried on. */
  abstract static class Contract {
    @TempDir Path directory;
    ZapStore store;
    ZapMap map;

    abstract boolean micro();

    abstract boolean onDisk();

    boolean direct() {
      return false;
    }

    @BeforeEach
    void open() {
      ZapStoreBuilder builder = ZapStore.builder().directIo(direct()).durability(Durability.NONE);
      store = onDisk() ? builder.open(directory.resolve("s")) : builder.inMemory();
      map = store.map("m");
      if (!micro()) {
        map.put("makes it fat", "x");
        map.remove("makes it fat");
      }
    }

    @AfterEach
    void close() {
      assertEquals(micro(), map.statistics().micro(), "still the form under test");
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
      store.close();
    }

    @Test
    void putThenGet() {
      map.putLong("k", 7);
      assertEquals(OptionalLong.of(7), map.getLong("k"));
      assertTrue(map.containsKey("k"));
      assertEquals(1, map.size());
    }

    @Test
    void aMissingKey() {
      assertNull(map.get("k"));
      assertNull(map.getString("k"));
      assertEquals(OptionalLong.empty(), map.getLong("k"));
      assertFalse(map.containsKey("k"));
      assertFalse(map.remove("k"));
      assertNull(map.get(new byte[0]));
      assertNull(map.get(new byte[1023]));
      assertEquals(0, map.size());
    }

    @Test
    void putReplaces() {
      map.putLong("k", 1);
      map.putLong("k", -2);
      assertEquals(OptionalLong.of(-2), map.getLong("k"));
      assertEquals(1, map.size());
    }

    @Test
    void removeRemoves() {
      map.putLong("k", 1);
      map.putLong("l", 2);
      assertTrue(map.remove("k"));
      assertFalse(map.containsKey("k"));
      assertFalse(map.remove("k"));
      assertEquals(OptionalLong.of(2), map.getLong("l"));
      assertEquals(1, map.size());
    }

    @Test
    void extremeLongs() {
      for (long value : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
        map.putLong("k" + value, value);
        assertEquals(OptionalLong.of(value), map.getLong("k" + value));
      }
    }

    @Test
    void aLongIsNotBytes() {
      map.putLong("k", 1);
      ValueTypeException e = assertThrows(ValueTypeException.class, () -> map.get("k"));
      assertTrue(e.getMessage().contains("\"k\""), e.getMessage());
      assertTrue(map.entry(new byte[] {'k'}).isLong());
    }

    @Test
    void theWalkSeesEveryEntryOnce() {
      Map<String, Long> expected = new HashMap<>();
      for (int i = 0; i < 1000; i++) {
        map.putLong("key " + i, i);
        expected.put("key " + i, (long) i);
      }
      Map<String, Long> seen = new HashMap<>();
      map.forEach(e -> assertNull(seen.put(e.keyString(), e.longValue())));
      assertEquals(expected, seen);
    }

    @Test
    void aCursorGoesOnFromItsCookie() {
      Set<String> expected = new HashSet<>();
      for (int i = 0; i < 500; i++) {
        map.putLong("key " + i, i);
        expected.add("key " + i);
      }
      List<String> seen = new ArrayList<>();
      long cookie = 0;
      boolean more = true;
      while (more) {
        try (MapCursor cursor = map.cursor(cookie)) {
          for (int i = 0; i < 7 && more; i++) {
            more = cursor.next();
            if (more) {
              seen.add(cursor.entry().keyString());
              cookie = cursor.nextCookie();
            }
          }
        }
      }
      assertEquals(500, seen.size());
      assertEquals(expected, new HashSet<>(seen));
    }

    @Test
    void aCursorAtItsOwnCookieBeginsWithTheSameEntry() {
      map.putLong("a", 1);
      map.putLong("b", 2);
      try (MapCursor cursor = map.cursor()) {
        assertTrue(cursor.next());
        try (MapCursor again = map.cursor(cursor.cookie())) {
          assertTrue(again.next());
          assertEquals(cursor.entry(), again.entry());
        }
      }
    }

    @Test
    void aCursorHasNoEntryBeforeAndAfter() {
      map.putLong("a", 1);
      try (MapCursor cursor = map.cursor()) {
        assertThrows(NoSuchElementException.class, cursor::entry);
        assertTrue(cursor.next());
        assertFalse(cursor.next());
        assertThrows(NoSuchElementException.class, cursor::entry);
        assertFalse(cursor.next());
      }
    }

    @Test
    void badArgumentsChangeNothing() {
      byte[] key = {1};
      assertThrows(NullPointerException.class, () -> map.put((byte[]) null, key));
      assertThrows(NullPointerException.class, () -> map.put(key, null));
      assertThrows(NullPointerException.class, () -> map.get((byte[]) null));
      assertThrows(NullPointerException.class, () -> map.get((String) null));
      assertThrows(NullPointerException.class, () -> map.remove((byte[]) null));
      assertThrows(NullPointerException.class, () -> map.containsKey((byte[]) null));
      assertThrows(NullPointerException.class, () -> map.forEach(null));
      KeyTooLongException e =
          assertThrows(KeyTooLongException.class, () -> map.putLong(new byte[1024], 1));
      assertTrue(e.getMessage().contains("1024"), e.getMessage());
      assertThrows(KeyTooLongException.class, () -> map.get(new byte[1024]));
      assertThrows(KeyTooLongException.class, () -> map.remove(new byte[1024]));
      assertThrows(
          ValueTooLargeException.class, () -> map.put(key, new byte[ZapMap.MAX_VALUE_BYTES + 1]));
      assertEquals(0, map.size());
    }

    @Test
    void theCallersArraysAreTheCallers() {
      byte[] key = {'k'};
      map.putLong(key, 5);
      key[0] = 'l';
      assertTrue(map.containsKey("k"));
      assertFalse(map.containsKey("l"));
    }

    @Test
    void manyEntriesComeAndGo() {
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1500; i++) {
          map.putLong("key " + i, i + round);
        }
        assertEquals(1500, map.size());
        for (int i = 0; i < 1500; i++) {
          assertEquals(OptionalLong.of(i + round), map.getLong("key " + i));
        }
        for (int i = 0; i < 1500; i++) {
          assertTrue(map.remove("key " + i));
        }
        assertEquals(0, map.size());
        store.sync();
      }
    }
  }

  /** What only a fat map holds. */
  abstract static class FatContract extends Contract {
    @Override
    boolean micro() {
      return false;
    }

    @Test
    void keysOfEveryLength() {
      for (int length = 0; length <= ZapMap.MAX_KEY_BYTES; length++) {
        byte[] key = new byte[length];
        java.util.Arrays.fill(key, (byte) length);
        map.putLong(key, length);
      }
      assertEquals(ZapMap.MAX_KEY_BYTES + 1, map.size());
      for (int length = 0; length <= ZapMap.MAX_KEY_BYTES; length++) {
        byte[] key = new byte[length];
        java.util.Arrays.fill(key, (byte) length);
        assertEquals(OptionalLong.of(length), map.getLong(key));
      }
    }

    @Test
    void valuesOfManyLengths() {
      int[] lengths = {
        0, 1, 20, 21, 22, 42, 100, 1000, 2047, 2048, 2049, 4096, 131071, 131072, 131073, 1_000_003
      };
      for (int length : lengths) {
        byte[] value = new byte[length];
        new java.util.Random(length).nextBytes(value);
        map.put("k" + length, value);
      }
      store.sync();
      for (int length : lengths) {
        byte[] value = new byte[length];
        new java.util.Random(length).nextBytes(value);
        assertArrayEquals(value, map.get("k" + length));
      }
      for (int length : lengths) {
        map.put("k" + length, "small again");
      }
      for (int length : lengths) {
        assertEquals("small again", map.getString("k" + length));
      }
    }

    @Test
    void keysOfAnyBytes() {
      for (int b = 0; b < 256; b++) {
        map.put(new byte[] {(byte) b, 0, (byte) b}, new byte[] {(byte) b});
        map.put(new byte[] {(byte) b, 0}, new byte[] {(byte) (b + 1)});
      }
      for (int b = 0; b < 256; b++) {
        assertArrayEquals(new byte[] {(byte) b}, map.get(new byte[] {(byte) b, 0, (byte) b}));
        assertArrayEquals(new byte[] {(byte) (b + 1)}, map.get(new byte[] {(byte) b, 0}));
        assertNull(map.get(new byte[] {(byte) b}));
      }
    }

    @Test
    void bytesAreNotALong() {
      map.put("k", "12345678");
      assertThrows(ValueTypeException.class, () -> map.getLong("k"));
      map.putLong("k", 3);
      assertEquals(OptionalLong.of(3), map.getLong("k"));
    }

    @Test
    void theLargestValue() {
      byte[] value = new byte[ZapMap.MAX_VALUE_BYTES];
      new java.util.Random(1).nextBytes(value);
      map.put("k", value);
      assertArrayEquals(value, map.get("k"));
      store.sync();
      assertArrayEquals(value, map.get("k"));
      assertTrue(map.remove("k"));
    }
  }

  @Nested
  class MicroInMemory extends Contract {
    @Override
    boolean micro() {
      return true;
    }

    @Override
    boolean onDisk() {
      return false;
    }
  }

  @Nested
  class MicroOnDisk extends Contract {
    @Override
    boolean micro() {
      return true;
    }

    @Override
    boolean onDisk() {
      return true;
    }
  }

  @Nested
  class FatInMemory extends FatContract {
    @Override
    boolean onDisk() {
      return false;
    }
  }

  @Nested
  class FatOnDisk extends FatContract {
    @Override
    boolean onDisk() {
      return true;
    }
  }

  @Nested
  class FatOnDiskDirect extends FatContract {
    @Override
    boolean onDisk() {
      return true;
    }

    @Override
    boolean direct() {
      return true;
    }
  }
}
