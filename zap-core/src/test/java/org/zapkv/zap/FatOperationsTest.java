// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.ValueTypeException;
import org.zapkv.pool.Transaction;

class FatOperationsTest extends OperationsContract {
  private static final byte[] A = TestMap.key("a");

  @Override
  TestMap create() {
    return TestMap.createFat(TestMap.FIXED_SALT.withFatBlockShift(12));
  }

  @Override
  boolean isMicro() {
    return false;
  }

  @Test
  void widensWithoutSign() {
    try (TestMap map = create()) {
      for (int stored : new int[] {1, 2, 4, 8}) {
        byte[] bytes = new byte[3 * stored];
        Arrays.fill(bytes, (byte) 0xFF);
        bytes[bytes.length - 1] = 7;
        map.put(A, new ZapValue(stored, bytes));
        assertEquals(new ZapLength(stored, 3), map.zap().length(A));
        long ones = -1L >>> (64 - 8 * stored);
        assertArrayEquals(new long[] {ones, ones, (ones & ~0xFF) | 7}, map.get(A).toLongs());
        for (int read : new int[] {1, 2, 4, 8}) {
          ByteBuffer buffer = ByteBuffer.allocate(3 * read);
          if (read < stored) {
            assertThrows(ValueTypeException.class, () -> map.zap().read(A, read, buffer));
            assertEquals(0, buffer.position());
            continue;
          }
          assertEquals(3, map.zap().read(A, read, buffer));
          assertEquals(
              Arrays.toString(new long[] {ones, ones, (ones & ~0xFF) | 7}),
              Arrays.toString(new ZapValue(read, buffer.array()).toLongs()));
        }
      }
    }
  }

  @Test
  void readsWhatFits() {
    try (TestMap map = create()) {
      map.put(A, new ZapValue(2, new byte[] {0, 1, 0, 2, 0, 3}));
      ByteBuffer buffer = ByteBuffer.allocate(11);
      assertEquals(3, map.zap().read(A, 4, buffer));
      assertEquals(8, buffer.position());
      assertEquals(2, buffer.getInt(4));
      map.put(A, ZapValue.ofBytes(new byte[0]));
      assertEquals(0, map.zap().read(A, 8, buffer));
      assertEquals(new ZapLength(1, 0), map.zap().length(A));
    }
  }

  @Test
  void incrementsOneIntegerOfAnySize() {
    try (TestMap map = create();
        Transaction tx = map.object().begin()) {
      Zap zap = map.zap();
      zap.put(A, new ZapValue(2, new byte[] {(byte) 0xFF, (byte) 0xFF}), tx);
      assertEquals(0x10000, zap.increment(A, 1, tx));
      assertEquals(ZapValue.ofLong(0x10000), map.get(A));
      zap.put(A, ZapValue.ofBytes(new byte[0]), tx);
      assertEquals(3, zap.increment(A, 3, tx));
      ZapValue two = new ZapValue(8, new byte[16]);
      zap.put(A, two, tx);
      assertThrows(ValueTypeException.class, () -> zap.increment(A, 1, tx));
      assertThrows(ValueTypeException.class, () -> zap.increment(A, 0, tx));
      assertEquals(two, map.get(A));
      assertThrows(ValueTypeException.class, () -> new ZapIntegers(zap).get(0xa));
      assertThrows(ValueTypeException.class, () -> new ZapIntegers(zap).increment(0xa, 1, tx));
      zap.put(A, new ZapValue(1, new byte[] {-1}), tx);
      assertEquals(255, new ZapIntegers(zap).get(0xa));
    }
  }

  @Test
  void doesNotFindAValueOfNoIntegers() {
    try (TestMap map = create()) {
      map.put(A, ZapValue.ofBytes(new byte[0]));
      assertNull(map.zap().findValue(0, 0));
      map.put(TestMap.key("b"), new ZapValue(4, new byte[] {-1, -1, -1, -1, 0, 0, 0, 9}));
      assertArrayEquals(TestMap.key("b"), map.zap().findValue(0xFFFFFFFFL, 0));
      assertNull(map.zap().findValue(-1, 0));
      assertNull(map.zap().findValue(9, 0));
    }
  }

  @Test
  void refusesTextWhereKeysAreWords() {
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT.withFlagBits(ZapName.ALL_FLAGS))) {
      byte[] key = new byte[16];
      map.put(key, ZapValue.ofLong(1));
      Zap zap = map.zap();
      assertEquals(new ZapMatch(key, ZapValue.ofLong(1), false), zap.lookup(key, MatchType.EXACT));
      assertThrows(IllegalArgumentException.class, () -> zap.lookup(key, MatchType.NORMALIZED));
      assertThrows(IllegalArgumentException.class, () -> zap.lookup(key, MatchType.MATCH_CASE));
      assertThrows(IllegalArgumentException.class, () -> new ZapIntegers(zap));
      assertThrows(IllegalArgumentException.class, () -> zap.get(new byte[12]));
      assertThrows(IllegalArgumentException.class, () -> zap.get(new byte[0]));
      try (Transaction tx = map.object().begin()) {
        assertThrows(
            IllegalArgumentException.class, () -> zap.remove(key, MatchType.NORMALIZED, tx));
        assertTrue(zap.replace(key, ZapValue.ofLong(1), ZapValue.ofLong(2), tx));
        assertEquals(5, zap.increment(key, 3, tx));
      }
      assertArrayEquals(key, zap.findValue(5, 0));
      zap.prefetch(key);
    }
  }

  @Test
  void takesKeysAsLongAsTheParametersSay() {
    ZapParameters shortKeys = TestMap.FIXED_SALT.withMaxKeyBytes(255);
    try (TestMap map = TestMap.create(shortKeys)) {
      assertTrue(map.add(new byte[255], ZapValue.ofLong(1)));
      assertThrows(KeyTooLongException.class, () -> map.add(new byte[256], ZapValue.ofLong(1)));
      assertFalse(map.zap().contains(new byte[254]));
    }
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT)) {
      assertTrue(map.add(new byte[1023], ZapValue.ofLong(1)));
      assertThrows(KeyTooLongException.class, () -> map.add(new byte[1024], ZapValue.ofLong(1)));
      map.reopen();
      assertEquals(ZapValue.ofLong(1), map.get(new byte[1023]));
    }
  }
}
