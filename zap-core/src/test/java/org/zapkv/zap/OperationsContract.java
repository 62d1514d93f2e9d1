// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.zapkv.error.ClosedException;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.error.ValueTypeException;
import org.zapkv.object.ImageObject;
import org.zapkv.pool.Transaction;

/** The operations beside add, put, get and remove, on every map, micro or fat. */
abstract class OperationsContract {
  private static final byte[] A = TestMap.key("a");
  private static final byte[] LONG_KEY = new byte[1024];

  private final TestMap map = create();

  /** A map of the kind under test, empty. */
  abstract TestMap create();

  abstract boolean isMicro();

  @AfterEach
  void staysWhatItIs() {
    assertEquals(isMicro(), map.zap().isMicro());
    map.close();
  }

  /** Runs a change in a transaction. */
  private static <T extends @Nullable Object> T change(
      TestMap in, BiFunction<Zap, Transaction, T> operation) {
    try (Transaction tx = in.object().begin()) {
      return operation.apply(in.zap(), tx);
    }
  }

  private boolean replace(@Nullable ZapValue expected, @Nullable ZapValue next) {
    return change(map, (zap, tx) -> zap.replace(A, expected, next, tx));
  }

  private long increment(long delta) {
    return change(map, (zap, tx) -> zap.increment(A, delta, tx));
  }

  private static ZapValue value(long value) {
    return ZapValue.ofLong(value);
  }

  @Test
  void looksUpWhateverTheMatchWhereNothingIsNormalised() {
    map.put(A, value(5));
    for (MatchType match : MatchType.values()) {
      assertEquals(new ZapMatch(A, value(5), false), map.zap().lookup(A, match));
      assertNull(map.zap().lookup(TestMap.key("A"), match));
    }
    assertThrows(KeyTooLongException.class, () -> map.zap().lookup(LONG_KEY, MatchType.NORMALIZED));
  }

  @Test
  void removesWithAMatch() {
    map.put(A, value(5));
    assertNull(change(map, (zap, tx) -> zap.remove(TestMap.key("A"), MatchType.NORMALIZED, tx)));
    assertEquals(
        new ZapMatch(A, value(5), false),
        change(map, (zap, tx) -> zap.remove(A, MatchType.MATCH_CASE, tx)));
    assertEquals(0, map.zap().count());
  }

  @Test
  void readsIntoABuffer() {
    map.put(A, value(-2));
    ByteBuffer buffer = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(1, map.zap().read(A, 8, buffer));
    assertEquals(-2, buffer.getLong(0));
    assertEquals(8, buffer.position());
    assertEquals(-1, map.zap().read(TestMap.key("b"), 8, buffer));
    assertEquals(8, buffer.position());
    assertThrows(ValueTypeException.class, () -> map.zap().read(A, 4, buffer));
    assertThrows(IllegalArgumentException.class, () -> map.zap().read(A, 3, buffer));
    assertThrows(IllegalArgumentException.class, () -> map.zap().read(TestMap.key("b"), 3, buffer));
    assertEquals(8, buffer.position());
    assertEquals(1, map.zap().read(A, 8, ByteBuffer.allocate(7)));
  }

  @Test
  void tellsLengths() {
    map.put(A, value(7));
    assertEquals(new ZapLength(8, 1), map.zap().length(A));
    assertNull(map.zap().length(TestMap.key("b")));
    assertThrows(KeyTooLongException.class, () -> map.zap().length(LONG_KEY));
  }

  @Test
  void replacesWhatIsExpected() {
    assertTrue(replace(null, null));
    assertFalse(replace(value(1), value(2)));
    assertFalse(replace(value(1), null));
    assertTrue(replace(null, value(1)));
    assertFalse(replace(null, value(3)));
    assertFalse(replace(null, null));
    assertFalse(replace(value(2), value(3)));
    assertEquals(value(1), map.get(A));
    assertTrue(replace(value(1), value(2)));
    assertEquals(value(2), map.get(A));
    assertFalse(replace(value(1), null));
    assertTrue(replace(value(2), null));
    assertNull(map.get(A));
    assertEquals(0, map.zap().count());
  }

