// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
    void everyFormOfWalkSeesTheSame() {
      Map<String, Long> expected = new HashMap<>();
      for (int i = 0; i < 1500; i++) {
        map.putLong("key " + i, i);
        expected.put("key " + i, (long) i);
      }
      Map<String, Long> viewed = new HashMap<>();
      map.scan(view -> assertNull(viewed.put(view.keyString(), view.longValue())));
      assertEquals(expected, viewed);
      Map<String, Long> inParallel = new ConcurrentHashMap<>();
      map.scanParallel(view -> assertNull(inParallel.put(view.keyString(), view.longValue())));
      assertEquals(expected, inParallel);
      assertEquals(expected, collected(map.stream()));
      assertEquals(expected, collected(map.stream().parallel()));
      Map<String, Long> walked = new HashMap<>();
      try (MapCursor cursor = map.cursor()) {
        while (cursor.next()) {
          assertNull(walked.put(cursor.entry().keyString(), cursor.entry().longValue()));
        }
      }
      assertEquals(expected, walked);
    }

    private static Map<String, Long> collected(Stream<ZapEntry> entries) {
      return entries.collect(Collectors.toMap(ZapEntry::keyString, ZapEntry::longValue));
    }

    @Test
    void anEmptyMapHasNothingToWalkOver() {
      map.forEach(entry -> fail(entry.toString()));
      map.scan(view -> fail(view.keyString()));
      map.scanParallel(view -> fail(view.keyString()));
      assertEquals(0, map.stream().count());
    }

    @Test
    void aViewIsOfNoEntryAfterTheWalk() {
      map.putLong("a", 1);
      List<EntryView> kept = new ArrayList<>();
      map.scan(kept::add);
      assertThrows(NoSuchElementException.class, kept.get(0)::key);
      assertThrows(NoSuchElementException.class, kept.get(0)::longValue);
      assertThrows(NoSuchElementException.class, kept.get(0)::toEntry);
    }

    @Test
    void aViewOfALong() {
      map.putLong("key", -5);
      map.scan(
          view -> {
            byte[] bytes = new byte[5];
            assertEquals(3, view.keyLength());
            assertEquals(3, view.copyKey(bytes, 2));
            assertArrayEquals(new byte[] {0, 0, 'k', 'e', 'y'}, bytes);
            assertThrows(IndexOutOfBoundsException.class, () -> view.copyKey(bytes, 3));
            assertThrows(IndexOutOfBoundsException.class, () -> view.copyKey(bytes, -1));
            assertTrue(view.isLong());
            assertEquals(-5, view.longValue());
            assertThrows(ValueTypeException.class, view::value);
            assertThrows(ValueTypeException.class, view::valueLength);
            assertThrows(ValueTypeException.class, () -> view.copyValue(bytes, 0));
            assertEquals(map.entry(view.key()), view.toEntry());
          });
    }

    @Test
    void aWalkSeesWhatWasChangedOnItsWay() {
      for (int i = 0; i < 500; i++) {
        map.putLong("key " + i, 0);
      }
      int[] seen = {0};
      map.scan(
          view -> {
            assertEquals(seen[0] < 100 ? 0 : 1, view.longValue());
            if (++seen[0] == 100) {
              for (int i = 0; i < 500; i++) {
                map.putLong("key " + i, 1);
              }
            } else if (seen[0] == 200) {
              for (int i = 0; i < 500; i++) {
                map.remove("key " + i);
              }
            }
          });
      assertEquals(200, seen[0]);
    }

    @Test
    void whatTheActionThrowsEndsTheWalk() {
      for (int i = 0; i < 1500; i++) {
        map.putLong("key " + i, i);
      }
      IllegalStateException thrown = new IllegalStateException("enough");
      AtomicInteger seen = new AtomicInteger();
      Consumer<Object> action =
          entry -> {
            if (seen.incrementAndGet() == 100) {
              throw thrown;
            }
          };
      assertSame(thrown, assertThrows(RuntimeException.class, () -> map.forEach(action)));
      assertEquals(100, seen.getAndSet(0));
      assertSame(thrown, assertThrows(RuntimeException.class, () -> map.scan(action)));
      assertEquals(100, seen.getAndSet(0));
      assertSame(thrown, assertThrows(RuntimeException.class, () -> map.scanParallel(action)));
      assertTrue(seen.get() < 1500, "not to the end");
    }

    @Test
    void aStreamMayBeLeft() {
      for (int i = 0; i < 300; i++) {
        map.putLong("key " + i, i);
      }
      assertEquals(3, map.stream().limit(3).count());
      assertTrue(map.stream().anyMatch(entry -> entry.longValue() == 200));
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
      assertThrows(NullPointerException.class, () -> map.scan(null));
      assertThrows(NullPointerException.class, () -> map.scanParallel(null));
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
    void everyFormOfWalkGivesBytesWhole() {
      Map<String, byte[]> expected = new HashMap<>();
      for (int length = 0; length < 130; length++) {
        putRandom(expected, length);
      }
      for (int length : new int[] {1000, 2048, 2049, 5000, 131073}) {
        putRandom(expected, length);
      }
      assertSameValues(expected, walk -> map.forEach(walk));
      assertSameValues(expected, walk -> map.stream().parallel().forEach(walk));
      assertSameValues(expected, walk -> map.scan(view -> walk.accept(view.toEntry())));
      assertSameValues(expected, walk -> map.scanParallel(view -> walk.accept(view.toEntry())));
      map.scan(
          view -> {
            byte[] value = new byte[view.valueLength() + 3];
            assertEquals(view.valueLength(), view.copyValue(value, 2));
            assertEquals(0, value[0] | value[1] | value[value.length - 1]);
            byte[] copy = Arrays.copyOfRange(value, 2, value.length - 1);
            assertArrayEquals(expected.get(view.keyString()), copy);
            assertFalse(view.isLong());
            assertThrows(ValueTypeException.class, view::longValue);
            assertThrows(IndexOutOfBoundsException.class, () -> view.copyValue(value, 4));
          });
    }

    private void putRandom(Map<String, byte[]> expected, int length) {
      byte[] value = new byte[length];
      new java.util.Random(length).nextBytes(value);
      String key = "k".repeat(1 + length % 60) + length;
      map.put(key, value);
      expected.put(key, value);
    }

    private static void assertSameValues(
        Map<String, byte[]> expected, Consumer<Consumer<ZapEntry>> walk) {
      Set<String> seen = ConcurrentHashMap.newKeySet();
      walk.accept(
          entry -> {
            assertTrue(seen.add(entry.keyString()));
            assertArrayEquals(expected.get(entry.keyString()), entry.value());
          });
      assertEquals(expected.keySet(), seen);
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
