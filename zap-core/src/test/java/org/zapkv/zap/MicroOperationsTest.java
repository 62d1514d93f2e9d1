// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.zapkv.pool.Transaction;

class MicroOperationsTest extends OperationsContract {

  @Override
  TestMap create() {
    return TestMap.create(TestMap.FIXED_SALT.withFatBlockShift(12));
  }

  @Override
  boolean isMicro() {
    return true;
  }

  @Test
  void becomesFatWhenAReplacementNeedsIt() {
    try (TestMap map = create()) {
      map.putAll(0, 20);
      ZapValue bytes = ZapValue.ofBytes(new byte[100]);
      try (Transaction tx = map.object().begin()) {
        assertTrue(map.zap().replace(TestMap.key(1), ZapValue.ofLong(1), bytes, tx));
      }
      assertFalse(map.zap().isMicro());
      assertEquals(bytes, map.get(TestMap.key(1)));
      assertEquals(20, map.content().size());
    }
  }

  @Test
  void staysMicroUpToOneMebibyte() {
    ZapParameters large = TestMap.FIXED_SALT.withMicroMaxBytes(1 << 20);
    int slots = MicroLayout.slotCount(1 << 20);
    try (TestMap map = TestMap.create(large)) {
      map.putAll(0, slots);
      assertTrue(map.zap().isMicro());
      assertEquals(1 << 20, map.object().blockSizeBytes());
      map.reopen();
      assertEquals(slots, map.content().size());
      map.putAll(slots, slots + 1);
      assertFalse(map.zap().isMicro());
      assertEquals(slots + 1, map.zap().count());
      assertEquals(ZapValue.ofLong(slots), map.get(TestMap.key(slots)));
    }
  }

  @Test
  void joinsValuesOfAnyShape() {
    try (TestMap map = create();
        TestMap source = TestMap.createFat(TestMap.FIXED_SALT)) {
      source.put(TestMap.key(1), ZapValue.ofBytes(new byte[50]));
      source.put(TestMap.key(2), new ZapValue(2, new byte[6]));
      source.put(TestMap.key(3), ZapValue.ofBytes(new byte[0]));
      try (Transaction tx = map.object().begin()) {
        assertEquals(0, map.zap().addAll(source.zap(), tx));
      }
      assertFalse(map.zap().isMicro());
      assertEquals(source.content(), map.content());
    }
  }
}
