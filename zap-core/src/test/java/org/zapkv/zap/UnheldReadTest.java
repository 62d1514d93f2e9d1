// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Waiting;

/** Reads without locks: they say what those under locks say, or that they do not know. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UnheldReadTest {
  private static final byte[] UNKNOWN = new byte[0];
  private static final long UNKNOWN_LONG = 0x1234_5678_9ABCL;
  private static final int READERS = 2;

  /** So many keys are always there. */
  private static final int FIXED = 60;

  private static byte[] bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  /** What the locked way says. */
  private static byte @Nullable [] locked(Zap zap, byte[] key) {
    ZapMatch match = zap.lookup(key, MatchType.EXACT);
    return match == null ? null : match.value().bytes();
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 12, 14})
  void keysAndValuesOfAllLengths(int blockShift) {
    Seeds.run(
        random -> {
          ZapParameters parameters = ZapParameters.DEFAULT.withFatBlockShift(blockShift);
          try (TestMap map = TestMap.createFat(parameters)) {
            Map<String, byte[]> model = new HashMap<>();
            List<byte[]> keys = new ArrayList<>();
            int longest = blockShift == 9 ? 60 : 600;
            for (int i = 0; i < 700; i++) {
              byte[] key = bytes(random, i % 70);
              byte[] value = bytes(random, random.nextInt(longest));
              if (map.add(key, ZapValue.ofBytes(value))) {
                model.put(Arrays.toString(key), value);
                keys.add(key);
              }
            }
            for (byte[] key : keys) {
              byte[] value = Objects.requireNonNull(model.get(Arrays.toString(key)));
              assertReads(map.zap(), key, value, random);
            }
          }
        });
  }

  private static void assertReads(Zap zap, byte[] key, byte[] value, Random random) {
    assertArrayEquals(value, locked(zap, key));
    assertArrayEquals(value, zap.tryBytes(key, UNKNOWN));
    assertArrayEquals(value, Objects.requireNonNull(zap.get(key)).bytes());
    assertTrue(zap.tryFind(key) >= 0);
    int offset = random.nextInt(20);
    int room = random.nextInt(3) == 0 ? random.nextInt(value.length + 1) : value.length + 5;
    byte[] destination = bytes(random, offset + room);
    byte[] expected = destination.clone();
    System.arraycopy(value, 0, expected, offset, Math.min(room, value.length));
    assertEquals(value.length, zap.tryRead(key, destination, offset));
    assertArrayEquals(expected, destination);
    for (int i = 0; i < key.length; i++) {
      byte[] other = key.clone();
      other[i] ^= (byte) (1 << random.nextInt(8));
      byte[] there = locked(zap, other);
      assertArrayEquals(there, zap.tryBytes(other, UNKNOWN));
    }
  }

  @Test
  void integersAreReadAsLongsOnly() {
    try (TestMap map = TestMap.createFat(ZapParameters.DEFAULT)) {
      map.put(TestMap.key(1), ZapValue.ofLong(-5));
      map.put(TestMap.key(2), new ZapValue(Long.BYTES, new byte[16]));
      map.put(TestMap.key(3), ZapValue.ofBytes(new byte[8]));
      for (int i = 1; i <= 4; i++) {
        map.get(TestMap.key(i));
      }
      Zap zap = map.zap();
      assertEquals(-5, zap.tryLong(TestMap.key(1), 7, UNKNOWN_LONG));
      assertEquals(UNKNOWN_LONG, zap.tryLong(TestMap.key(2), 7, UNKNOWN_LONG));
      assertEquals(UNKNOWN_LONG, zap.tryLong(TestMap.key(3), 7, UNKNOWN_LONG));
      assertEquals(7, zap.tryLong(TestMap.key(4), 7, UNKNOWN_LONG));
      assertSame(UNKNOWN, zap.tryBytes(TestMap.key(1), UNKNOWN));
      assertSame(UNKNOWN, zap.tryBytes(TestMap.key(2), UNKNOWN));
      assertEquals(Zap.UNKNOWN, zap.tryRead(TestMap.key(1), new byte[20], 0));
      assertEquals(Zap.ABSENT, zap.tryRead(TestMap.key(4), new byte[20], 0));
      assertTrue(zap.tryFind(TestMap.key(2)) >= 0);
      assertEquals(new ZapValue(Long.BYTES, new byte[16]), zap.get(TestMap.key(2)));
    }
  }

  @Test
  void aClosedMapSaysNothing() {
    TestMap map = TestMap.createFat(ZapParameters.DEFAULT);
    byte[] key = TestMap.key(1);
    map.put(key, ZapValue.ofBytes(new byte[8]));
    map.get(key);
    assertEquals(8, map.zap().tryRead(key, new byte[8], 0));
    Zap open = map.openOver(map.object());
    open.get(key);
    assertEquals(8, open.tryRead(key, new byte[8], 0));
    map.abandon();
    // One map was closed, the other has lost its memory.
    for (Zap zap : List.of(map.zap(), open)) {
      assertSame(UNKNOWN, zap.tryBytes(key, UNKNOWN));
      assertEquals(Zap.UNKNOWN, zap.tryRead(key, new byte[8], 0));
      assertEquals(Zap.UNKNOWN, zap.tryFind(key));
      assertEquals(UNKNOWN_LONG, zap.tryLong(key, 7, UNKNOWN_LONG));
    }
  }

  @Test
  void nothingIsAllocated() {
    try (TestMap map = TestMap.createUntraced(ZapParameters.DEFAULT)) {
      byte[][] keys = new byte[5_000][];
      for (int i = 0; i < keys.length; i++) {
        keys[i] = TestMap.key(i);
        map.put(keys[i], ZapValue.ofBytes(new byte[100]));
      }
      byte[] destination = new byte[100];
      for (byte[] key : keys) {
        locked(map.zap(), key);
      }
      // Leaves get their indexes: after two reads of keys that ask for one. And all is loaded.
      for (int i = 0; i < 3 * keys.length; i++) {
        map.zap().tryRead(keys[i % keys.length], destination, 0);
        map.zap().tryFind(keys[i % keys.length]);
      }
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long thread = Thread.currentThread().getId();
      int unknown = 0;
      long before = threads.getThreadAllocatedBytes(thread);
      for (byte[] key : keys) {
        unknown += map.zap().tryRead(key, destination, 0) == 100 ? 0 : 1;
        unknown += map.zap().tryFind(key) >= 0 ? 0 : 1;
      }
      long allocated = threads.getThreadAllocatedBytes(thread) - before;
      assertEquals(0, unknown);
      // The JVM's own, for the first calls.
      assertTrue(allocated < keys.length, "allocated " + allocated);
    }
  }

  /** A value that shows whether it is whole: its length follows from its bytes, all the same. */
  private static ZapValue uniform(int kind) {
    byte[] bytes = new byte[20 + (kind & 63)];
    Arrays.fill(bytes, (byte) kind);
    return ZapValue.ofBytes(bytes);
  }

  private static void assertWhole(byte[] bytes, int length) {
    assertEquals(20 + (bytes[0] & 63), length);
    for (int i = 1; i < length; i++) {
      assertEquals(bytes[0], bytes[i]);
    }
  }

  /**
   * Reads keys that are always there, while others beside them come and go by the thousand, so that
   * leaves split and merge, blocks become other leaves, and the table grows and shrinks.
   *
   * @param blockShift large leaves, whose splits take their time, or many small ones
   * @param evictions whether other blocks take the memory of those of the map meanwhile
   */
  @Tag("once")
  @ParameterizedTest
  @CsvSource({"14,false", "9,true"})
  void whatIsAlwaysThereIsAlwaysRead(int blockShift, boolean evictions) {
    Seeds.run(
        random -> {
          ZapParameters parameters =
              ZapParameters.DEFAULT
                  .withFatBlockShift(blockShift)
                  .withShrinkPolicy(ShrinkPolicy.MERGE)
                  .withSaltSource(random::nextLong);
          try (TestMap map = TestMap.create(parameters, 4 << 20, new ReusingLeafCreator())) {
            map.makeFat();
            for (int i = 0; i < FIXED; i++) {
              map.put(TestMap.key("fixed" + i), uniform(i));
            }
            readWhile(map, random, () -> comeAndGo(map, evictions, random));
            assertTrue(map.zap().leafReuses() > 0);
          }
        });
  }

  /** Not before something is read without locks: readers may come late on a slow machine. */
  private static void readWhile(TestMap map, Random random, Runnable changes) throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong good = new AtomicLong();
    ExecutorService threads = Executors.newFixedThreadPool(READERS);
    try {
      List<Future<?>> readers = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        Random own = new Random(random.nextLong());
        readers.add(threads.submit(() -> readUntil(done, map.zap(), own, good)));
      }
      try {
        Waiting.until(
            "a good read without locks",
            () -> good.get() > 0 || readers.stream().anyMatch(Future::isDone));
        changes.run();
      } finally {
        done.set(true);
      }
      for (Future<?> reader : readers) {
        reader.get();
      }
    } finally {
      threads.shutdown();
    }
  }

  private static void comeAndGo(TestMap map, boolean evictions, Random random) {
    for (int round = 0; round < 8; round++) {
      int count = 300 + random.nextInt(1200);
      for (int i = 0; i < count; i++) {
        map.put(TestMap.key("comes and goes " + i), uniform(random.nextInt(256)));
        map.put(TestMap.key("fixed" + random.nextInt(FIXED)), uniform(random.nextInt(256)));
        if (evictions && i % 4 == 0) {
          holdAnother(map, random.nextInt(1000));
        }
      }
      map.sync();
      for (int i = 0; i < count; i++) {
        map.remove(TestMap.key("comes and goes " + i));
      }
    }
  }

  private static void holdAnother(TestMap map, long blockId) {
    map.cache()
        .hold(
            (object, block, address, size) -> NativeMemory.fill(address, size, (byte) 1),
            Long.MAX_VALUE,
            blockId,
            1 << 14,
            map)
        .release(map);
  }

  /** Counts the reads without locks that were good. */
  private static void readUntil(AtomicBoolean done, Zap zap, Random random, AtomicLong good) {
    byte[] destination = new byte[100];
    while (!done.get()) {
      byte[] key = TestMap.key("fixed" + random.nextInt(FIXED));
      switch (random.nextInt(4)) {
        case 0 -> {
          int length = zap.tryRead(key, destination, 0);
          assertNotEquals(Zap.ABSENT, length);
          if (length != Zap.UNKNOWN) {
            assertWhole(destination, length);
            good.incrementAndGet();
          }
        }
        case 1 -> {
          byte[] value = Objects.requireNonNull(zap.tryBytes(key, UNKNOWN));
          if (value.length > 0) {
            assertWhole(value, value.length);
            good.incrementAndGet();
          }
        }
        case 2 -> {
          ZapValue value = Objects.requireNonNull(zap.get(key));
          assertWhole(value.bytes(), value.bytes().length);
        }
        default -> {
          assertTrue(zap.contains(key));
          assertNull(zap.get(TestMap.key("never" + random.nextInt(FIXED))));
        }
      }
    }
  }
}
