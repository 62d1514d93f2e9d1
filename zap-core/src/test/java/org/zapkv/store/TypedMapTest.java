// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.error.CodecException;
import org.zapkv.error.ValueTypeException;

/** Maps whose keys and values are objects, good codecs and bad ones. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TypedMapTest {

  private record Point(int x, int y) {
    static Point of(byte[] bytes) {
      String[] parts = new String(bytes, StandardCharsets.UTF_8).split(",", -1);
      return new Point(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }

    byte[] bytes() {
      return (x + "," + y).getBytes(StandardCharsets.UTF_8);
    }
  }

  private static final Codec<Point> POINTS = Codec.of(Point::bytes, Point::of);

  private final ZapStore store = ZapStore.builder().cacheBytes(8 << 20).inMemory();

  @AfterEach
  void close() {
    assertEquals(List.of(), store.check((done, total) -> {}).problems());
    store.close();
  }

  private TypedMap<String, Point> points() {
    return store.map("points", Codec.utf8(), POINTS);
  }

  @Test
  void everyOperation() {
    TypedMap<String, Point> map = points();
    Point a = new Point(1, 2);
    Point b = new Point(3, 4);
    assertNull(map.get("k"));
    assertFalse(map.replace("k", a));
    assertNull(map.getAndRemove("k"));
    assertNull(map.computeIfPresent("k", (k, v) -> v));
    assertNull(map.compute("k", (k, v) -> v));
    map.put("k", a);
    assertEquals(a, map.get("k"));
    assertTrue(map.containsKey("k"));
    assertEquals("1,2", store.map("points").getString("k"));
    assertEquals(a, map.putIfAbsent("k", b));
    assertNull(map.putIfAbsent("new", b));
    assertEquals(2, map.size());
    assertFalse(map.replace("k", b, a));
    assertTrue(map.replace("k", new Point(1, 2), b));
    assertTrue(map.replace("k", a));
    assertEquals(a, map.getAndPut("k", b));
    assertFalse(map.remove("k", a));
    assertTrue(map.remove("k", b));
    assertFalse(map.remove("k"));
    assertTrue(map.remove("new"));
    assertEquals(a, map.computeIfAbsent("k", k -> a));
    assertEquals(a, map.computeIfAbsent("k", k -> b));
    assertEquals(b, map.computeIfPresent("k", (k, v) -> new Point(v.x() + 2, v.y() + 2)));
    assertEquals(
        new Point(4, 6), map.merge("k", a, (x, y) -> new Point(x.x() + y.x(), x.y() + y.y())));
    assertEquals(a, map.merge("other", a, (x, y) -> b));
    Map<String, Point> seen = new HashMap<>();
    map.forEach(seen::put);
    assertEquals(Map.of("k", new Point(4, 6), "other", a), seen);
    assertNull(map.compute("k", (k, v) -> null));
    assertEquals(a, map.getAndRemove("other"));
    assertEquals(0, map.size());
    assertEquals("TypedMap[ZapMap[points of " + store.name() + "]]", map.toString());
    assertSame(Durability.NONE, map.withDurability(Durability.NONE).map().durability());
  }

  @Test
  void theCodecsThatComeWithIt() {
    TypedMap<UUID, Long> counters = store.map("counters", Codec.uuids(), Codec.longs());
    UUID id = new UUID(-2, 3);
    counters.put(id, 7L);
    assertEquals(7L, counters.get(id));
    assertEquals(8L, counters.merge(id, 1L, Long::sum));
    byte[] key = {-1, -1, -1, -1, -1, -1, -1, -2, 0, 0, 0, 0, 0, 0, 0, 3};
    assertEquals(8, store.map("counters").getLong(key, -1), "a long of the store");
    assertEquals(9, store.map("counters").increment(key, 1));
    counters.forEach((k, v) -> assertEquals(id + "=9", k + "=" + v));
    TypedMap<Long, byte[]> blobs = store.map("blobs", Codec.longs(), Codec.bytes());
    for (long number : new long[] {0, -1, Long.MIN_VALUE, 0x0102030405060708L}) {
      blobs.put(number, new byte[] {(byte) number});
      assertArrayEquals(new byte[] {(byte) number}, blobs.get(number));
    }
    assertArrayEquals(new byte[] {8}, store.map("blobs").get(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}));
    List<Long> keys = new ArrayList<>();
    blobs.forEach((k, v) -> keys.add(k));
    keys.sort(null);
    assertEquals(List.of(Long.MIN_VALUE, -1L, 0L, 0x0102030405060708L), keys);
    store.map("texts").put(new byte[] {(byte) 0xC0}, new byte[] {1});
    TypedMap<String, String> texts = store.map("texts", Codec.utf8(), Codec.utf8());
    assertThrows(CodecException.class, () -> texts.forEach((k, v) -> {}));
    assertThrows(CodecException.class, () -> texts.put("\ud800", "x"));
    assertThrows(
        CodecException.class,
        () -> store.map("texts", Codec.uuids(), Codec.utf8()).forEach((k, v) -> {}));
    assertThrows(
        ValueTypeException.class, () -> store.map("counters", Codec.uuids(), Codec.utf8()).get(id));
    assertThrows(
        ValueTypeException.class,
        () -> store.map("texts", Codec.bytes(), Codec.longs()).get(new byte[] {(byte) 0xC0}));
  }

  /** Every operation that encodes what it puts, or decodes what is there. */
  private static List<Consumer<TypedMap<String, String>>> operations() {
    return List.of(
        map -> map.put("k", "v"),
        map -> map.putIfAbsent("k", "v"),
        map -> map.putIfAbsent("new", "v"),
        map -> map.replace("k", "v"),
        map -> map.replace("k", "old", "v"),
        map -> map.getAndPut("k", "v"),
        map -> map.compute("k", (k, v) -> "v"),
        map -> map.compute("new", (k, v) -> "v"),
        map -> map.computeIfAbsent("new", k -> "v"),
        map -> map.computeIfPresent("k", (k, v) -> "v"),
        map -> map.merge("k", "v", (a, b) -> "v"),
        map -> map.asConcurrentMap().put("k", "v"),
        map -> map.asConcurrentMap().replace("k", "v"),
        map -> map.asConcurrentMap().entrySet().iterator().next().setValue("v"));
  }

  private static List<Consumer<TypedMap<String, String>>> decodingOperations() {
    return List.of(
        map -> map.get("k"),
        map -> map.remove("k", "old"),
        map -> map.getAndRemove("k"),
        map -> map.getAndPut("k", "v"),
        map -> map.putIfAbsent("k", "v"),
        map -> map.replace("k", "old", "v"),
        map -> map.compute("k", (k, v) -> "v"),
        map -> map.computeIfAbsent("k", k -> "v"),
        map -> map.computeIfPresent("k", (k, v) -> null),
        map -> map.merge("k", "v", (a, b) -> null),
        map -> map.forEach((k, v) -> {}),
        map -> map.asConcurrentMap().remove("k"),
        map -> map.asConcurrentMap().entrySet().iterator().next());
  }

  private static byte[] fail(Object object) {
    throw new UnsupportedOperationException("of the test");
  }

  private void assertRefused(
      Codec<String> keys,
      Codec<String> values,
      List<Consumer<TypedMap<String, String>>> calls,
      String... said) {
    ZapMap plain = store.map("m");
    plain.put("k", "old");
    TypedMap<String, String> map = store.map("m", keys, values);
    for (int i = 0; i < calls.size(); i++) {
      Consumer<TypedMap<String, String>> call = calls.get(i);
      CodecException e =
          assertThrows(CodecException.class, () -> call.accept(map), "operation " + i);
      for (String part : said) {
        assertTrue(e.getMessage().contains(part), e.getMessage());
      }
      assertEquals("old", plain.getString("k"), "operation " + i);
      assertEquals(1, plain.size(), "operation " + i);
    }
  }

  @Test
  void aValueCodecThatCannotEncodeChangesNothing() {
    Codec<String> utf8 = Codec.utf8();
    String what = "the value codec of map \"m\": encode";
    assertRefused(
        utf8, Codec.of(TypedMapTest::fail, utf8::decode), operations(), what, "of the test");
    assertRefused(utf8, Codec.of(v -> null, utf8::decode), operations(), what, "null");
    byte[] large = new byte[ZapMap.MAX_VALUE_BYTES + 1];
    assertRefused(
        utf8, Codec.of(v -> large, utf8::decode), operations(), what, "67108865", "67108864");
  }

  @Test
  void aValueCodecThatCannotDecodeChangesNothing() {
    Codec<String> utf8 = Codec.utf8();
    String what = "the value codec of map \"m\": decode";
    assertRefused(
        utf8,
        Codec.of(utf8::encode, v -> new String(fail(v), StandardCharsets.UTF_8)),
        decodingOperations(),
        what,
        "of the test");
    assertRefused(utf8, Codec.of(utf8::encode, v -> null), decodingOperations(), what, "null");
  }

  @Test
  void aKeyCodecThatFailsChangesNothing() {
    Codec<String> utf8 = Codec.utf8();
    List<Consumer<TypedMap<String, String>>> all = new ArrayList<>(operations());
    // Of an iterator's entry it is the key that cannot be decoded.
    all.remove(all.size() - 1);
    all.addAll(List.of(map -> map.get("k"), map -> map.remove("k"), map -> map.containsKey("k")));
    String what = "the key codec of map \"m\": encode";
    assertRefused(Codec.of(TypedMapTest::fail, utf8::decode), utf8, all, what, "of the test");
    assertRefused(Codec.of(k -> null, utf8::decode), utf8, all, what, "null");
    byte[] large = new byte[ZapMap.MAX_KEY_BYTES + 1];
    assertRefused(Codec.of(k -> large, utf8::decode), utf8, all, what, "1024 bytes", "1023");
    assertRefused(
        Codec.of(utf8::encode, k -> null),
        utf8,
        List.of(
            map -> map.forEach((k, v) -> {}),
            map -> map.asConcurrentMap().keySet().iterator().next()),
        "the key codec of map \"m\": decode",
        "null");
  }

  /** Arrays that a codec keeps and changes, or that it is given and changes, are not the map's. */
  @Test
  void aCodecThatUsesItsArraysAgainDamagesNothing() {
    byte[] shared = new byte[1];
    Codec<Byte> keys =
        new Codec<>() {
          @Override
          public byte[] encode(Byte key) {
            shared[0] = key;
            return shared;
          }

          @Override
          public Byte decode(byte[] bytes) {
            byte key = bytes[0];
            Arrays.fill(bytes, (byte) 99);
            return key;
          }
        };
    TypedMap<Byte, Byte> map = store.map("shared", keys, keys);
    for (byte i = 0; i < 50; i++) {
      map.put(i, i);
    }
    map.compute((byte) 3, (k, v) -> (byte) (Objects.requireNonNull(v) + 1));
    Iterator<Byte> iterator = map.asConcurrentMap().keySet().iterator();
    int removed = 0;
    while (iterator.hasNext()) {
      if (iterator.next() % 2 == 0) {
        iterator.remove();
        removed++;
      }
    }
    assertEquals(25, removed);
    assertEquals(25, map.size());
    assertEquals((byte) 4, map.get((byte) 3));
  }

  @Test
  void aCodecMayNotUseTheStoreWhileAKeyIsLocked() {
    Codec<String> codec =
        Codec.of(
            text -> text.getBytes(StandardCharsets.UTF_8),
            bytes -> {
              store.map("m").put("other", "x");
              return "";
            });
    store.map("m").put("k", "old");
    TypedMap<String, String> map = store.map("m", Codec.utf8(), codec);
    CodecException e = assertThrows(CodecException.class, () -> map.getAndRemove("k"));
    assertEquals(IllegalStateException.class, Objects.requireNonNull(e.getCause()).getClass());
    assertEquals("old", store.map("m").getString("k"));
  }

  @Test
  void nullsAreRefused() {
    TypedMap<String, Point> map = points();
    Point a = new Point(1, 2);
    assertThrows(NullPointerException.class, () -> store.map("m", null, POINTS));
    assertThrows(NullPointerException.class, () -> store.map("m", Codec.utf8(), null));
    assertThrows(NullPointerException.class, () -> store.map(null, Codec.utf8(), POINTS));
    assertThrows(NullPointerException.class, () -> Codec.of(null, POINTS::decode));
    assertThrows(NullPointerException.class, () -> Codec.of(POINTS::encode, null));
    assertThrows(NullPointerException.class, () -> map.put(null, a));
    assertThrows(NullPointerException.class, () -> map.put("k", null));
    assertThrows(NullPointerException.class, () -> map.get(null));
    assertThrows(NullPointerException.class, () -> map.replace("k", null, a));
    assertThrows(NullPointerException.class, () -> map.remove("k", null));
    assertThrows(NullPointerException.class, () -> map.compute("k", null));
    assertThrows(NullPointerException.class, () -> map.merge("k", null, (x, y) -> x));
    assertThrows(NullPointerException.class, () -> map.forEach(null));
    assertThrows(NullPointerException.class, () -> map.withDurability(null));
    assertEquals(0, map.size());
  }

  @Test
  @SuppressWarnings("CollectionIncompatibleType") // that is what is tried
  void theViewAsksOnlyForWhatCanBeAKey() {
    ConcurrentMap<String, Point> view = points().asConcurrentMap();
    view.put("k", new Point(1, 2));
    assertFalse(view.containsKey(5));
    assertNull(view.get(5));
    assertNull(view.remove(5));
    assertFalse(view.remove(5, new Point(1, 2)));
    assertFalse(view.remove("k", "of another class"));
    assertFalse(view.keySet().remove(5));
    assertFalse(view.entrySet().contains(Map.entry(5, 5)));
    assertTrue(view.entrySet().contains(Map.entry("k", new Point(1, 2))));
    assertEquals(Map.of("k", new Point(1, 2)), view);
  }

  @Test
  void anIteratorGoesOnBesideChanges() {
    ConcurrentMap<Long, Long> view =
        store.map("longs", Codec.longs(), Codec.longs()).asConcurrentMap();
    for (long i = 0; i < 3000; i++) {
      view.put(i, i);
    }
    int seen = 0;
    for (Map.Entry<Long, Long> entry : view.entrySet()) {
      if (entry.getKey() < 3000) {
        seen++;
        entry.setValue(entry.getKey() + 1);
        view.put(entry.getKey() + 3000, 0L);
      }
      view.remove(entry.getKey() + 3000);
    }
    assertEquals(3000, seen);
    assertEquals(3000, view.size());
    view.forEach((k, v) -> assertEquals(k + 1, v));
    view.replaceAll((k, v) -> k);
    view.values().removeIf(v -> v >= 10);
    assertEquals(10, view.size());
    view.clear();
    assertTrue(view.isEmpty());
    Iterator<Long> none = view.keySet().iterator();
    assertThrows(IllegalStateException.class, none::remove);
    assertThrows(NoSuchElementException.class, none::next);
  }
}
