// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zapkv.error.ClosedException;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.pool.Transaction;

/** What every map does, micro or fat, with what a micro map can hold. */
abstract class ZapContract {
  private TestMap map = create();

  /** A map of the kind under test, empty. */
  abstract TestMap create();

  abstract boolean isMicro();

  @AfterEach
  void staysWhatItIs() {
    assertEquals(isMicro(), map.zap().isMicro());
    map.close();
  }

  @Test
  void isEmptyAtFirst() {
    assertEquals(0, map.zap().count());
    assertNull(map.get(TestMap.key("a")));
    assertNull(map.remove(TestMap.key("a")));
    assertFalse(map.zap().contains(TestMap.key("a")));
    assertEquals(Map.of(), map.content());
  }

  @Test
  void addsOnce() {
    assertTrue(map.add(TestMap.key("a"), ZapValue.ofLong(1)));
    assertFalse(map.add(TestMap.key("a"), ZapValue.ofLong(2)));
    assertEquals(ZapValue.ofLong(1), map.get(TestMap.key("a")));
    assertEquals(1, map.zap().count());
  }

  @Test
  void replaces() {
    assertNull(map.put(TestMap.key("a"), ZapValue.ofLong(-1)));
    assertEquals(ZapValue.ofLong(-1), map.put(TestMap.key("a"), ZapValue.ofLong(2)));
    assertEquals(ZapValue.ofLong(2), map.get(TestMap.key("a")));
    assertEquals(1, map.zap().count());
  }

  @Test
  void removes() {
    map.put(TestMap.key("a"), ZapValue.ofLong(1));
    map.put(TestMap.key("b"), ZapValue.ofLong(2));
    assertEquals(ZapValue.ofLong(1), map.remove(TestMap.key("a")));
    assertNull(map.get(TestMap.key("a")));
    assertEquals(ZapValue.ofLong(2), map.get(TestMap.key("b")));
    assertEquals(1, map.zap().count());
  }

  @Test
  void takesKeysOfOneToFortyNineBytes() {
    for (int length = 1; length <= MicroLayout.MAX_NAME_BYTES; length++) {
      byte[] key = new byte[length];
      Arrays.fill(key, (byte) (200 + length));
      assertTrue(map.add(key, ZapValue.ofLong(length)));
    }
    for (int length = 1; length <= MicroLayout.MAX_NAME_BYTES; length++) {
      byte[] key = new byte[length];
      Arrays.fill(key, (byte) (200 + length));
      assertEquals(ZapValue.ofLong(length), map.get(key));
    }
  }

  @Test
  void isTheSameAfterReopening() {
    map.putAll(0, 500);
    map.removeAll(100, 200);
    Map<String, ZapValue> before = map.content();
    map.reopen();
    assertEquals(before, map.content());
    assertEquals(400, map.zap().count());
    map.putAll(0, 600);
    assertEquals(600, map.zap().count());
  }

  @Test
  void doesNotFindWhatItCannotHold() {
    map.put(TestMap.key("a"), ZapValue.ofLong(1));
    assertNull(map.get(new byte[0]));
    assertNull(map.get(new byte[] {'a', 0}));
    assertNull(map.get(new byte[] {0}));
    assertNull(map.get(new byte[1023]));
    assertNull(map.remove(new byte[60]));
  }

  @Test
  void refusesWithoutAnyChange() {
    map.putAll(0, 7);
    byte[] before = map.image();
    byte[] longKey = new byte[1024];
    byte[] key = TestMap.key("a");
    ZapValue large = ZapValue.ofBytes(new byte[ZapValue.MAX_BYTES + 1]);
    assertThrows(KeyTooLongException.class, () -> map.get(longKey));
    assertThrows(KeyTooLongException.class, () -> map.put(longKey, ZapValue.ofLong(1)));
    assertThrows(KeyTooLongException.class, () -> map.remove(longKey));
    assertThrows(ValueTooLargeException.class, () -> map.put(key, large));
    assertThrows(ValueTooLargeException.class, () -> map.add(key, large));
    assertThrows(ValueTooLargeException.class, () -> map.put(TestMap.key(1), large));
    assertThrows(NullPointerException.class, () -> map.get(nullKey()));
    assertArrayEquals(before, map.image());
  }

