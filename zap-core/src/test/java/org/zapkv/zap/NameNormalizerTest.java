// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Normal forms of keys, with the examples of the specification. */
class NameNormalizerTest {
  private static final int UPPER = 0x2;
  private static final int LOWER = 0x4;
  private static final int NFD = 0x10;
  private static final int NFC = 0x50;
  private static final int NFKD = 0x20;
  private static final int NFKC = 0x60;

  private static byte @Nullable [] form(int normflags, byte[] key) {
    NameNormalizer normalizer = NameNormalizer.of(Normalization.of(normflags));
    assertNotNull(normalizer);
    return normalizer.normalForm(key);
  }

  private static @Nullable String form(int normflags, String key) {
    byte[] form = form(normflags, key.getBytes(UTF_8));
    return form == null ? null : new String(form, UTF_8);
  }

  @Test
  void nothingToDo() {
    assertNull(NameNormalizer.of(Normalization.NONE));
  }

  @Test
  void convertsCaseFirst() {
    assertEquals("fi", form(NFKC | UPPER, "\uFB01"));
    assertEquals("A\u030A", form(NFD | UPPER, "\u00E5"));
    assertEquals("\u00C5", form(NFC | UPPER, "a\u030A"));
    assertEquals("a\u030A", form(NFD | LOWER, "\u00C5"));
  }

  @Test
  void convertsOneCodePointToOne() {
    assertEquals("\u00DF\uFB01", form(UPPER, "\u00DF\uFB01"));
    assertEquals("I", form(UPPER, "\u0131"));
    assertEquals("\u03A3", form(UPPER, "\u03C2"));
    assertEquals("\uD801\uDC00", form(UPPER, "\uD801\uDC28"));
    assertEquals("\uD801\uDC28", form(LOWER, "\uD801\uDC00"));
  }

  @Test
  void isTheSameInEveryLocale() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("tr"));
      assertEquals("I", form(UPPER, "i"));
      assertEquals("i", form(LOWER, "I"));
      assertEquals("\u00C9I", form(UPPER, "\u00E9i"));
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void knowsTheForms() {
    String text = "\u00E5\uFB01";
    assertEquals("a\u030A\uFB01", form(NFD, text));
    assertEquals("\u00E5\uFB01", form(NFC, text));
    assertEquals("a\u030Afi", form(NFKD, text));
    assertEquals("\u00E5fi", form(NFKC, text));
  }

  @Test
  void convertsAsciiExactly() {
    for (int b = 0; b < 0x80; b++) {
      byte[] key = {(byte) b};
      int upper = b >= 'a' && b <= 'z' ? b - 32 : b;
      int lower = b >= 'A' && b <= 'Z' ? b + 32 : b;
      for (int form : new int[] {0, NFD, NFC, NFKD, NFKC}) {
        assertArrayEquals(new byte[] {(byte) upper}, form(form | UPPER, key));
        assertArrayEquals(new byte[] {(byte) lower}, form(form | LOWER, key));
      }
      assertSame(key, form(NFC, key));
    }
  }

  @Test
  void leavesTheKeyAlone() {
    byte[] key = {'a', 'B', (byte) 0xFF};
    assertArrayEquals(new byte[] {'A', 'B', (byte) 0xFF}, form(UPPER, key));
    assertArrayEquals(new byte[] {'a', 'B', (byte) 0xFF}, key);
  }

  @Test
  void hasNoFormForWhatIsNoText() {
    byte[][] invalid = {
      {(byte) 0xFF},
      {'a', (byte) 0x80},
      {(byte) 0xC3},
      {(byte) 0xC0, (byte) 0x80},
      {(byte) 0xED, (byte) 0xA0, (byte) 0x80},
      {(byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80},
    };
    for (byte[] key : invalid) {
      for (int form : new int[] {NFD, NFC, NFKD, NFKC}) {
        assertNull(form(form, key));
        assertNull(form(form | UPPER, key));
      }
      assertNotNull(form(UPPER, key));
    }
  }

  /** Of a name that is no text even the letters that are valid stay, but for those of ASCII. */
  @Test
  void convertsOnlyAsciiOfWhatIsNoText() {
    byte[] key = {'a', (byte) 0xC3, (byte) 0xA9, 'z', (byte) 0xFF};
    assertArrayEquals(
        new byte[] {'A', (byte) 0xC3, (byte) 0xA9, 'Z', (byte) 0xFF}, form(UPPER, key));
    key = new byte[] {'A', (byte) 0xC3, (byte) 0x89, 'Z', (byte) 0xFF};
    assertArrayEquals(
        new byte[] {'a', (byte) 0xC3, (byte) 0x89, 'z', (byte) 0xFF}, form(LOWER, key));
  }

  @Test
  void comparesForms() {
    NameNormalizer normalizer = NameNormalizer.of(Normalization.of(NFC | UPPER));
    assertNotNull(normalizer);
    NormalForm form = NormalForm.of(normalizer, "\u00E5".getBytes(UTF_8));
    assertNotNull(form);
    assertTrue(form.isFormOf("A\u030A".getBytes(UTF_8)));
    assertFalse(form.isFormOf("A".getBytes(UTF_8)));
    assertFalse(form.isFormOf(new byte[] {(byte) 0xFF}));
    assertNull(NormalForm.of(normalizer, new byte[] {(byte) 0xFF}));
  }
}
