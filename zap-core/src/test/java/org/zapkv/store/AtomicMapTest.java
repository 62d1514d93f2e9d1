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
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.error.ClosedException;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.error.ValueTypeException;

/** Operations that look at a key and change it, one after the other. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AtomicMapTest {
  private static final byte[] KEY = {'k'};
  private static final byte[] LONG_KEY = new byte[ZapMap.MAX_KEY_BYTES + 1];
  private static final byte[] LARGE_VALUE = new byte[ZapMap.MAX_VALUE_BYTES + 1];

  private final ZapStore store = ZapStore.builder().cacheBytes(8 << 20).inMemory();
  private final ZapMap map = store.map("m");

  @AfterEach
  void close() {
    assertEquals(List.of(), store.check((done, total) -> {}).problems());
    store.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** More than is in a leaf, told apart by its first byte. */
  private static byte[] large(int first, int length) {
    byte[] value = new byte[length];
    value[0] = (byte) first;
    return value;
  }

  /** Longs, in a map of either form. */
  abstract class Longs {
    abstract boolean isMicro();

    @BeforeEach
    void form() {
      if (!isMicro()) {
        map.put("makes it fat", "x");
        map.remove("makes it fat");
      }
    }

    @AfterEach
    void sameForm() {
      assertEquals(isMicro(), map.isMicro());
    }

    @Test
    void putLongIfAbsent() {
      assertEquals(OptionalLong.empty(), map.putLongIfAbsent(KEY, 1));
      assertEquals(OptionalLong.of(1), map.putLongIfAbsent("k", 2));
      assertEquals(1, map.getLong(KEY, -1));
    }

    @Test
    void replaceLong() {
      assertFalse(map.replaceLong(KEY, 1));
      assertFalse(map.containsKey(KEY));
      map.putLong(KEY, 1);
      assertTrue(map.replaceLong("k", 2));
      assertFalse(map.replaceLong(KEY, 1, 3));
      assertEquals(2, map.getLong(KEY, -1));
      assertTrue(map.replaceLong("k", 2, 3));
      assertEquals(3, map.getLong(KEY, -1));
    }

    @Test
    void removeLong() {
      assertFalse(map.removeLong(KEY, 1));
      map.putLong(KEY, 1);
      assertFalse(map.removeLong("k", 2));
      assertTrue(map.containsKey(KEY));
      assertTrue(map.removeLong(KEY, 1));
      assertFalse(map.containsKey(KEY));
    }

    @Test
    void getAndPutAndRemove() {
      assertEquals(OptionalLong.empty(), map.getAndPutLong(KEY, 1));
      assertEquals(OptionalLong.of(1), map.getAndPutLong("k", 2));
      assertEquals(OptionalLong.of(2), map.getAndRemoveLong("k"));
      assertEquals(OptionalLong.empty(), map.getAndRemoveLong(KEY));
    }

    @Test
    void mergeLong() {
      assertEquals(5, map.mergeLong(KEY, 5, Math::max));
      assertEquals(7, map.mergeLong("k", 7, Math::max));
      assertEquals(7, map.mergeLong(KEY, 6, Math::max));
      assertEquals(7, map.getLong(KEY, -1));
    }

    @Test
    void increment() {
      assertEquals(5, map.increment(KEY, 5));
      assertEquals(3, map.increment("k", -2));
      assertEquals(3, map.increment(KEY, 0));
      assertEquals(0, map.increment(KEY, -3));
      assertEquals(0, map.getLong(KEY, -1), "one that comes to 0 stays");
      assertEquals(0, map.increment("new", 0));
      assertTrue(map.containsKey("new"));
    }

    @Test
    void anIncrementBeyondALongChangesNothing() {
      map.putLong(KEY, Long.MAX_VALUE - 1);
      assertEquals(Long.MAX_VALUE, map.increment(KEY, 1));
      ArithmeticException over =
          assertThrows(ArithmeticException.class, () -> map.increment(KEY, 1));
      assertTrue(over.getMessage().contains("\"k\" has 9223372036854775807"), over.getMessage());
      assertEquals(Long.MAX_VALUE, map.getLong(KEY, -1));
      map.putLong(KEY, Long.MIN_VALUE);
      assertThrows(ArithmeticException.class, () -> map.increment("k", -1));
      assertEquals(Long.MIN_VALUE, map.getLong(KEY, -1));
      assertEquals(-1, map.increment(KEY, Long.MAX_VALUE));
    }
  }

  @Nested
  class LongsOfAMicroMap extends Longs {
    @Override
    boolean isMicro() {
      return true;
    }

    @Test
    void bytesAreNeverALong() {
      map.putLong(KEY, 1);
      byte[] sameBytes = {0, 0, 0, 0, 0, 0, 0, 1};
      assertFalse(map.replace(KEY, sameBytes, bytes("x")));
      assertFalse(map.remove(KEY, sameBytes));
      assertThrows(ValueTypeException.class, () -> map.putIfAbsent(KEY, bytes("x")));
      assertThrows(ValueTypeException.class, () -> map.getAndPut(KEY, bytes("x")));
      assertThrows(ValueTypeException.class, () -> map.getAndRemove(KEY));
      assertThrows(ValueTypeException.class, () -> map.compute(KEY, (k, v) -> bytes("x")));
      assertThrows(ValueTypeException.class, () -> map.computeIfAbsent(KEY, k -> bytes("x")));
      assertThrows(ValueTypeException.class, () -> map.computeIfPresent(KEY, (k, v) -> null));
      assertThrows(ValueTypeException.class, () -> map.merge(KEY, bytes("x"), (a, b) -> b));
      assertEquals(1, map.getLong(KEY, -1));
    }
  }

  @Nested
  class LongsOfAFatMap extends Longs {
    @Override
    boolean isMicro() {
      return false;
    }

    @Test
    void aLongIsNeverBytes() {
      byte[] value = {0, 0, 0, 0, 0, 0, 0, 1};
      map.put(KEY, value);
      assertFalse(map.replaceLong(KEY, 1, 2));
      assertFalse(map.removeLong(KEY, 1));
      assertThrows(ValueTypeException.class, () -> map.putLongIfAbsent(KEY, 2));
      assertThrows(ValueTypeException.class, () -> map.getAndPutLong(KEY, 2));
      assertThrows(ValueTypeException.class, () -> map.getAndRemoveLong(KEY));
      assertThrows(ValueTypeException.class, () -> map.mergeLong(KEY, 2, Long::sum));
      assertThrows(ValueTypeException.class, () -> map.increment(KEY, 2));
      assertArrayEquals(value, map.get(KEY));
      assertTrue(map.replaceLong(KEY, 2), "replace asks for no form");
      assertTrue(map.replace(KEY, value), "replace asks for no form");
    }
  }

  @Test
  void putIfAbsent() {
    assertNull(map.putIfAbsent(KEY, bytes("a")));
    assertArrayEquals(bytes("a"), map.putIfAbsent("k", bytes("b")));
    assertEquals("a", map.putIfAbsent("k", "c"));
    assertNull(map.putIfAbsent("new", "d"));
    assertEquals("a", map.getString("k"));
    assertEquals("d", map.getString("new"));
  }

  @Test
  void replace() {
    assertFalse(map.replace(KEY, bytes("a")));
    assertFalse(map.replace("k", "b", "c"));
    assertNull(map.get(KEY));
    map.put("k", "a");
    assertTrue(map.replace("k", "b"));
    assertTrue(map.replace("k", bytes("c")));
    assertFalse(map.replace(KEY, bytes("b"), bytes("d")));
    assertEquals("c", map.getString("k"));
    assertTrue(map.replace("k", bytes("c"), bytes("d")));
    assertTrue(map.replace("k", "d", "e"));
    assertEquals("e", map.getString("k"));
  }

  @Test
  void removeWhatIsExpected() {
    assertFalse(map.remove(KEY, bytes("a")));
    map.put("k", "a");
    assertFalse(map.remove("k", "b"));
    assertFalse(map.remove("k", bytes("aa")));
    assertTrue(map.remove("k", bytes("a")));
    map.put("k", "");
    assertTrue(map.remove("k", ""));
    assertEquals(0, map.size());
  }

  @Test
  void getAndPutAndRemove() {
    assertNull(map.getAndPut("k", "a"));
    assertEquals("a", map.getAndPut("k", "b"));
    assertArrayEquals(bytes("b"), map.getAndPut("k", bytes("c")));
    assertArrayEquals(bytes("c"), map.getAndRemove(KEY));
    assertNull(map.getAndRemove("k"));
    assertNull(map.getAndRemove(KEY));
  }

  @Test
  void compute() {
    assertNull(map.compute("k", (k, v) -> null));
    assertEquals("k:null", map.compute("k", (k, v) -> k + ":" + v));
    assertEquals("k:k:null", map.compute("k", (k, v) -> k + ":" + v));
    assertArrayEquals(
        bytes("new"),
        map.compute(
            KEY,
            (k, v) -> {
              assertSame(KEY, k);
              Arrays.fill(Objects.requireNonNull(v), (byte) 'x');
              return bytes("new");
            }));
    assertEquals("new", map.getString("k"));
    assertNull(map.compute("k", (k, v) -> null));
    assertFalse(map.containsKey("k"));
  }

  @Test
  void computeIfPresentAndAbsent() {
    assertNull(map.computeIfPresent("k", (k, v) -> "x"));
    assertNull(map.computeIfAbsent("k", k -> null));
    assertEquals(0, map.size());
    assertEquals("k!", map.computeIfAbsent("k", k -> k + "!"));
    assertEquals("k!", map.computeIfAbsent("k", k -> "other"));
    assertArrayEquals(bytes("k!"), map.computeIfAbsent(KEY, k -> bytes("other")));
    assertEquals("k!?", map.computeIfPresent("k", (k, v) -> v + "?"));
    assertNull(map.computeIfPresent(KEY, (k, v) -> null));
    assertEquals(0, map.size());
  }

  @Test
  void merge() {
    assertEquals("a", map.merge("k", "a", String::concat));
    assertEquals("ab", map.merge("k", "b", String::concat));
    assertArrayEquals(bytes("c"), map.merge(KEY, bytes("c"), (old, given) -> given));
    assertNull(map.merge("k", "x", (old, given) -> null));
    assertEquals(0, map.size());
  }

  @Test
  void valuesThatAreObjectsOfTheirOwn() {
    byte[] first = large(1, 300_000);
    byte[] second = large(2, 300_000);
    assertNull(map.putIfAbsent(KEY, first));
    assertArrayEquals(first, map.putIfAbsent(KEY, second));
    assertFalse(map.replace(KEY, second, first));
    assertTrue(map.replace(KEY, first, second));
    assertArrayEquals(second, map.getAndPut(KEY, large(3, 5000)));
    assertFalse(map.remove(KEY, large(4, 5000)));
    assertArrayEquals(large(3, 5000), map.computeIfAbsent(KEY, k -> first));
    assertArrayEquals(large(3, 5000), map.getAndRemove(KEY));
    assertEquals(0, store.check((done, total) -> {}).leakedBytes());
  }

  @Test
  void aFunctionIsCalledOnceHoweverMuchItReturns() {
    AtomicInteger calls = new AtomicInteger();
    for (int length : new int[] {10, 2048, 2049, 1_000_000, 20_000_000, 5}) {
      calls.set(0);
      byte[] given = large(length, length);
      map.compute(
          KEY,
          (k, v) -> {
            calls.incrementAndGet();
            if (v != null) {
              Arrays.fill(v, (byte) 77);
            }
            return given;
          });
      assertEquals(1, calls.get(), "length=" + length);
      assertArrayEquals(given, map.get(KEY));
    }
    map.remove(KEY);
    assertEquals(0, store.check((done, total) -> {}).leakedBytes());
  }

  @Test
  void aFunctionThatThrowsChangesNothing() {
    map.put("k", "a");
    map.putLong("long", 1);
    RuntimeException thrown = new UnsupportedOperationException("of the test");
    AssertionError error = new AssertionError("of the test");
    assertSame(
        thrown,
        assertThrows(
            RuntimeException.class,
            () ->
                map.compute(
                    "k",
                    (k, v) -> {
                      throw thrown;
                    })));
    assertSame(
        thrown,
        assertThrows(
            RuntimeException.class,
            () ->
                map.computeIfPresent(
                    "k",
                    (k, v) -> {
                      throw thrown;
                    })));
    assertSame(
        thrown,
        assertThrows(
            RuntimeException.class,
            () ->
                map.computeIfAbsent(
                    "new",
                    k -> {
                      throw thrown;
                    })));
    assertSame(
        thrown,
        assertThrows(
            RuntimeException.class,
            () ->
                map.merge(
                    "k",
                    "b",
                    (a, b) -> {
                      throw thrown;
                    })));
    assertSame(
        error,
        assertThrows(
            AssertionError.class,
            () ->
                map.mergeLong(
                    "long",
                    2,
                    (a, b) -> {
                      throw error;
                    })));
    assertThrows(ValueTooLargeException.class, () -> map.compute(KEY, (k, v) -> LARGE_VALUE));
    assertThrows(IllegalArgumentException.class, () -> map.compute("k", (k, v) -> "\ud800"));
    assertEquals("a", map.getString("k"));
    assertEquals(1, map.getLong("long").getAsLong());
    assertEquals(2, map.size());
    assertEquals("ab", map.merge("k", "b", String::concat), "the store goes on");
  }

  @Test
  void badArgumentsAreRefused() {
    map.put("k", "a");
    assertThrows(NullPointerException.class, () -> map.putIfAbsent(KEY, null));
    assertThrows(NullPointerException.class, () -> map.putIfAbsent((byte[]) null, KEY));
    assertThrows(NullPointerException.class, () -> map.replace(KEY, null));
    assertThrows(NullPointerException.class, () -> map.replace(KEY, null, KEY));
    assertThrows(NullPointerException.class, () -> map.replace(KEY, KEY, null));
    assertThrows(NullPointerException.class, () -> map.remove(KEY, null));
    assertThrows(NullPointerException.class, () -> map.getAndPut(KEY, null));
    assertThrows(NullPointerException.class, () -> map.getAndRemove((byte[]) null));
    assertThrows(NullPointerException.class, () -> map.compute(KEY, null));
    assertThrows(NullPointerException.class, () -> map.compute("k", null));
    assertThrows(NullPointerException.class, () -> map.computeIfPresent("k", null));
    assertThrows(NullPointerException.class, () -> map.computeIfAbsent("new", null));
    assertThrows(NullPointerException.class, () -> map.computeIfAbsent(KEY, null));
    assertThrows(NullPointerException.class, () -> map.merge(KEY, KEY, null));
    assertThrows(NullPointerException.class, () -> map.merge("k", null, String::concat));
    assertThrows(NullPointerException.class, () -> map.mergeLong("new", 1, null));
    assertThrows(KeyTooLongException.class, () -> map.putIfAbsent(LONG_KEY, KEY));
    assertThrows(KeyTooLongException.class, () -> map.increment(LONG_KEY, 1));
    assertThrows(KeyTooLongException.class, () -> map.compute(LONG_KEY, (k, v) -> v));
    assertThrows(KeyTooLongException.class, () -> map.getAndRemove(LONG_KEY));
    assertThrows(ValueTooLargeException.class, () -> map.putIfAbsent(KEY, LARGE_VALUE));
    assertThrows(ValueTooLargeException.class, () -> map.replace(KEY, LARGE_VALUE));
    assertThrows(ValueTooLargeException.class, () -> map.replace(KEY, KEY, LARGE_VALUE));
    assertThrows(ValueTooLargeException.class, () -> map.getAndPut(KEY, LARGE_VALUE));
    assertThrows(ValueTooLargeException.class, () -> map.merge(KEY, LARGE_VALUE, (a, b) -> a));
    assertEquals("a", map.getString("k"));
    assertEquals(1, map.size());
  }

  @Test
  void aFunctionMayReadButNotChange() {
    map.put("k", "a");
    map.put("other", "b");
    store.map("open").put("c", "d");
    Batch batch = store.batch().put(map, "other", "c");
    List<Runnable> refused =
        List.of(
            () -> map.put("other", "x"),
            () -> map.remove("k"),
            () -> map.putIfAbsent("k", "x"),
            () -> map.increment("long", 1),
            () -> map.compute("other", (k, v) -> v),
            () -> batch.commit(),
            () -> store.batch().commit(Durability.NONE),
            () -> store.map("new"),
            () -> store.existingMap("new"),
            () -> store.sync(),
            () -> store.awaitDurable(0),
            () -> store.check((done, total) -> {}),
            () -> store.compact((done, total) -> {}),
            () -> store.scrub(0, (done, total) -> {}),
            store::close);
    for (int i = 0; i < refused.size(); i++) {
      Runnable call = refused.get(i);
      String number = "call " + i;
      map.compute(
          "k",
          (k, v) -> {
            assertThrows(IllegalStateException.class, call::run, number);
            return v;
          });
    }
    String read =
        map.compute(
            "k",
            (k, v) -> {
              assertEquals("a", map.getString("k"), "as it was before");
              assertEquals(2, map.size());
              assertEquals(2, map.stream().count());
              assertEquals(List.of("m", "open"), store.mapNames());
              return map.getString("other") + store.map("open").getString("c");
            });
    assertEquals("bd", read);
    assertEquals("bd", map.getString("k"));
    assertEquals(2, map.size());
    assertEquals(1, batch.size());
    batch.commit();
    map.put("other", "allowed again");
  }

  @Test
  void afterCloseEachIsRefused() {
    ZapStore other = ZapStore.inMemory();
    ZapMap closed = other.map("m");
    other.close();
    for (Runnable call :
        List.<Runnable>of(
            () -> closed.putIfAbsent("k", "a"),
            () -> closed.replace("k", "a"),
            () -> closed.replace("k", "a", "b"),
            () -> closed.remove("k", "a"),
            () -> closed.getAndPut("k", "a"),
            () -> closed.getAndRemove("k"),
            () -> closed.compute("k", (k, v) -> v),
            () -> closed.merge("k", "a", String::concat),
            () -> closed.increment("k", 1))) {
      assertThrows(ClosedException.class, call::run);
    }
  }

  @Test
  void likeAHashMap() {
    long seed = Seeds.next();
    Random random = new Random(seed);
    Map<String, String> model = new HashMap<>();
    for (int step = 0; step < 20_000; step++) {
      String key = "key " + random.nextInt(300);
      String value = "v".repeat(random.nextInt(50) == 0 ? 3000 : 1) + random.nextInt(4);
      String expected = model.getOrDefault(key, "none");
      String other = random.nextBoolean() ? expected : "v" + random.nextInt(4);
      boolean removes = random.nextBoolean();
      String message = "-Dzap.seed=" + seed + " step=" + step;
      switch (random.nextInt(10)) {
        case 0 -> assertEquals(model.putIfAbsent(key, value), map.putIfAbsent(key, value), message);
        case 1 -> assertEquals(model.replace(key, value) != null, map.replace(key, value), message);
        case 2 ->
            assertEquals(model.replace(key, other, value), map.replace(key, other, value), message);
        case 3 -> assertEquals(model.remove(key, other), map.remove(key, other), message);
        case 4 -> assertEquals(model.put(key, value), map.getAndPut(key, value), message);
        case 5 -> assertEquals(model.remove(key), map.getAndRemove(key), message);
        case 6 ->
            assertEquals(
                model.compute(key, (k, v) -> removes ? null : v + value),
                map.compute(key, (k, v) -> removes ? null : v + value),
                message);
        case 7 ->
            assertEquals(
                model.computeIfPresent(key, (k, v) -> removes ? null : value),
                map.computeIfPresent(key, (k, v) -> removes ? null : value),
                message);
        case 8 ->
            assertEquals(
                model.computeIfAbsent(key, k -> removes ? null : value),
                map.computeIfAbsent(key, k -> removes ? null : value),
                message);
        default ->
            assertEquals(
                model.merge(key, value, (a, b) -> removes ? null : b),
                map.merge(key, value, (a, b) -> removes ? null : b),
                message);
      }
      assertEquals(model.get(key), map.getString(key), message);
    }
    Map<String, String> content = new HashMap<>();
    map.forEach(entry -> content.put(entry.keyString(), entry.valueString()));
    assertEquals(model, content, "-Dzap.seed=" + seed);
  }
}
