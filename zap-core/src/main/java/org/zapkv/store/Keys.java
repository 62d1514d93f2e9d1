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

  static byte[] utf8(String key) {
    return Objects.requireNonNull(key, "key").getBytes(StandardCharsets.UTF_8);
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