  @Test
  void replacesOnlyTheSameIntegerSize() {
    map.put(A, value(1));
    assertFalse(replace(ZapValue.ofBytes(value(1).bytes()), value(2)));
    assertEquals(value(1), map.get(A));
  }

  @Test
  void changesNothingWhenNotAsExpected() {
    map.putAll(0, 7);
    byte[] before = map.image();
    assertFalse(replace(value(1), value(2)));
    assertFalse(replace(value(1), ZapValue.ofBytes(new byte[100])));
    assertArrayEquals(before, map.image());
  }

  @Test
  void increments() {
    assertEquals(0, increment(0));
    assertEquals(0, map.zap().count());
    assertEquals(5, increment(5));
    assertEquals(5, increment(0));
    assertEquals(-2, increment(-7));
    assertEquals(value(-2), map.get(A));
    assertEquals(1, map.zap().count());
    assertEquals(0, increment(2));
    assertEquals(0, map.zap().count());
    map.put(A, value(0));
    assertEquals(0, increment(0));
    assertEquals(1, map.zap().count());
    assertThrows(
        KeyTooLongException.class, () -> change(map, (zap, tx) -> zap.increment(LONG_KEY, 1, tx)));
  }

  @Test
  void incrementsFromSeveralThreads() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> results = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        results.add(
            threads.submit(
                () -> {
                  for (int j = 0; j < 500; j++) {
                    increment(j % 2 == 0 ? 3 : -1);
                  }
                }));
      }
      for (Future<?> result : results) {
        result.get();
      }
    } finally {
      threads.shutdown();
    }
    assertEquals(value(4 * 500), map.get(A));
  }

  @Test
  void findsTheFirstValue() {
    map.putAll(0, 300);
    for (int i = 0; i < 300; i++) {
      assertArrayEquals(TestMap.key(i), map.zap().findValue(i, 0));
      assertArrayEquals(TestMap.key(i), map.zap().findValue(i | 0x1000, 0xFFF));
    }
    assertNull(map.zap().findValue(300, 0));
    try (ZapCursor cursor = map.zap().cursor()) {
      while (cursor.next() && cursor.value().asLong() % 16 != 3) {
        // On to the first such entry in the order of the cursor.
      }
      assertArrayEquals(cursor.key(), map.zap().findValue(0x73, 15));
    }
  }

  @Test
  void keepsIntegers() {
    ZapIntegers integers = new ZapIntegers(map.zap());
    long[] set = {0, 1, 15, 16, 0xABCDEF, -1, Long.MIN_VALUE};
    for (long integer : set) {
      assertFalse(integers.contains(integer));
      assertTrue(OperationsContract.<Boolean>change(map, (zap, tx) -> integers.add(integer, tx)));
      assertFalse(OperationsContract.<Boolean>change(map, (zap, tx) -> integers.add(integer, tx)));
      assertTrue(integers.contains(integer));
      assertEquals(integer, integers.get(integer));
    }
    assertEquals(value(0xABCDEF), map.get(TestMap.key("abcdef")));
    assertEquals(value(0), map.get(TestMap.key("0")));
    assertEquals(value(-1), map.get(TestMap.key("ffffffffffffffff")));
    for (long integer : set) {
      assertTrue(
          OperationsContract.<Boolean>change(map, (zap, tx) -> integers.remove(integer, tx)));
      assertFalse(
          OperationsContract.<Boolean>change(map, (zap, tx) -> integers.remove(integer, tx)));
    }
    assertEquals(0, map.zap().count());
  }

  @Test
  void mapsIntegers() {
    ZapIntegers integers = new ZapIntegers(map.zap());
    assertNull(integers.get(16));
    change(
        map,
        (zap, tx) -> {
          integers.put(16, 17, tx);
          return null;
        });
    assertEquals(17, integers.get(16));
    assertEquals(value(17), map.get(TestMap.key("10")));
    long sum = change(map, (zap, tx) -> integers.increment(16, 3, tx));
    assertEquals(20, sum);
    sum = change(map, (zap, tx) -> integers.increment(16, -20, tx));
    assertEquals(0, sum);
    assertFalse(integers.contains(16));
  }

  @Test
  void joins() {
    try (TestMap source = create()) {
      source.putAll(0, 400);
      for (int i = 0; i < 100; i++) {
        map.put(TestMap.key(i), value(-i));
      }
      long present = change(map, (zap, tx) -> zap.addAll(source.zap(), tx));
      assertEquals(100, present);
      assertEquals(400, map.zap().count());
      assertEquals(value(-99), map.get(TestMap.key(99)));
      assertEquals(value(100), map.get(TestMap.key(100)));
      assertEquals(400, source.zap().count());
      source.zap().close();
      assertThrows(
          ClosedException.class, () -> change(map, (zap, tx) -> zap.addAll(source.zap(), tx)));
      source.reopen();
    }
  }

  @Test
  void joinsOnlyItsLike() {
    map.putAll(0, 3);
    byte[] before = map.image();
    try (TestMap words = TestMap.create(TestMap.FIXED_SALT.withFlagBits(ZapName.FLAG_UINT64_KEY))) {
      words.put(new byte[8], value(1));
      assertThrows(
          IllegalArgumentException.class,
          () -> change(map, (zap, tx) -> zap.addAll(words.zap(), tx)));
      assertThrows(
          IllegalArgumentException.class,
          () -> change(words, (zap, tx) -> zap.addAll(map.zap(), tx)));
      assertEquals(1, words.zap().count());
    }
    assertThrows(
        IllegalArgumentException.class, () -> change(map, (zap, tx) -> zap.addAll(zap, tx)));
    Zap sameObject = map.openOver(map.object());
    assertThrows(
        IllegalArgumentException.class, () -> change(map, (zap, tx) -> zap.addAll(sameObject, tx)));
    assertArrayEquals(before, map.image());
  }

  @Test
  void prefetches() {
    map.putAll(0, 1500);
    Map<String, ZapValue> before = map.content();
    map.reopen();
    map.object().forget();
    map.zap().prefetch(TestMap.key("absent"));
    map.object().forget();
    map.zap().prefetchAll();
    for (long block = 0; block < map.object().blockCount(); block++) {
      assertTrue(Images.isCached(map.cache(), map.object(), block), "block " + block);
    }
    assertEquals(before, map.content());
    assertThrows(KeyTooLongException.class, () -> map.zap().prefetch(LONG_KEY));
  }

  @Test
  void prefetchesWhatAnAccessNeeds() {
    map.putAll(0, 1500);
    map.reopen();
    FaultyBlockObject faulty = new FaultyBlockObject(map.cache(), map.object(), false);
    Zap zap = map.openOver(faulty);
    for (int i = 0; i < 1500; i += 100) {
      map.object().forget();
      zap.prefetch(TestMap.key(i));
      faulty.failAfter(0);
      assertEquals(value(i), zap.get(TestMap.key(i)));
      faulty.failAfter(Long.MAX_VALUE);
    }
  }

  @Test
  void linksANewMap() {
    ImageObject object = Images.create(map.cache(), MicroLayout.STEP_BYTES);
    try (Transaction tx = object.begin()) {
      Zap linked = Zap.createLinked(object, TestMap.FIXED_SALT, map.zap(), A, tx);
      assertNotNull(linked);
      assertEquals(value(object.objectId()), map.get(A));
      assertTrue(linked.add(A, value(1), tx));
      assertEquals(1, linked.count());
      linked.close();
    }
    object.sync();
    object.forget();
    assertEquals(1, Zap.open(object, TestMap.FIXED_SALT).count());
    object.forget();
  }

  @Test
  void linksNothingWhereTheNameIsThere() {
    map.putAll(0, 6);
    map.put(A, value(1));
    byte[] before = map.image();
    ImageObject object = Images.create(map.cache(), MicroLayout.STEP_BYTES);
    try (Transaction tx = object.begin()) {
      assertNull(Zap.createLinked(object, TestMap.FIXED_SALT, map.zap(), A, tx));
      assertThrows(
          KeyTooLongException.class,
          () -> Zap.createLinked(object, TestMap.FIXED_SALT, map.zap(), LONG_KEY, tx));
    }
    object.sync();
    assertEquals(0, object.blockCount());
    assertArrayEquals(before, map.image());
  }

  /** The map is full, so that whatever is not refused at once grows or converts it. */
  @Test
  void refusedArgumentsChangeNothing() {
    map.putAll(0, 7);
    byte[] before = map.image();
    ZapValue tooLarge = ZapValue.ofBytes(new byte[ZapValue.MAX_BYTES + 1]);
    ZapValue noRoom = ZapValue.ofBytes(new byte[4096]);
    byte[] key = TestMap.key(1);
    // Blocks of 4 KiB: a leaf that has no room for the value beside a key.
    for (Executable refused :
        new Executable[] {
          () -> change(map, (zap, tx) -> zap.put(key, tooLarge, tx)),
          () -> change(map, (zap, tx) -> zap.add(A, tooLarge, tx)),
          () -> change(map, (zap, tx) -> zap.put(key, noRoom, tx)),
          () -> change(map, (zap, tx) -> zap.add(A, noRoom, tx)),
          () -> change(map, (zap, tx) -> zap.replace(key, value(1), noRoom, tx)),
          () -> change(map, (zap, tx) -> zap.replace(A, null, noRoom, tx)),
        }) {
      assertThrows(ValueTooLargeException.class, refused);
    }
    for (Executable refused :
        new Executable[] {
          () -> change(map, (zap, tx) -> zap.put(LONG_KEY, value(1), tx)),
          () -> change(map, (zap, tx) -> zap.add(LONG_KEY, value(1), tx)),
          () -> change(map, (zap, tx) -> zap.remove(LONG_KEY, tx)),
          () -> change(map, (zap, tx) -> zap.remove(LONG_KEY, MatchType.EXACT, tx)),
          () -> change(map, (zap, tx) -> zap.replace(LONG_KEY, null, value(1), tx)),
          () -> change(map, (zap, tx) -> zap.replace(LONG_KEY, value(1), null, tx)),
          () -> change(map, (zap, tx) -> zap.increment(LONG_KEY, 1, tx)),
          () -> map.zap().get(LONG_KEY),
          () -> map.zap().hash(LONG_KEY),
        }) {
      assertThrows(KeyTooLongException.class, refused);
    }
    assertThrows(IllegalArgumentException.class, () -> new ZapValue(3, new byte[3]));
    assertThrows(IllegalArgumentException.class, () -> new ZapValue(8, new byte[9]));
    assertArrayEquals(before, map.image());
  }

  @Test
  void refusesEverythingWhenClosed() {
    Zap zap = map.zap();
    ZapIntegers integers = new ZapIntegers(zap);
    zap.close();
    try (Transaction tx = map.object().begin()) {
      for (Executable refused :
          new Executable[] {
            () -> zap.lookup(A, MatchType.EXACT),
            () -> zap.remove(A, MatchType.EXACT, tx),
            () -> zap.read(A, 8, ByteBuffer.allocate(8)),
            () -> zap.length(A),
            () -> zap.replace(A, null, null, tx),
            () -> zap.replace(A, value(1), null, tx),
            () -> zap.replace(A, null, value(1), tx),
            () -> zap.increment(A, 1, tx),
            () -> zap.findValue(1, 0),
            () -> zap.prefetch(A),
            zap::prefetchAll,
            () -> zap.addAll(zap, tx),
            () -> integers.contains(1),
            () -> Zap.createLinked(map.object(), TestMap.FIXED_SALT, zap, A, tx),
          }) {
        assertThrows(ClosedException.class, refused);
      }
    }
    map.reopen();
  }
}
