// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.zapkv.error.ValueTooLargeException;

class FatZapTest extends ZapContract {
  private static final ZapParameters SMALL = TestMap.FIXED_SALT.withFatBlockShift(9);

  @Override
  TestMap create() {
    return TestMap.createFat(TestMap.FIXED_SALT);
  }

  @Override
  boolean isMicro() {
    return false;
  }

  @Test
  void takesAnyKey() {
    try (TestMap map = create()) {
      for (int length : new int[] {0, 1, 20, 21, 22, 41, 42, 43, 50, 1022, 1023}) {
        byte[] zeros = new byte[length];
        assertTrue(map.add(zeros, ZapValue.ofLong(length)));
        assertEquals(ZapValue.ofLong(length), map.get(zeros));
      }
      map.reopen();
      for (int length : new int[] {0, 1, 20, 21, 22, 41, 42, 43, 50, 1022, 1023}) {
        assertEquals(ZapValue.ofLong(length), map.remove(new byte[length]));
      }
      assertEquals(0, map.zap().count());
    }
  }

  @Test
  void takesAnyValue() {
    Seeds.run(
        random -> {
          try (TestMap map = create()) {
            byte[] key = TestMap.key("a");
            ZapValue before = null;
            for (int integerBytes : new int[] {1, 8, 2, 4}) {
              for (int bytes : new int[] {0, 8, 16, 24, 40, 48, 64, 8192, 8}) {
                byte[] content = new byte[bytes];
                random.nextBytes(content);
                ZapValue value = new ZapValue(integerBytes, content);
                assertEquals(before, map.put(key, value));
                assertEquals(value, map.get(key));
                before = value;
              }
            }
          }
        });
  }

  @Test
  void refusesAnUpdateThatNoLeafCanHoldBeforeAnyChange() {
    try (TestMap map = TestMap.createFat(SMALL)) {
      map.putAll(0, 100);
      byte[] before = map.image();
      ZapValue large = ZapValue.ofBytes(new byte[17 * 21]);
      assertThrows(ValueTooLargeException.class, () -> map.put(TestMap.key(1), large));
      assertArrayEquals(before, map.image());
      assertThrows(ValueTooLargeException.class, () -> map.add(TestMap.key("b"), large));
      assertEquals(ZapValue.ofLong(1), map.get(TestMap.key(1)));
      ZapValue largest = ZapValue.ofBytes(new byte[16 * 21]);
      assertEquals(ZapValue.ofLong(1), map.put(TestMap.key(1), largest));
      assertEquals(largest, map.get(TestMap.key(1)));
    }
  }

  @Test
  void takesMoreKeysOfOneHashThanALeafHolds() {
    // The hash is the high 48 bits of the key, in which these do not differ.
    ZapParameters preHashed = SMALL.withFlags(EnumSet.allOf(ZapFlag.class));
    try (TestMap map = TestMap.create(preHashed)) {
      for (int i = 0; i < 6; i++) {
        assertTrue(map.add(wordKey(i), ZapValue.ofLong(i)));
      }
      assertEquals(0, map.zap().statistics().overflowLeafCount());
      assertTrue(map.add(wordKey(6), ZapValue.ofLong(6)));
      assertEquals(1, map.zap().statistics().overflowEntryCount());
      assertEquals(7, map.content().size());
      map.remove(wordKey(2));
      assertTrue(map.add(wordKey(7), ZapValue.ofLong(7)));
      assertEquals(1, map.zap().statistics().overflowEntryCount(), "the leaf has room again");
      try (ZapCursor cursor = map.zap().cursor()) {
        for (int cd = 0; cd < 6; cd++) {
          assertTrue(cursor.next());
          assertEquals(cd, cursor.cd());
        }
        assertTrue(cursor.next());
        assertEquals(ZapValue.ofLong(6), cursor.value());
        assertEquals(0x010203040506L << 16, cursor.hash());
        assertFalse(cursor.next());
      }
    }
  }

  private static byte[] wordKey(int low) {
    return new byte[] {1, 2, 3, 4, 5, 6, 0, (byte) low};
  }

  @Test
  void shrinksToOneLeaf() {
    try (TestMap map = TestMap.createFat(SMALL)) {
      map.putAll(0, 1000);
      assertTrue(map.zap().statistics().leafCount() > 100);
      map.removeAll(0, 1000);
      ZapStatistics statistics = map.zap().statistics();
      assertEquals(1, statistics.leafCount());
      assertEquals(Map.of(), map.content());
      long tableEnd = statistics.tableFirstBlock() + statistics.tableBlockCount();
      assertEquals(Math.max(2, tableEnd), statistics.blockCount());
      map.reopen();
      map.putAll(0, 500);
      map.assertSound();
      assertEquals(500, map.content().size());
    }
  }

  @Test
  void opensFatMapsOfAnotherBlockSizeThanItsOwn() {
    try (TestMap map = TestMap.createFat(SMALL)) {
      map.putAll(0, 50);
      map.sync();
      Zap other = Zap.open(map.object(), TestMap.FIXED_SALT);
      assertEquals(50, other.count());
      assertNull(other.get(TestMap.key("x")));
      other.close();
    }
  }
}
