// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

/** Strict recognition of UTF-8 in bytes. */
final class Utf8 {
  private Utf8() {}

  /** The offset of the first byte that is not part of UTF-8 text, or -1 if there is none. */
  static int firstInvalid(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end) {
      if (bytes[at] >= 0) {
        at++;
        continue;
      }
      int length = sequenceBytes(bytes, at, end);
      if (length == 0) {
        return at;
      }
      at += length;
    }
    return -1;
  }

  /**
   * How many bytes the character at an offset has: 1 to 4, or 0 if these bytes are no UTF-8
   * (truncated, overlong, a surrogate, above U+10FFFF).
   */
  static int sequenceBytes(byte[] bytes, int at, int end) {
    int first = bytes[at] & 0xFF;
    if (first < 0x80) {
      return 1;
    }
    int length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (length == 0 || at + length > end || !isSecondByte(first, bytes[at + 1] & 0xFF)) {
      return 0;
    }
    for (int i = 2; i < length; i++) {
      if ((bytes[at + i] & 0xC0) != 0x80) {
        return 0;
      }
    }
    return length;
  }

  private static boolean isSecondByte(int first, int second) {
    int lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    int highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    return second >= lowest && second <= highest;
  }
}
