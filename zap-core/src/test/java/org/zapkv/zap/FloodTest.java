// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.Normalization.Form;
import org.zapkv.zap.Normalization.LetterCase;

/** Whoever chooses the keys: nobody can make a map refuse an entry. */
class FloodTest {
  private static final int KEYS = Integer.getInteger("zap.flood.keys", 20_000);

  private static byte[] key(int number) {
    return Collisions.key(7, number);
  }

  /** A cd that no entry can have counts as 0, as long as there is nothing else that it can mean. */
  @ParameterizedTest
  @CsvSource({"0,1152921504606846976", "1,-281474976710656"})
  void aCookieOfTheOverflowMeansNothingWhereThereIsNone(int flags, long mark) {
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT.withFlagBits(flags))) {
      map.makeFat();
      map.putAll(0, 100);
      try (ZapCursor cursor = map.zap().cursor(mark)) {
        int entries = 0;
        while (cursor.next()) {
          entries++;
        }
        assertEquals(100, entries);
      }
    }
  }

  /**
   * Values of a few entries of a leaf are elsewhere; both kinds of steps have to meet each once.
   */
  @Test
  void entriesWithValuesElsewhereAreWalkedOverInBothWays() {
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT.withFatBlockShift(12))) {
      Set<Integer> all = new HashSet<>();
      for (int i = 0; i < 300; i++) {
        map.put(key(i), ZapValue.ofLong(i));
        all.add(i);
      }
      for (int i = 0; i < 300; i += 2) {
        map.put(key(i), ZapValue.ofBytes(ByteBuffer.allocate(300).putInt(i).array()));
      }
      try (ZapCursor cursor = map.zap().cursor()) {
        while (cursor.tryNext() || cursor.next()) {
          ByteBuffer value = ByteBuffer.wrap(cursor.value().bytes());
          int number = cursor.integerBytes() == 1 ? value.getInt() : (int) value.getLong();
          assertArrayEquals(key(number), cursor.key());
          assertTrue(all.remove(number), "twice: " + number);
        }
      }
      assertEquals(Set.of(), all);
    }
  }

  @Test
  void theKeysDoCollide() {
    for (long salt : new long[] {1, 0x24955, -1}) {
      long hash = ZapHash.crc64(salt, key(0), 0, 16);
      for (int i = 1; i < 1000; i++) {
        assertEquals(hash, ZapHash.crc64(salt, key(i), 0, 16));
      }
      assertFalse(hash == ZapHash.crc64(salt, Collisions.key(8, 0), 0, 16));
    }
  }

  @Test
  void takesAnyNumberOfKeysWithOneHash() {
    try (TestMap map = TestMap.createUntraced(TestMap.FIXED_SALT)) {
      for (int i = 0; i < KEYS; i++) {
        assertTrue(map.add(key(i), ZapValue.ofLong(i)));
        if (i % 10_000 == 0) {
          map.sync();
        }
      }
      assertFalse(map.add(key(KEYS - 1), ZapValue.ofLong(0)));
      map.reopen();
      assertEquals(KEYS, map.zap().count());
      for (int i = 0; i < KEYS; i++) {
        assertEquals(ZapValue.ofLong(i), map.get(key(i)));
      }
      assertNull(map.get(key(KEYS)));
      assertScanned(map);
      map.assertSound();
      ZapStatistics shape = map.zap().statistics();
      assertEquals(KEYS, shape.entryCount());
      assertEquals(KEYS - 16, shape.overflowEntryCount());
      for (int i = 0; i < KEYS; i++) {
        assertEquals(ZapValue.ofLong(i), map.remove(key(i)));
      }
      assertNull(map.remove(key(0)));
      assertEquals(0, map.zap().count());
      assertEquals(Map.of(), map.content());
      map.assertSound();
      assertTrue(map.add(key(5), ZapValue.ofLong(5)));
      assertEquals(1, map.zap().count());
    }
  }

  private static void assertScanned(TestMap map) {
    BitSet seen = new BitSet();
    long hash = ZapHash.mask(ZapHash.crc64(0x24955, key(0), 0, 16), 28);
    try (ZapCursor cursor = map.zap().cursor()) {
      while (cursor.next()) {
        int number = (int) cursor.value().asLong();
        assertFalse(seen.get(number));
        seen.set(number);
        assertEquals(hash, cursor.hash());
      }
    }
    assertEquals(KEYS, seen.cardinality());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aCookieGoesOnInTheOverflow(int flags) {
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT.withFlagBits(flags))) {
      for (int i = 0; i < 1000; i++) {
        map.add(key(i), ZapValue.ofLong(i));
        map.add(TestMap.key(i), ZapValue.ofLong(1000 + i));
      }
      Set<Long> seen = new HashSet<>();
      long cookie = 0;
      for (int i = 0; i < 2000; i++) {
        try (ZapCursor cursor = map.zap().cursor(cookie)) {
          assertTrue(cursor.next());
          assertTrue(seen.add(cursor.value().asLong()));
          try (ZapCursor again = map.zap().cursor(cursor.cookie())) {
            assertTrue(again.next());
            assertEquals(cursor.value(), again.value());
          }
          cookie = cursor.nextCookie();
        }
        if (i % 500 == 0) {
          map.reopen();
        }
      }
      try (ZapCursor cursor = map.zap().cursor(cookie)) {
        assertFalse(cursor.next());
        assertEquals(-1, cursor.nextCookie());
      }
    }
  }

  /** A value that grows in a leaf that can neither take it nor be split. */
  @Test
  void aCursorMeetsAnEntryOnceWhoseValueGrowsUnderIt() {
    try (TestMap map = TestMap.createFat(TestMap.FIXED_SALT)) {
      for (int i = 0; i < 300; i++) {
        map.put(key(i), ZapValue.ofLong(i));
      }
      assertTrue(map.zap().statistics().overflowEntryCount() > 0);
      List<Long> seen = new ArrayList<>();
      try (ZapCursor cursor = map.zap().cursor()) {
        while (cursor.next()) {
          long number = cursor.value().integer(0);
          seen.add(number);
          byte[] large = new byte[1000];
          large[7] = (byte) number;
          large[6] = (byte) (number >> 8);
          map.put(cursor.key(), new ZapValue(8, large));
        }
      }
      assertEquals(300, seen.size());
      assertEquals(300, new HashSet<>(seen).size());
      assertEquals(300, map.zap().count());
      map.assertSound();
      map.reopen();
      map.assertSound();
      for (int i = 0; i < 300; i++) {
        assertEquals(i, map.get(key(i)).integer(0));
        assertEquals(1000, map.get(key(i)).bytes().length);
        assertTrue(map.zap().contains(key(i)));
      }
      for (int i = 0; i < 300; i++) {
        ZapValue before = i % 2 == 0 ? map.put(key(i), ZapValue.ofLong(1)) : map.remove(key(i));
        assertEquals(i, before.integer(0));
      }
      assertEquals(150, map.zap().count());
      assertEquals(150, map.content().size());
    }
  }

  /** Only an addition makes a micro map fat for its hashes; the format says nothing of updates. */
  @Test
  void updatesOfCollidingNamesStayMicroAsInTheFormat() {
    ZapParameters faithful = TestMap.FIXED_SALT.withShrinkPolicy(ShrinkPolicy.FORMAT_FAITHFUL);
    try (TestMap map = TestMap.create(faithful)) {
      List<byte[]> names = new ArrayList<>();
      for (int i = 0; names.size() < 400; i++) {
        byte[] key = Collisions.key(7, 0x4141414141414141L + i);
        boolean hasNul = false;
        for (byte b : key) {
          hasNul |= b == 0;
        }
        if (!hasNul) {
          names.add(key);
        }
      }
      for (byte[] name : names) {
        map.put(name, ZapValue.ofLong(names.size()));
      }
      assertTrue(map.zap().isMicro(), names.size() + " names");
      assertFalse(
          map.add(TestMap.key("fat"), ZapValue.ofBytes(new byte[0])) && map.zap().isMicro());
      assertEquals(names.size() + 1, map.content().size());
      map.assertSound();
      for (byte[] name : names) {
        assertEquals(ZapValue.ofLong(names.size()), map.remove(name));
      }
    }
  }

  /** Half of the larger table is not written while it is being built. */
  @Test
  void theObjectIsAsLongAsItsHeaderSaysWhileTheTableOfTheOverflowGrows() {
    try (TestMap map = TestMap.createUntraced(TestMap.FIXED_SALT.withFatBlockShift(9))) {
      for (int i = 0; i < 3000; i++) {
        map.add(key(i), ZapValue.ofLong(i));
        if (i % 10 == 0) {
          assertEquals(List.of(), map.problems());
        }
      }
      map.reopen();
      map.assertSound();
    }
  }

  /** Variants of one key have one hash by nature: these are 1024 of them. */
  @Test
  void variantsAreFoundInTheOverflowToo() {
    Normalization upper = new Normalization(LetterCase.UPPER, Form.NONE);
    try (TestMap map = TestMap.create(TestMap.FIXED_SALT.withNormalization(upper))) {
      for (int i = 0; i < 1024; i++) {
        assertTrue(map.add(variant(i), ZapValue.ofLong(i)));
      }
      map.reopen();
      assertTrue(map.zap().statistics().overflowEntryCount() > 800);
      map.assertSound();
      for (int i = 0; i < 1024; i++) {
        assertEquals(ZapValue.ofLong(i), map.get(variant(i)));
        ZapMatch exact = map.zap().lookup(variant(i), MatchType.EXACT);
        assertEquals(new ZapMatch(variant(i), ZapValue.ofLong(i), false), exact);
        ZapMatch any = map.zap().lookup(variant(i), MatchType.NORMALIZED);
        assertEquals(new ZapMatch(variant(0), ZapValue.ofLong(0), true), any);
        ZapMatch sameCase = map.zap().lookup(variant(i), MatchType.MATCH_CASE);
        assertEquals(new ZapMatch(variant(i), ZapValue.ofLong(i), false), sameCase);
      }
      try (ZapCursor cursor = map.zap().cursor()) {
        for (int i = 0; i < 1024; i++) {
          assertTrue(cursor.next());
          assertTrue(cursor.conflict());
        }
        assertFalse(cursor.next());
      }
      for (int i = 1024; i > 0; i--) {
        try (Transaction tx = map.object().begin()) {
          assertNotNull(map.zap().remove(variant(77), MatchType.NORMALIZED, tx));
        }
        ZapMatch left = map.zap().lookup(variant(1), MatchType.NORMALIZED);
        assertEquals(i > 2, left != null && left.conflict(), "left: " + (i - 1));
      }
      assertEquals(0, map.zap().count());
    }
  }

  private static byte[] variant(int number) {
    StringBuilder key = new StringBuilder();
    for (int bit = 0; bit < 10; bit++) {
      key.append((char) ((number >> bit & 1) == 0 ? 'a' + bit : 'A' + bit));
    }
    return TestMap.key(key.toString());
  }

  @Test
  void aReplacementThatExpectsAValueIsRightInTheOverflowToo() {
    try (TestMap map = TestMap.createFat(TestMap.FIXED_SALT)) {
      for (int i = 0; i < 400; i++) {
        map.put(key(i), ZapValue.ofLong(i));
      }
      ZapValue large = new ZapValue(8, new byte[2000]);
      for (int i = 0; i < 400; i++) {
        try (Transaction tx = map.object().begin()) {
          assertFalse(map.zap().replace(key(i), ZapValue.ofLong(-1), large, tx));
          assertTrue(map.zap().replace(key(i), ZapValue.ofLong(i), large, tx));
          assertFalse(map.zap().replace(key(i), ZapValue.ofLong(i), large, tx));
          assertEquals(new ZapLength(8, 250), map.zap().length(key(i)));
          assertTrue(map.zap().replace(key(i), large, ZapValue.ofLong(i), tx));
          assertFalse(map.zap().replace(key(i), large, null, tx));
          if (i % 2 == 0) {
            assertTrue(map.zap().replace(key(i), ZapValue.ofLong(i), null, tx));
            assertFalse(map.zap().replace(key(i), ZapValue.ofLong(i), large, tx));
          }
        }
      }
      assertEquals(200, map.zap().count());
      map.reopen();
      assertEquals(200, map.content().size());
    }
  }

  @ParameterizedTest
  @CsvSource({"9,0", "10,1", "12,0", "14,0", "12,3", "14,7"})
  void doesWhatAHashMapDoes(int blockShift, int flags) {
    Seeds.run(random -> new Run(random, blockShift, flags).go());
  }

  /** Random operations on keys of a few hashes, and on others. */
  private static final class Run {
    private final Random random;
    private final TestMap map;
    private final boolean uint64;
    private final boolean preHashed;
    private final int groups;
    private final int perGroup;
    private final int largest;
    private final Map<String, ZapValue> model = new HashMap<>();

    Run(Random random, int blockShift, int flags) {
      this.random = random;
      this.uint64 = ZapName.isUint64(flags);
      this.preHashed = (flags & ZapName.FLAG_PRE_HASHED_KEY) != 0;
      this.groups = 1 + random.nextInt(4);
      this.perGroup = 20 << random.nextInt(6);
      this.largest = 1 + random.nextInt(1 << Math.min(9, blockShift - 3));
      this.map =
          TestMap.create(
              ZapParameters.DEFAULT
                  .withFatBlockShift(blockShift)
                  .withFlagBits(flags)
                  .withShrinkPolicy(
                      random.nextBoolean() ? ShrinkPolicy.MERGE : ShrinkPolicy.FORMAT_FAITHFUL)
                  .withSaltSource(random::nextLong),
              64 << 20,
              new ReusingLeafCreator());
    }

    void go() {
      for (int i = 1; i <= 6000; i++) {
        operation(i < 4500 ? 70 : 15);
        if (random.nextInt(500) == 0) {
          map.sync();
        }
        if (random.nextInt(1500) == 0) {
          map.reopen();
        }
        if (i % 500 == 0) {
          compare();
        }
      }
      map.close();
    }

    private byte[] key() {
      int number = random.nextInt(perGroup);
      if (random.nextInt(5) == 0) {
        return uint64 ? Collisions.key(number + 100, 0) : TestMap.key(number);
      }
      int group = random.nextInt(groups);
      if (preHashed) {
        byte[] words = new byte[16];
        words[0] = (byte) group;
        words[15] = (byte) number;
        words[14] = (byte) (number >> 8);
        return words;
      }
      return uint64 ? reversedWords(Collisions.key(group, number)) : Collisions.key(group, number);
    }

    /** Words are hashed least significant byte first and given most significant byte first. */
    private static byte[] reversedWords(byte[] key) {
      byte[] reversed = new byte[key.length];
      for (int i = 0; i < key.length; i++) {
        reversed[i] = key[i ^ 7];
      }
      return reversed;
    }

    private ZapValue value() {
      byte[] bytes = new byte[random.nextInt(largest)];
      random.nextBytes(bytes);
      return random.nextBoolean() ? ZapValue.ofLong(random.nextLong()) : ZapValue.ofBytes(bytes);
    }

    private void operation(int additions) {
      byte[] key = key();
      String text = new String(key, java.nio.charset.StandardCharsets.ISO_8859_1);
      if (random.nextInt(100) >= additions) {
        assertEquals(model.remove(text), map.remove(key));
      } else if (random.nextBoolean()) {
        ZapValue value = value();
        assertEquals(!model.containsKey(text), map.add(key, value));
        model.putIfAbsent(text, value);
      } else {
        ZapValue value = value();
        assertEquals(model.put(text, value), map.put(key, value));
      }
      assertEquals(model.get(text), map.get(key));
      byte[] other = key();
      text = new String(other, java.nio.charset.StandardCharsets.ISO_8859_1);
      assertEquals(model.get(text), map.get(other));
      assertEquals(model.containsKey(text), map.zap().contains(other));
    }

    private void compare() {
      assertEquals(model.size(), map.zap().count());
      assertEquals(model, map.content());
      map.assertSound();
      assertEquals(model.size(), map.zap().statistics().entryCount());
    }
  }
}
