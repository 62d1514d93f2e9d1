// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.zapkv.cache.BufferCache;
import org.zapkv.error.CorruptException;
import org.zapkv.error.KeyNotTextException;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.object.ImageObject;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.Normalization.Form;
import org.zapkv.zap.Normalization.LetterCase;

/** What every map that normalises its keys does, micro or fat. */
abstract class NormalizationContract {
  private static final byte[] NO_TEXT = {'a', (byte) 0xFF};

  private static final Normalization UPPER = new Normalization(LetterCase.UPPER, Form.NONE);
  private static final Normalization LOWER = new Normalization(LetterCase.LOWER, Form.NONE);
  private static final Normalization NFC = new Normalization(LetterCase.KEPT, Form.NFC);
  private static final Normalization NFC_UPPER = new Normalization(LetterCase.UPPER, Form.NFC);

  abstract boolean isMicro();

  private TestMap create(Normalization normalization) {
    return create(TestMap.FIXED_SALT.withNormalization(normalization));
  }

  private TestMap create(ZapParameters parameters) {
    return isMicro() ? TestMap.create(parameters) : TestMap.createFat(parameters);
  }

  private static byte[] key(String text) {
    return text.getBytes(UTF_8);
  }

  private static void put(TestMap map, String text, long value) {
    map.put(key(text), ZapValue.ofLong(value));
  }

  private static String found(TestMap map, String text, MatchType match) {
    return text(map.zap().lookup(key(text), match));
  }

  private static String text(@Nullable ZapMatch match) {
    return match == null
        ? "none"
        : new String(match.key(), UTF_8)
            + "="
            + match.value().asLong()
            + (match.conflict() ? " conflict" : "");
  }

  private static String removed(TestMap map, String text, MatchType match) {
    try (Transaction tx = map.object().begin()) {
      return text(map.zap().remove(key(text), match, tx));
    }
  }

  private void assertSound(TestMap map) {
    assertEquals(isMicro(), map.zap().isMicro());
    map.assertSound();
    map.reopen();
    map.assertSound();
  }

  @Test
  void variantsAreKeysOfTheirOwn() {
    try (TestMap map = create(UPPER)) {
      put(map, "name", 1);
      put(map, "Name", 2);
      put(map, "NAME", 3);
      assertEquals(3, map.zap().count());
      assertEquals(ZapValue.ofLong(2), map.get(key("Name")));
      assertNull(map.get(key("nAME")));
      assertFalse(map.zap().contains(key("nAME")));
      assertEquals(map.zap().hash(key("name")), map.zap().hash(key("nAME")));
      assertFalse(map.add(key("name"), ZapValue.ofLong(9)));
      assertNull(map.remove(key("nAME")));
      assertEquals(ZapValue.ofLong(2), map.remove(key("Name")));
      assertEquals(2, map.zap().count());
      assertSound(map);
    }
  }

  @Test
  void findsTheVariantWithTheLowestCd() {
    try (TestMap map = create(UPPER)) {
      put(map, "name", 1);
      put(map, "Name", 2);
      assertEquals("name=1 conflict", found(map, "NAME", MatchType.NORMALIZED));
      assertEquals("name=1 conflict", found(map, "Name", MatchType.NORMALIZED));
      assertEquals("Name=2", found(map, "Name", MatchType.EXACT));
      assertEquals("none", found(map, "NAME", MatchType.EXACT));
      map.remove(key("name"));
      assertEquals("Name=2", found(map, "NAME", MatchType.NORMALIZED));
      put(map, "NAME", 3);
      assertEquals("NAME=3 conflict", found(map, "name", MatchType.NORMALIZED));
      assertEquals("none", found(map, "other", MatchType.NORMALIZED));
      assertSound(map);
    }
  }

  @Test
  void matchesCaseInTheNormalForm() {
    try (TestMap map = create(NFC_UPPER)) {
      put(map, "a\u030A", 1);
      put(map, "\u00C5", 2);
      assertEquals("a\u030A=1", found(map, "\u00E5", MatchType.MATCH_CASE));
      assertEquals("\u00C5=2", found(map, "A\u030A", MatchType.MATCH_CASE));
      assertEquals("a\u030A=1 conflict", found(map, "A\u030A", MatchType.NORMALIZED));
      put(map, "\u00E5", 3);
      assertEquals("a\u030A=1 conflict", found(map, "\u00E5", MatchType.MATCH_CASE));
      assertEquals("\u00E5=3", found(map, "\u00E5", MatchType.EXACT));
      assertSound(map);
    }
  }

