// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.Normalization.Form;
import org.zapkv.zap.Normalization.LetterCase;

/** All operations where keys have one hash: in a leaf, in the overflow, with values apart. */
class FloodedOperationsTest {
  private static final int KEYS = 120;
  private static final int OPERATIONS = 4000;

  private static byte[] key(int number) {
    return Collisions.key(7, number);
  }

  @Test
  void doesWhatAHashMapDoes() {
    Seeds.run(
        random -> {
          ZapParameters small = TestMap.FIXED_SALT.withFatBlockShift(12);
          try (TestMap map = TestMap.createFat(small)) {
            new Run(random, map).go();
          }
        });
  }

  private static final class Run {
    private final Random random;
    private final TestMap map;
    private final Map<String, ZapValue> model = new HashMap<>();

    Run(Random random, TestMap map) {
      this.random = random;
      this.map = map;
    }

    void go() {
      for (int i = 1; i <= OPERATIONS; i++) {
        byte[] key = key(random.nextInt(KEYS));
        try (Transaction tx = map.object().begin()) {
          operation(key, tx);
        }
        read(key);
        if (i % 400 == 0) {
          compare();
        }
      }
    }

    private ZapValue value() {
      return random.nextBoolean()
          ? ZapValue.ofLong(random.nextInt(4))
          : new ZapValue(4, new byte[4 * random.nextInt(60)]);
    }

    private void operation(byte[] key, Transaction tx) {
      String text = new String(key, ISO_8859_1);
      ZapValue before = model.get(text);
      if (random.nextInt(3) == 0) {
        increment(key, text, before, tx);
        return;
      }
      // Right, absent, or most likely wrong.
      ZapValue expected =
          switch (random.nextInt(4)) {
            case 0 -> null;
            case 1 -> value();
            default -> before;
          };
      ZapValue next = random.nextInt(3) == 0 ? null : value();
      boolean same = expected == null ? before == null : expected.equals(before);
      assertEquals(same, map.zap().replace(key, expected, next, tx));
      if (same) {
        set(text, next);
      }
    }

    private void increment(byte[] key, String text, @Nullable ZapValue before, Transaction tx) {
      if (before != null && before.count() > 1) {
        return;
      }
      long delta = random.nextInt(5) - 2L;
      long sum = delta + (before == null || before.count() == 0 ? 0 : before.integer(0));
      assertEquals(sum, map.zap().increment(key, delta, tx));
      if (delta != 0) {
        set(text, sum == 0 ? null : ZapValue.ofLong(sum));
      }
    }

    private void set(String text, @Nullable ZapValue value) {
      if (value == null) {
        model.remove(text);
      } else {
        model.put(text, value);
      }
    }

    private void read(byte[] key) {
      ZapValue value = model.get(new String(key, ISO_8859_1));
      assertEquals(value, map.get(key));
      assertEquals(
          value == null ? null : new ZapLength(value.integerBytes(), value.count()),
          map.zap().length(key));
      ByteBuffer buffer = ByteBuffer.allocate(8);
      assertEquals(value == null ? -1 : value.count(), map.zap().read(key, 8, buffer));
      ZapMatch match = value == null ? null : new ZapMatch(key, value, false);
      assertEquals(match, map.zap().lookup(key, MatchType.EXACT));
      map.zap().prefetch(key);
    }

    private void compare() {
      assertEquals(model, map.content());
      assertEquals(model.size(), map.zap().count());
      map.assertSound();
      assertTrue(map.zap().statistics().overflowEntryCount() > 0);
      try (TestMap copy = TestMap.create(ZapParameters.DEFAULT);
          Transaction tx = copy.object().begin()) {
        assertEquals(0, copy.zap().addAll(map.zap(), tx));
        assertEquals(model.size(), copy.zap().addAll(map.zap(), tx));
        assertEquals(model, copy.content());
      }
      map.reopen();
      map.zap().prefetchAll();
    }
  }

  @Test
  void findsValuesInTheOverflow() {
    try (TestMap map = TestMap.createFat(TestMap.FIXED_SALT.withFatBlockShift(12))) {
      for (int i = 0; i < KEYS; i++) {
        map.put(key(i), ZapValue.ofLong(i));
      }
      for (int i = 0; i < KEYS; i++) {
        assertArrayEquals(key(i), map.zap().findValue(i, 0));
      }
      assertNull(map.zap().findValue(KEYS, 0));
    }
  }

  @Test
  void prefetchesTheOverflowToo() {
    try (TestMap map = TestMap.createFat(TestMap.FIXED_SALT.withFatBlockShift(12))) {
      for (int i = 0; i < 10 * KEYS; i++) {
        map.put(key(i), ZapValue.ofLong(i));
      }
      assertTrue(map.zap().statistics().overflowEntryCount() > 9 * KEYS);
      map.reopen();
      FaultyBlockObject faulty = new FaultyBlockObject(map.cache(), map.object(), false);
      Zap zap = map.openOver(faulty);
      for (int i = 0; i < 10 * KEYS; i += 50) {
        map.object().forget();
        zap.prefetch(key(i));
        faulty.failAfter(0);
        assertEquals(ZapValue.ofLong(i), zap.get(key(i)));
        faulty.failAfter(Long.MAX_VALUE);
      }
      map.object().forget();
      zap.prefetchAll();
      faulty.failAfter(0);
      for (int i = 0; i < 10 * KEYS; i++) {
        assertEquals(ZapValue.ofLong(i), zap.get(key(i)));
      }
    }
  }

  /** Every variant of one key, more than a leaf holds: 2^8 of them. */
  @Test
  void findsVariantsInTheOverflow() {
    ZapParameters parameters =
        TestMap.FIXED_SALT.withNormalization(new Normalization(LetterCase.UPPER, Form.NFC));
    try (TestMap map = TestMap.createFat(parameters)) {
      for (int i = 0; i < 256; i++) {
        assertTrue(map.add(variant(i), ZapValue.ofLong(i)));
      }
      assertTrue(map.zap().statistics().overflowEntryCount() > 0);
      map.reopen();
      int conflicts = 0;
      try (ZapCursor cursor = map.zap().cursor()) {
        for (; cursor.next(); conflicts++) {
          assertTrue(cursor.conflict());
        }
      }
      assertEquals(256, conflicts);
      for (int i = 0; i < 256; i++) {
        ZapMatch exact = new ZapMatch(variant(i), ZapValue.ofLong(i), false);
        assertEquals(exact, map.zap().lookup(variant(i), MatchType.EXACT));
        assertEquals(exact, map.zap().lookup(variant(i), MatchType.MATCH_CASE));
      }
      for (int left = 255; left >= 0; left--) {
        try (Transaction tx = map.object().begin()) {
          ZapMatch removed = map.zap().remove(variant(0), MatchType.NORMALIZED, tx);
          assertEquals(left > 0, removed != null && removed.conflict());
          assertEquals(left, map.zap().count());
        }
      }
      assertNull(map.zap().lookup(variant(0), MatchType.NORMALIZED));
    }
  }

  private static byte[] variant(int bits) {
    byte[] key = new byte[8];
    for (int i = 0; i < 8; i++) {
      key[i] = (byte) ((bits >>> i & 1) == 0 ? 'a' : 'A');
    }
    return key;
  }
}
