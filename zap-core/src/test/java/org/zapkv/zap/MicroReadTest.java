// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.Buffer;
import org.zapkv.error.ClosedException;
import org.zapkv.error.KeyTooLongException;

/** Reading a micro map without a lock. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MicroReadTest {
  private static final long ABSENT = -1;
  private static final long UNKNOWN = -2;
  private static final int STAYING = 200;
  private static final int MOVING = 300;
  private static final int ROUNDS = 12;

  private static long tried(TestMap map, byte[] key) {
    return map.zap().tryLong(key, ABSENT, UNKNOWN);
  }

  /** Has the map read in the locked way, from which on it can be tried. */
  private static void makeKnown(TestMap map) {
    map.get(TestMap.key("anything"));
  }

  @Test
  void findsWhatIsThere() {
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT)) {
      assertEquals(UNKNOWN, tried(map, TestMap.key(1)), "nobody has held the block");
      assertEquals(Zap.UNKNOWN, map.zap().tryFind(TestMap.key(1)));
      map.putAll(0, 1900);
      makeKnown(map);
      for (int i = 0; i < 2000; i++) {
        assertEquals(i < 1900 ? i : ABSENT, tried(map, TestMap.key(i)));
        assertEquals(i < 1900, map.zap().tryFind(TestMap.key(i)) >= 0);
        assertTrue(map.zap().tryFind(TestMap.key(i)) != Zap.UNKNOWN);
      }
      map.removeAll(5, 1895);
      for (int i = 0; i < 2000; i++) {
        boolean isThere = i < 5 || (i >= 1895 && i < 1900);
        assertEquals(isThere ? i : ABSENT, tried(map, TestMap.key(i)));
      }
      assertTrue(map.zap().isMicro());
    }
  }

  @Test
  void tellsNamesApart() {
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT)) {
      String longest = "x".repeat(MicroLayout.MAX_NAME_BYTES);
      for (int length = 1; length <= longest.length(); length++) {
        map.put(TestMap.key(longest.substring(0, length)), ZapValue.ofLong(length));
      }
      makeKnown(map);
      for (int length = 1; length <= longest.length(); length++) {
        byte[] key = TestMap.key(longest.substring(0, length));
        assertEquals(length, tried(map, key));
        for (int i = 0; i < length; i++) {
          // Not even where the name ends, and zeros follow it, has it a zero byte.
          for (byte other : new byte[] {0, 'y'}) {
            byte[] changed = key.clone();
            changed[i] = other;
            assertFalse(isAnyNamed(map, changed), length + "/" + i);
            assertEquals(ABSENT, tried(map, changed));
          }
        }
      }
      assertEquals(ABSENT, tried(map, new byte[0]));
      assertEquals(ABSENT, tried(map, TestMap.key(longest + "x")));
    }
  }

  /** Looks at all slots, as keys that differ are hardly ever compared: their hashes differ too. */
  private static boolean isAnyNamed(TestMap map, byte[] key) {
    Buffer block0 = map.object().hold(0, map);
    try {
      boolean any = false;
      for (int slot = 0; slot < MicroLayout.slotCount(block0.sizeBytes()); slot++) {
        any |= MicroEntry.isNamed(block0.address(), slot, key);
      }
      return any;
    } finally {
      block0.release(map);
    }
  }

  @Test
  void aBlockThatHasGoneIsUnknown() {
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT)) {
      map.putAll(0, 10);
      makeKnown(map);
      assertEquals(3, tried(map, TestMap.key(3)));
      map.object().sync();
      map.object().forget();
      assertEquals(UNKNOWN, tried(map, TestMap.key(3)));
      assertEquals(ZapValue.ofLong(3), map.get(TestMap.key(3)));
      assertEquals(3, tried(map, TestMap.key(3)));
    }
  }

  @Test
  void aFatMapIsNoMicroMap() {
    for (int shift : new int[] {12, 14}) {
      try (TestMap map = TestMap.create(TestMap.FIXED_SALT.withFatBlockShift(shift))) {
        // With a shift of 12 the block keeps its place and size.
        map.putAll(0, 63);
        makeKnown(map);
        map.makeFat();
        for (int i = 0; i < 63; i++) {
          assertTrue(tried(map, TestMap.key(i)) != ABSENT);
          assertTrue(map.zap().tryFind(TestMap.key(i)) != Zap.ABSENT);
          assertEquals(ZapValue.ofLong(i), map.get(TestMap.key(i)));
        }
      }
    }
  }

  @Test
  void everyChangeEndsTheReadsThatBeganBefore() {
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT.withFatBlockShift(12))) {
      map.putAll(0, 50);
      assertEndsReads(map, () -> map.putAll(50, 51));
      assertEndsReads(map, () -> map.put(TestMap.key(3), ZapValue.ofLong(9)));
      assertEndsReads(map, () -> map.remove(TestMap.key(3)));
      map.putAll(51, 64);
      assertEquals(4096, map.object().blockSizeBytes());
      assertEndsReads(map, map::makeFat);
    }
  }

  private static void assertEndsReads(TestMap map, Runnable change) {
    Buffer block0 = map.object().hold(0, map);
    try {
      long stamp = block0.readStamp();
      assertTrue(stamp != 0 && block0.isValid(stamp));
      change.run();
      assertFalse(block0.isValid(stamp));
    } finally {
      block0.release(map);
    }
  }

  @Test
  void anIndexThatIsNotAttachedAnyMoreIsNotUsed() {
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT)) {
      map.putAll(0, 3);
      MicroZap micro = new MicroZap(map.object(), TestMap.FIXED_SALT);
      ZapName name = micro.names().exact(TestMap.key(2));
      assertEquals(ZapValue.ofLong(2), micro.get(name));
      assertEquals(2, micro.tryGetLong(name.key(), name.hash(), ABSENT, UNKNOWN));
      Buffer block0 = map.object().hold(0, map);
      try {
        block0.removeUser(MicroZap.index(block0));
        assertEquals(UNKNOWN, micro.tryGetLong(name.key(), name.hash(), ABSENT, UNKNOWN));
        assertEquals(Zap.UNKNOWN, micro.tryContains(name.key(), name.hash()));
      } finally {
        block0.release(map);
      }
    }
  }

  @Test
  void whatGetRefusesIsUnknown() {
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT)) {
      map.putAll(0, 1);
      makeKnown(map);
      assertEquals(UNKNOWN, tried(map, new byte[1024]));
      assertThrows(KeyTooLongException.class, () -> map.get(new byte[1024]));
      map.zap().close();
      assertEquals(UNKNOWN, tried(map, TestMap.key(0)));
      assertEquals(Zap.UNKNOWN, map.zap().tryFind(TestMap.key(0)));
      assertThrows(ClosedException.class, () -> map.zap().get(TestMap.key(0)));
      assertThrows(ClosedException.class, () -> map.zap().contains(TestMap.key(0)));
      map.reopen();
      assertEquals(ZapValue.ofLong(0), map.get(TestMap.key(0)));
    }
  }

  @Test
  void readersSeeWhatStaysWhileOthersChange() {
    Seeds.run(
        random -> {
          for (int round = 0; round < ROUNDS; round++) {
            int shift = random.nextBoolean() ? 12 : 14;
            ZapParameters parameters =
                ZapParameters.DEFAULT.withSaltSource(random::nextLong).withFatBlockShift(shift);
            try (TestMap map = TestMap.create(parameters)) {
              map.putAll(0, round % 2 == 0 ? STAYING : 50);
              makeKnown(map);
              readWhile(map, round % 2 == 0 ? STAYING : 50, () -> change(map, random));
              assertFalse(map.zap().isMicro());
            }
          }
        });
  }

  /** Entries come and go, the block grows, and at last the map becomes fat. */
  private static void change(TestMap map, Random random) {
    for (int i = 0; i < 2500; i++) {
      int number = STAYING + random.nextInt(MOVING);
      if (random.nextBoolean()) {
        map.put(TestMap.key(number), ZapValue.ofLong(number));
      } else {
        map.remove(TestMap.key(number));
      }
      if (i % 500 == 499) {
        map.sync();
      }
    }
    map.makeFat();
  }

  private static void readWhile(TestMap map, int staying, Runnable changes) throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      assertEquals(staying, readUntil(new AtomicBoolean(true), map, staying), "without a lock");
      List<Future<Integer>> readers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        readers.add(threads.submit(() -> readUntil(done, map, staying)));
      }
      try {
        changes.run();
      } finally {
        done.set(true);
      }
      for (Future<Integer> reader : readers) {
        reader.get();
      }
    } finally {
      threads.shutdown();
    }
  }

  /** Returns how many reads needed no lock. */
  private static int readUntil(AtomicBoolean done, TestMap map, int staying) {
    int known = 0;
    do {
      for (int i = 0; i < staying; i++) {
        byte[] key = TestMap.key(i);
        long value = tried(map, key);
        assertTrue(value == i || value == UNKNOWN, "k" + i + " is " + value);
        known += value == i ? 1 : 0;
        assertTrue(map.zap().tryFind(key) != Zap.ABSENT, "k" + i);
        assertEquals(ZapValue.ofLong(i), map.get(key));
      }
      for (int i = STAYING; i < STAYING + MOVING; i++) {
        long value = tried(map, TestMap.key(i));
        assertTrue(value == i || value == ABSENT || value == UNKNOWN, "k" + i + " is " + value);
      }
      assertNull(map.get(TestMap.key("never there")));
    } while (!done.get());
    return known;
  }
}
