// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;
import org.zapkv.error.KeyTooLongException;

/** Keys and names as bytes: checked on the way in, shown in messages on the way out. */
final class Keys {
  /** Longer byte strings are cut in messages. */
  private static final int SHOWN_BYTES = 40;

  private Keys() {}

  /**
   * The UTF-8 form of a text.
   *
   * @throws IllegalArgumentException if it has none: a question mark in place of what has none
   *     would make different texts the same
   */
  static byte[] utf8(String text) {
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int codePoint = text.codePointAt(i);
      if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
        throw new IllegalArgumentException(
            "the text has half a surrogate pair, 0x"
                + Integer.toHexString(codePoint)
                + ", at index "
                + i
                + " and so no UTF-8 form: give bytes instead, or mend the text");
      }
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] check(byte[] key) {
    Objects.requireNonNull(key, "key");
    if (key.length > ZapMap.MAX_KEY_BYTES) {
      throw new KeyTooLongException(
          "key of "
              + key.length
              + " bytes, "
              + show(key)
              + ": a key has at most "
              + ZapMap.MAX_KEY_BYTES
              + " bytes; store a digest of it, or the rest in the value");
    }
    return key;
  }

  /** Text in quotes where the bytes are printable UTF-8, hexadecimal digits where not. */
  static String show(byte[] bytes) {
    int shown = Math.min(bytes.length, SHOWN_BYTES);
    String rest = bytes.length > shown ? "... (" + bytes.length + " bytes)" : "";
    try {
      String text =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, shown)).toString();
      if (text.chars().noneMatch(Character::isISOControl)) {
        return "\"" + text + "\"" + rest;
      }
    } catch (CharacterCodingException e) {
      return "0x" + HexFormat.of().formatHex(bytes, 0, shown) + rest;
    }
    return "0x" + HexFormat.of().formatHex(bytes, 0, shown) + rest;
  }
}
