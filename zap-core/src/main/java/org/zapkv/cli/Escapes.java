// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Any bytes as one field of a line of text, and back: UTF-8 as it is, but for tab, newline,
 * carriage return and backslash as {@code \t \n \r \\}, and other control characters and bytes that
 * are no UTF-8 as {@code \xNN}.
 */
final class Escapes {
  private static final String HEX_DIGITS = "0123456789abcdef";

  private Escapes() {}

  static void write(byte[] bytes, Output out) {
    int plain = 0;
    int at = 0;
    while (at < bytes.length) {
      int length = plainBytes(bytes, at);
      if (length > 0) {
        at += length;
        continue;
      }
      out.write(bytes, plain, at - plain);
      writeEscape(bytes[at], out);
      plain = ++at;
    }
    out.write(bytes, plain, at - plain);
  }

  /** How many bytes may be written as they are: those of one character, or 0. */
  private static int plainBytes(byte[] bytes, int at) {
    byte b = bytes[at];
    return (b >= 0 && b < ' ') || b == 0x7F || b == '\\'
        ? 0
        : Utf8.sequenceBytes(bytes, at, bytes.length);
  }

  private static void writeEscape(byte b, Output out) {
    out.write('\\');
    switch (b) {
      case '\t' -> out.write('t');
      case '\n' -> out.write('n');
      case '\r' -> out.write('r');
      case '\\' -> out.write('\\');
      default -> {
        out.write('x');
        out.write(HEX_DIGITS.charAt((b >> 4) & 0xF));
        out.write(HEX_DIGITS.charAt(b & 0xF));
      }
    }
  }

  /** The bytes that {@link #write} wrote, or null if there is a backslash with no meaning. */
  static byte @Nullable [] read(byte[] text, int start, int end) {
    byte[] bytes = new byte[end - start];
    int length = 0;
    int at = start;
    while (at < end) {
      if (text[at] != '\\') {
        bytes[length++] = text[at++];
        continue;
      }
      int used = escapeBytes(text, at, end);
      if (used == 0) {
        return null;
      }
      bytes[length++] = escaped(text, at);
      at += used;
    }
    return Arrays.copyOf(bytes, length);
  }

  private static int escapeBytes(byte[] text, int at, int end) {
    if (at + 1 >= end) {
      return 0;
    }
    return switch (text[at + 1]) {
      case 't', 'n', 'r', '\\' -> 2;
      case 'x' ->
          at + 3 < end && Hex.digit(text[at + 2]) >= 0 && Hex.digit(text[at + 3]) >= 0 ? 4 : 0;
      default -> 0;
    };
  }

  private static byte escaped(byte[] text, int at) {
    return switch (text[at + 1]) {
      case 't' -> '\t';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 'x' -> (byte) (Hex.digit(text[at + 2]) << 4 | Hex.digit(text[at + 3]));
      default -> '\\';
    };
  }
}
