// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.zapkv.zap.Normalization.LetterCase;

/** Turns keys into a normal form, which all variants of a key have in common. */
final class NameNormalizer {
  private final LetterCase letterCase;
  private final Normalizer.@Nullable Form form;

  private NameNormalizer(Normalization normalization) {
    this.letterCase = normalization.letterCase();
    this.form =
        switch (normalization.form()) {
          case NONE -> null;
          case NFD -> Normalizer.Form.NFD;
          case NFC -> Normalizer.Form.NFC;
          case NFKD -> Normalizer.Form.NFKD;
          case NFKC -> Normalizer.Form.NFKC;
        };
  }

  /** The normaliser of a map; null when keys stay as they are. */
  static @Nullable NameNormalizer of(Normalization normalization) {
    return normalization.equals(Normalization.NONE) ? null : new NameNormalizer(normalization);
  }

  /**
   * The normal form of a key.
   *
   * @return the form, the key itself when it is in it; null when the key has none, as it is not
   *     valid UTF-8
   */
  byte @Nullable [] normalForm(byte[] key) {
    String text = isAscii(key) ? null : decode(key);
    if (text != null) {
      return normalForm(text).getBytes(StandardCharsets.UTF_8);
    }
    // Every form leaves ASCII alone. Bytes that are no text have no form, but letters among them.
    return form == null || isAscii(key) ? convertAscii(key) : null;
  }

  private String normalForm(String text) {
    String converted = letterCase == LetterCase.KEPT ? text : convert(text);
    return form == null ? converted : Normalizer.normalize(converted, form);
  }

  private static boolean isAscii(byte[] key) {
    for (byte b : key) {
      if (b < 0) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable String decode(byte[] key) {
    // UTF-8 never has more characters than bytes.
    CharBuffer text = CharBuffer.allocate(key.length);
    boolean isText =
        !StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT)
            .decode(ByteBuffer.wrap(key), text, true)
            .isError();
    return isText ? text.flip().toString() : null;
  }

  private String convert(String text) {
    StringBuilder converted = new StringBuilder(text.length());
    text.codePoints().map(this::convert).forEach(converted::appendCodePoint);
    return converted.toString();
  }

  private int convert(int codePoint) {
    return switch (letterCase) {
      case KEPT -> codePoint;
      case UPPER -> Character.toUpperCase(codePoint);
      case LOWER -> Character.toLowerCase(codePoint);
    };
  }

  private byte[] convertAscii(byte[] key) {
    byte[] converted = key;
    for (int i = 0; i < key.length; i++) {
      byte b = key[i] < 0 ? key[i] : (byte) convert(key[i]);
      if (b != key[i]) {
        converted = converted == key ? Arrays.copyOf(key, key.length) : converted;
        converted[i] = b;
      }
    }
    return converted;
  }
}
