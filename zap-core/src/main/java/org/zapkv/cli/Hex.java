// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.jspecify.annotations.Nullable;

/** Bytes as hexadecimal digits, two a byte. */
final class Hex {
  private static final byte[] DIGITS = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private Hex() {}

  /** The value of a digit in either case, or -1 if it is none. */
  static int digit(byte b) {
    if (b >= '0' && b <= '9') {
      return b - '0';
    }
    int lower = b | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }

  /** The bytes that a range of digits stands for, or null if it is not an even number of digits. */
  static byte @Nullable [] read(byte[] text, int start, int end) {
    int digits = end - start;
    if ((digits & 1) != 0) {
      return null;
    }
    byte[] bytes = new byte[digits / 2];
    for (int i = 0; i < bytes.length; i++) {
      int high = digit(text[start + 2 * i]);
      int low = digit(text[start + 2 * i + 1]);
      if (high < 0 || low < 0) {
        return null;
      }
      bytes[i] = (byte) (high << 4 | low);
    }
    return bytes;
  }

  static void write(byte[] bytes, Output out) {
    for (byte b : bytes) {
      out.write(DIGITS[(b >> 4) & 0xF]);
      out.write(DIGITS[b & 0xF]);
    }
  }
}