  @SuppressWarnings("NullAway")
  private static byte[] nullKey() {
    return (byte[]) Map.of().get("absent");
  }

  @Test
  void refusesEverythingWhenClosed() {
    Zap zap = map.zap();
    ZapCursor cursor = zap.cursor();
    zap.close();
    zap.close();
    byte[] key = TestMap.key("a");
    try (Transaction tx = map.object().begin()) {
      assertThrows(ClosedException.class, () -> zap.get(key));
      assertThrows(ClosedException.class, () -> zap.contains(key));
      assertThrows(ClosedException.class, () -> zap.add(key, ZapValue.ofLong(1), tx));
      assertThrows(ClosedException.class, () -> zap.put(key, ZapValue.ofLong(1), tx));
      assertThrows(ClosedException.class, () -> zap.remove(key, tx));
    }
    assertThrows(ClosedException.class, zap::count);
    assertThrows(ClosedException.class, zap::cursor);
    assertThrows(ClosedException.class, zap::statistics);
    assertThrows(ClosedException.class, () -> zap.check((block, offset, text) -> {}));
    assertThrows(ClosedException.class, cursor::next);
    cursor.close();
    map.reopen();
  }

  @Test
  void cursorGoesThroughAllInHashOrder() {
    map.putAll(0, 300);
    try (ZapCursor cursor = map.zap().cursor()) {
      assertThrows(NoSuchElementException.class, cursor::key);
      assertEquals(0, cursor.cookie());
      long before = 0;
      int count = 0;
      while (cursor.next()) {
        assertTrue(Long.compareUnsigned(before, cursor.hash()) <= 0);
        assertEquals(map.get(cursor.key()), cursor.value());
        before = cursor.hash();
        count++;
      }
      assertEquals(300, count);
      assertFalse(cursor.next());
      assertEquals(-1, cursor.cookie());
      assertEquals(-1, cursor.nextCookie());
      assertThrows(NoSuchElementException.class, cursor::value);
    }
    try (ZapCursor cursor = map.zap().cursor(-1)) {
      assertFalse(cursor.next());
    }
  }

  @Test
  void cursorTakesAnyCookie() {
    map.putAll(0, 50);
    Seeds.run(
        random -> {
          for (int i = 0; i < 200; i++) {
            try (ZapCursor cursor = map.zap().cursor(random.nextLong())) {
              while (cursor.next()) {
                assertEquals(map.get(cursor.key()), cursor.value());
              }
            }
          }
        });
  }

  @Test
  void closedCursorIsClosed() {
    map.putAll(0, 5);
    ZapCursor cursor = map.zap().cursor();
    assertTrue(cursor.next());
    cursor.close();
    cursor.close();
    assertThrows(ClosedException.class, cursor::next);
    assertThrows(NoSuchElementException.class, cursor::key);
  }

  @Test
  void countsItself() {
    map.putAll(0, 100);
    ZapStatistics statistics = map.zap().statistics();
    assertEquals(isMicro(), statistics.micro());
    assertEquals(100, statistics.entryCount());
    assertEquals(0x24955, statistics.salt());
    assertEquals(map.object().blockSizeBytes(), statistics.blockSizeBytes());
    long leaves = statistics.leafCount();
    assertEquals(leaves, statistics.leavesByEntries().stream().mapToLong(n -> n).sum());
    assertEquals(leaves, statistics.leavesByTenths().stream().mapToLong(n -> n).sum());
    assertEquals(leaves, statistics.leavesByPointers().stream().mapToLong(n -> n).sum());
    assertEquals(isMicro() ? 0 : 100, statistics.entriesByChunks().get(3));
  }
}
