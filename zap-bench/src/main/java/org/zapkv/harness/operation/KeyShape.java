// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.List;

/** What the keys of a map look like. */
enum KeyShape {
  /** A number. */
  SHORT,
  /** Hexadecimal digits, as of a hash. */
  DIGITS,
  /** A path that many others begin with, too. */
  PATH,
  /** Any length up to the longest. */
  LONG;

  private static final int LEAST_LONG_BYTES = 40;

  /** Keys of these shapes are no longer than 24 bytes. */
  static final List<KeyShape> BRIEF = List.of(SHORT, DIGITS);

  static String lineOf(int thread) {
    return "t" + thread + Edit.LINE_END;
  }

  /**
   * The key with a number.
   *
   * @param longest no key is longer, in bytes; above 60 for PATH and LONG
   */
  String key(int thread, int number, int longest) {
    String line = lineOf(thread);
    return switch (this) {
      case SHORT -> line + "k" + number;
      case DIGITS -> line + Long.toHexString(Chance.mixed(number + 1L));
      case PATH -> line + "a/path/that/is/the/same/for/many/" + number;
      case LONG -> filled(line + number + "-", number, longest);
    };
  }

  private static String filled(String start, int number, int longest) {
    int room = longest - LEAST_LONG_BYTES;
    int length =
        LEAST_LONG_BYTES + (int) Long.remainderUnsigned(Chance.mixed(number + 1L), room + 1L);
    return start + "x".repeat(Math.max(0, length - start.length()));
  }
}