  @Test
  void matchingCaseOfUpperCaseAloneIsExact() {
    try (TestMap map = create(UPPER)) {
      put(map, "name", 1);
      put(map, "Name", 2);
      assertEquals("Name=2", found(map, "Name", MatchType.MATCH_CASE));
      assertEquals("none", found(map, "NAME", MatchType.MATCH_CASE));
    }
    try (TestMap map = create(LOWER)) {
      put(map, "name", 1);
      assertEquals("name=1", found(map, "NAME", MatchType.MATCH_CASE));
      assertEquals("name=1", found(map, "NAME", MatchType.NORMALIZED));
    }
  }

  @Test
  void removesWhatALookupFinds() {
    try (TestMap map = create(NFC_UPPER)) {
      put(map, "name", 1);
      put(map, "Name", 2);
      put(map, "NAME", 3);
      assertEquals("none", removed(map, "nAME", MatchType.EXACT));
      assertEquals("none", removed(map, "nAME", MatchType.MATCH_CASE));
      assertEquals("NAME=3", removed(map, "NAME", MatchType.MATCH_CASE));
      assertEquals("name=1 conflict", removed(map, "nAME", MatchType.NORMALIZED));
      assertEquals("Name=2", removed(map, "nAME", MatchType.NORMALIZED));
      assertEquals("none", removed(map, "nAME", MatchType.NORMALIZED));
      assertEquals(0, map.zap().count());
      assertSound(map);
    }
  }

  @Test
  void cursorTellsConflicts() {
    try (TestMap map = create(NFC_UPPER)) {
      for (int i = 0; i < 100; i++) {
        put(map, "name" + i, i);
        if (i % 3 == 0) {
          put(map, "Name" + i, i);
        }
      }
      try (ZapCursor cursor = map.zap().cursor()) {
        int entries = 0;
        for (; cursor.next(); entries++) {
          assertEquals(cursor.value().asLong() % 3 == 0, cursor.conflict());
        }
        assertEquals(134, entries);
      }
      assertSound(map);
    }
  }

  @Test
  void refusesWhatIsNoTextWhereThereIsAForm() {
    try (TestMap map = create(NFC)) {
      map.putAll(0, 7);
      byte[] before = map.image();
      Zap zap = map.zap();
      ZapValue value = ZapValue.ofLong(1);
      try (Transaction tx = map.object().begin()) {
        for (Executable refused :
            new Executable[] {
              () -> zap.add(NO_TEXT, value, tx),
              () -> zap.put(NO_TEXT, value, tx),
              () -> zap.put(NO_TEXT, ZapValue.ofBytes(new byte[9]), tx),
              () -> zap.remove(NO_TEXT, tx),
              () -> zap.remove(NO_TEXT, MatchType.NORMALIZED, tx),
              () -> zap.replace(NO_TEXT, null, value, tx),
              () -> zap.increment(NO_TEXT, 1, tx),
              () -> zap.get(NO_TEXT),
              () -> zap.contains(NO_TEXT),
              () -> zap.lookup(NO_TEXT, MatchType.EXACT),
              () -> zap.lookup(NO_TEXT, MatchType.NORMALIZED),
              () -> zap.lookup(NO_TEXT, MatchType.MATCH_CASE),
              () -> zap.length(NO_TEXT),
              () -> zap.read(NO_TEXT, 8, ByteBuffer.allocate(8)),
              () -> zap.prefetch(NO_TEXT),
              () -> zap.hash(NO_TEXT),
            }) {
          assertThrows(KeyNotTextException.class, refused);
        }
      }
      assertArrayEquals(before, map.image());
    }
  }

  @Test
  void takesAnyBytesWhereThereIsNone() {
    try (TestMap map = create(UPPER)) {
      byte[] variant = {'A', (byte) 0xFF};
      assertTrue(map.add(NO_TEXT, ZapValue.ofLong(1)));
      assertEquals(ZapValue.ofLong(1), map.get(NO_TEXT));
      assertNull(map.get(variant));
      ZapMatch match = map.zap().lookup(variant, MatchType.NORMALIZED);
      assertEquals(new ZapMatch(NO_TEXT, ZapValue.ofLong(1), false), match);
      assertTrue(map.add(variant, ZapValue.ofLong(2)));
      match = map.zap().lookup(variant, MatchType.NORMALIZED);
      assertEquals(new ZapMatch(NO_TEXT, ZapValue.ofLong(1), true), match);
      assertSound(map);
    }
  }

