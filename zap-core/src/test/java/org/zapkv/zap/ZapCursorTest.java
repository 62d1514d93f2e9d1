// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.StampedLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The guarantee of cursors, and their cookies, while the map changes its shape. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ZapCursorTest {
  private static final ZapParameters SMALL = TestMap.FIXED_SALT.withFatBlockShift(9);
  private static final int STAYING = 60;
  private static final int MOVING = 1500;

  /** Takes the first entries, leaving cookies behind; the rest is for {@link #resume}. */
  private static List<Long> takeSome(TestMap map, Set<String> seen, int count) {
    List<Long> cookies = new ArrayList<>();
    try (ZapCursor cursor = map.zap().cursor()) {
      for (int i = 0; i < count; i++) {
        assertTrue(cursor.next());
        assertTrue(seen.add(text(cursor.key())));
        cookies.add(cursor.nextCookie());
      }
    }
    return cookies;
  }

  private static void resume(TestMap map, Set<String> seen, List<Long> cookies) {
    try (ZapCursor cursor = map.zap().cursor(cookies.get(cookies.size() - 1))) {
      while (cursor.next()) {
        assertTrue(seen.add(text(cursor.key())) || isMoving(cursor.key()));
      }
    }
    for (int i = 0; i < STAYING; i++) {
      assertTrue(seen.contains("k" + i), "k" + i);
    }
  }

  private static String text(byte[] key) {
    return new String(key, StandardCharsets.ISO_8859_1);
  }

  private static boolean isMoving(byte[] key) {
    String text = text(key);
    // Keys of another form come and go too: the one that makes a map fat.
    return !text.matches("k\\d+") || Integer.parseInt(text.substring(1)) >= STAYING;
  }

  @Test
  void aCdThatNoEntryCanHaveCountsAsNone() {
    try (TestMap map = TestMap.create(SMALL)) {
      map.putAll(0, 1);
      assertCountsAsNone(map);
      map.makeFat();
      assertCountsAsNone(map);
    }
  }

  private static void assertCountsAsNone(TestMap map) {
    byte[] key = TestMap.key(0);
    try (ZapCursor cursor =
        map.zap().cursor(map.zap().hash(key) >>> 36 | 0xFFFFFFFFL << ZapName.MICRO_HASH_BITS)) {
      assertTrue(cursor.next());
      assertArrayEquals(key, cursor.key());
    }
  }

  @Test
  void cookiesOutliveTheConversion() {
    try (TestMap map = TestMap.create(SMALL)) {
      map.putAll(0, STAYING);
      Set<String> seen = new HashSet<>();
      List<Long> cookies = takeSome(map, seen, STAYING / 2);
      map.makeFat();
      assertFalse(map.zap().isMicro());
      resume(map, seen, cookies);
    }
  }

  @Test
  void cookiesOutliveSplitsMergesAndReopening() {
    try (TestMap map = TestMap.createFat(SMALL)) {
      map.putAll(0, STAYING);
      Set<String> seen = new HashSet<>();
      List<Long> cookies = takeSome(map, seen, STAYING / 2);
      map.putAll(STAYING, MOVING);
      map.reopen();
      resume(map, new HashSet<>(seen), cookies);
      long tableBlocks = map.zap().statistics().tableBlockCount();
      map.removeAll(STAYING, MOVING);
      assertTrue(map.zap().statistics().tableBlockCount() < tableBlocks, "the table is smaller");
      map.reopen();
      resume(map, seen, cookies);
    }
  }

  @Test
  void anOpenCursorGoesThroughTheConversion() {
    try (TestMap map = TestMap.create(SMALL)) {
      map.putAll(0, STAYING);
      try (ZapCursor cursor = map.zap().cursor()) {
        for (int i = 0; i < STAYING; i++) {
          if (i == STAYING / 2) {
            map.makeFat();
          }
          assertTrue(cursor.next());
        }
        assertFalse(cursor.next());
      }
    }
  }

  @Test
  void cookieReturnsTheCurrentEntryAgain() {
    try (TestMap map = TestMap.createFat(SMALL)) {
      map.putAll(0, STAYING);
      try (ZapCursor cursor = map.zap().cursor()) {
        while (cursor.next()) {
          try (ZapCursor again = map.zap().cursor(cursor.cookie())) {
            assertTrue(again.next());
            assertArrayEquals(cursor.key(), again.key());
          }
        }
      }
    }
  }

  @Test
  void returnsWhatStaysExactlyOnceWhileLeavesSplitAndMerge() {
    Seeds.run(
        random -> {
          try (TestMap map = TestMap.createFat(SMALL)) {
            map.putAll(0, STAYING);
            walkWhile(map, () -> churn(map, random, 12));
            assertTrue(map.zap().leafReuses() > 0);
          }
        });
  }

  @Test
  void returnsWhatStaysExactlyOnceWhileTheMapBecomesFat() {
    for (int i = 0; i < 30; i++) {
      try (TestMap map = TestMap.create(SMALL)) {
        map.putAll(0, STAYING);
        walkWhile(
            map,
            () -> {
              map.putAll(STAYING, STAYING + 20);
              map.makeFat();
              map.putAll(STAYING, MOVING / 3);
            });
      }
    }
  }

  @Test
  void leavesThatWereUsedAreWalkedOverWithoutTheirLock() {
    try (TestMap map = TestMap.createFat(SMALL)) {
      map.putAll(0, STAYING);
      walkInParts(map.zap().cursor(), new HashSet<>(), 0);
      HeaderAccess headers = new HeaderAccess(map.object(), 0);
      BlockNumbers numbers = new BlockNumbers(map.object(), headers, SMALL.shrinkPolicy());
      PointerTable table = new PointerTable(map.object(), numbers, SMALL.shrinkPolicy());
      LeafAccess access =
          new LeafAccess(map.object(), new StampedLock(), headers, table, new LeafMirror());
      FatHeader header = access.holdHeader();
      Leaf last = access.lockExclusive(header, -1);
      try {
        Set<String> seen = new HashSet<>();
        walkInParts(map.zap().cursor(), seen, 0);
        assertEquals(STAYING, seen.size());
      } finally {
        access.unlockExclusive(last);
        access.release(header);
      }
    }
  }

  private static void churn(TestMap map, Random random, int rounds) {
    for (int i = 0; i < rounds; i++) {
      int upTo = STAYING + random.nextInt(MOVING);
      map.putAll(STAYING, upTo);
      map.sync();
      List<Integer> order = new ArrayList<>();
      for (int number = STAYING; number < upTo; number++) {
        order.add(number);
      }
      Collections.shuffle(order, random);
      order.forEach(number -> map.remove(TestMap.key(number)));
    }
  }

  /** Three cursors walk over and over, one of them in parts, while the map is changed. */
  private static void walkWhile(TestMap map, Runnable changes) {
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      Future<?> first = threads.submit(() -> walkUntil(done, map));
      Future<?> second = threads.submit(() -> walkUntil(done, map));
      Future<?> inParts = threads.submit(() -> walkInPartsUntil(done, map));
      try {
        changes.run();
      } finally {
        done.set(true);
      }
      first.get();
      second.get();
      inParts.get();
    } catch (Exception e) {
      throw new AssertionError("a walk failed", e);
    } finally {
      threads.shutdown();
    }
  }

  /** Walks in parts, some of which are cut off when the walk is under way. */
  private static void walkInPartsUntil(AtomicBoolean done, TestMap map) {
    do {
      Set<String> seen = new HashSet<>();
      walkInParts(map.zap().cursor(), seen, 4);
      assertEquals(STAYING, seen.stream().filter(key -> !isMoving(TestMap.key(key))).count());
    } while (!done.get());
  }

  private static void walkInParts(ZapCursor cursor, Set<String> seen, int cuts) {
    try (cursor) {
      for (int i = 0; i < cuts && cursor.next(); i++) {
        assertTrue(seen.add(text(cursor.key())));
      }
      ZapCursor first = cuts == 0 ? null : cursor.split();
      if (first != null) {
        walkInParts(first, seen, cuts - 1);
        walkInParts(cursor, seen, cuts - 1);
        return;
      }
      while (cursor.next()) {
        assertTrue(seen.add(text(cursor.key())));
        cursor.rest();
      }
    }
  }

  @Test
  void partsAreTheWhole() {
    try (TestMap map = TestMap.create(SMALL)) {
      map.putAll(0, STAYING);
      walkInPartsUntil(new AtomicBoolean(true), map);
      map.makeFat();
      walkInPartsUntil(new AtomicBoolean(true), map);
      try (ZapCursor cursor = map.zap().cursor()) {
        int cuts = 0;
        ZapCursor part = cursor;
        for (ZapCursor next = part.split(); next != null; next = part.split()) {
          part = next;
          cuts++;
        }
        assertEquals(ZapName.MICRO_HASH_BITS, cuts, "down to one hash");
      }
    }
  }

  @Test
  void anEntryIsWhatItIsWhenTheCursorComesToIt() {
    try (TestMap map = TestMap.createFat(SMALL)) {
      map.putAll(0, MOVING);
      Set<String> seen = new HashSet<>();
      try (ZapCursor cursor = map.zap().cursor()) {
        for (int i = 0; cursor.next(); i++) {
          assertTrue(seen.add(text(cursor.key())));
          assertEquals(map.get(cursor.key()), cursor.value());
          map.put(cursor.key(), ZapValue.ofLong(-1));
          if (i % 5 == 0) {
            map.removeAll(i, i + 3);
            map.put(TestMap.key(i + 7), ZapValue.ofLong(i));
          }
        }
      }
    }
  }

  private static void walkUntil(AtomicBoolean done, TestMap map) {
    do {
      Set<String> seen = new HashSet<>();
      int staying = 0;
      long hash = 0;
      try (ZapCursor cursor = map.zap().cursor()) {
        while (cursor.next()) {
          assertTrue(Long.compareUnsigned(hash, cursor.hash()) <= 0);
          hash = cursor.hash();
          assertTrue(seen.add(text(cursor.key())));
          staying += isMoving(cursor.key()) ? 0 : 1;
        }
      }
      assertEquals(STAYING, staying);
    } while (!done.get());
  }
}
