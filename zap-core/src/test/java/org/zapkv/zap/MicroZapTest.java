// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.zapkv.error.ValueTooLargeException;

class MicroZapTest extends ZapContract {

  @Override
  TestMap create() {
    return TestMap.create(TestMap.FIXED_SALT);
  }

  @Override
  boolean isMicro() {
    return true;
  }

  /** What a micro map cannot hold makes it fat, with everything that was in it. */
  private static void becomesFat(byte[] key, ZapValue value) {
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT)) {
      map.putAll(0, 20);
      Map<String, ZapValue> before = map.content();
      assertTrue(map.add(key, value));
      assertFalse(map.zap().isMicro());
      assertEquals(value, map.get(key));
      assertEquals(21, map.zap().count());
      map.remove(key);
      assertEquals(before, map.content());
      map.reopen();
      assertFalse(map.zap().isMicro());
      assertEquals(before, map.content());
    }
  }

  @Test
  void becomesFatForAnEmptyKey() {
    becomesFat(new byte[0], ZapValue.ofLong(1));
  }

  @Test
  void becomesFatForAKeyWithNul() {
    becomesFat(new byte[] {'k', 0}, ZapValue.ofLong(1));
  }

  @Test
  void becomesFatForALongKey() {
    becomesFat(new byte[50], ZapValue.ofLong(1));
    byte[] longest = TestMap.key("x".repeat(1023));
    becomesFat(longest, ZapValue.ofLong(1));
  }

  @Test
  void becomesFatForAnotherValue() {
    becomesFat(TestMap.key("v"), ZapValue.ofBytes(new byte[8]));
    becomesFat(TestMap.key("v"), new ZapValue(8, new byte[16]));
    becomesFat(TestMap.key("v"), new ZapValue(4, new byte[4]));
    becomesFat(TestMap.key("v"), ZapValue.ofBytes(new byte[0]));
  }

  @Test
  void becomesFatWhenItIsFull() {
    ZapParameters small = TestMap.FIXED_SALT.withMicroMaxBytes(1024);
    try (TestMap map = TestMap.create(small)) {
      map.putAll(0, 15);
      assertTrue(map.zap().isMicro());
      assertEquals(1024, map.object().blockSizeBytes());
      map.putAll(14, 15);
      assertFalse(map.zap().isMicro());
      map.putAll(15, 16);
      assertEquals(16, map.content().size());
    }
  }

  @Test
  void growsWhenItIsFullEvenForAKeyThatIsThere() {
    try (TestMap map = create()) {
      map.putAll(0, 7);
      assertEquals(512, map.object().blockSizeBytes());
      assertFalse(map.add(TestMap.key(1), ZapValue.ofLong(0)));
      assertEquals(1024, map.object().blockSizeBytes());
    }
  }

  @Test
  void doesNotBecomeFatForAValueThatNoLeafCanHold() {
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT.withFatBlockShift(12))) {
      map.putAll(0, 7);
      byte[] before = map.image();
      ZapValue large = ZapValue.ofBytes(new byte[4096]);
      assertThrows(ValueTooLargeException.class, () -> map.add(TestMap.key("a"), large));
      assertThrows(ValueTooLargeException.class, () -> map.put(TestMap.key(1), large));
      assertTrue(map.zap().isMicro());
      assertArrayEquals(before, map.image());
    }
  }

  @Test
  void becomesFatInABlockOfTheSameSize() {
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT.withFatBlockShift(12))) {
      map.putAll(0, 63);
      assertEquals(4096, map.object().blockSizeBytes());
      map.makeFat();
      assertEquals(63, map.content().size());
    }
  }

  private static boolean isSlotUsed(TestMap map, int slot) {
    int name = MicroLayout.entryOffset(slot) + MicroLayout.ENTRY_NAME_OFFSET;
    return map.image()[name] != 0;
  }

  @Test
  void looksForAFreeSlotAfterTheLastOneTaken() {
    try (TestMap map = create()) {
      map.putAll(0, 5);
      map.removeAll(0, 2);
      map.putAll(5, 6);
      assertFalse(isSlotUsed(map, 0));
      assertTrue(isSlotUsed(map, 5));
      map.putAll(6, 8);
      assertTrue(isSlotUsed(map, 6));
      assertTrue(isSlotUsed(map, 0));
      assertFalse(isSlotUsed(map, 1));
      map.removeAll(7, 8);
      map.reopen();
      map.putAll(8, 9);
      assertTrue(isSlotUsed(map, 0));
      assertFalse(isSlotUsed(map, 1));
    }
  }
}