  @Test
  void limitsTheNormalFormToo() {
    Normalization nfkd = new Normalization(LetterCase.KEPT, Form.NFKD);
    // Three bytes that become thirty-three.
    byte[] key = key("\uFDFA".repeat(8));
    ZapParameters parameters = TestMap.FIXED_SALT.withNormalization(nfkd).withMaxKeyBytes(255);
    try (TestMap map = create(parameters)) {
      map.putAll(0, 7);
      byte[] before = map.image();
      assertThrows(KeyTooLongException.class, () -> map.add(key, ZapValue.ofLong(1)));
      assertThrows(KeyTooLongException.class, () -> map.get(key));
      assertThrows(KeyTooLongException.class, () -> map.zap().lookup(key, MatchType.NORMALIZED));
      assertThrows(KeyTooLongException.class, () -> map.remove(key));
      assertArrayEquals(before, map.image());
      assertTrue(map.add(key("\uFDFA".repeat(7)), ZapValue.ofLong(1)));
      assertSound(map);
    }
    try (TestMap map = create(nfkd)) {
      assertTrue(map.add(key, ZapValue.ofLong(1)));
      assertThrows(KeyTooLongException.class, () -> map.zap().contains(key("\uFDFA".repeat(32))));
      assertSound(map);
    }
  }

  @Test
  void becomesFatAsItIs() {
    try (TestMap map = create(NFC_UPPER)) {
      for (int i = 0; i < 300; i++) {
        put(map, "na\u00EFve" + i, i);
        put(map, "NAI\u0308VE" + i, 1000 + i);
      }
      List<String> before = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        before.add(found(map, "nai\u0308ve" + i, MatchType.NORMALIZED));
      }
      map.makeFat();
      map.reopen();
      List<String> after = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        after.add(found(map, "nai\u0308ve" + i, MatchType.NORMALIZED));
      }
      assertEquals(before, after);
      assertEquals("na\u00EFve7=7 conflict", after.get(7));
      map.assertSound();
    }
  }

  @Test
  void wordsAreNotNormalised() {
    ZapParameters words =
        TestMap.FIXED_SALT.withNormalization(NFC).withFlagBits(ZapName.FLAG_UINT64_KEY);
    assertThrows(IllegalArgumentException.class, () -> TestMap.create(words));
  }

  @Test
  void normflagsThatMeanNothingAreDamage() {
    try (TestMap map = create(NFC)) {
      put(map, "a", 1);
      byte[] image = map.image();
      int offset = isMicro() ? MicroLayout.NORMFLAGS_OFFSET : FatHeaderLayout.NORMFLAGS_OFFSET;
      for (long normflags : new long[] {1, 6, 0x30, 0x40, 0x70, 0x80, 0x100000000L, -1}) {
        ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).putLong(offset, normflags);
        CorruptException e = assertThrows(CorruptException.class, () -> open(map, image));
        assertEquals(offset, e.offsetBytes());
        assertEquals(0, e.blockId());
      }
    }
  }

  private static void open(TestMap map, byte[] image) {
    try (BufferCache cache = FixtureTest.newCache()) {
      Zap.open(Images.of(cache, map.object().blockSizeBytes(), image), TestMap.FIXED_SALT);
    }
  }

  /** A stored name that is no text has no hash: it is found when its leaf is read. */
  @Test
  void aStoredNameThatIsNoTextIsDamage() {
    try (TestMap map = create(NFC)) {
      byte[] name = key("caf\u00E9");
      map.put(name, ZapValue.ofLong(1));
      byte[] image = map.image();
      int at = new String(image, ISO_8859_1).indexOf("caf\u00C3");
      image[at + 3] = (byte) 0xFF;
      try (BufferCache cache = FixtureTest.newCache()) {
        ImageObject object = Images.of(cache, map.object().blockSizeBytes(), image);
        if (isMicro()) {
          assertThrows(CorruptException.class, () -> Zap.open(object, TestMap.FIXED_SALT));
          return;
        }
        Zap zap = Zap.open(object, TestMap.FIXED_SALT);
        List<String> problems = FixtureTest.problems(zap);
        assertFalse(problems.isEmpty());
        assertTrue(problems.get(0).contains("not valid UTF-8"), problems.get(0));
        assertThrows(CorruptException.class, () -> zap.lookup(name, MatchType.NORMALIZED));
      }
    }
  }
}
