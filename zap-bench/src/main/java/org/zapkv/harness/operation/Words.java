// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/** The words of a line of a log, taken one after the other. What is not as expected is said. */
final class Words {
  private static final char FIRST_PRINTABLE = '!';
  private static final char LAST_PRINTABLE = '~';
  private static final String YES = "yes";
  private static final String NO = "no";

  private final Deque<String> words;

  /** The words of a line; between two of them is one space. */
  Words(String line) {
    this.words = new ArrayDeque<>(List.of(line.split(" ", -1)));
  }

  /** Looks whether something can be written as one word. */
  static String checked(String word) {
    if (!isWord(word)) {
      throw new IllegalArgumentException(
          "\"" + word + "\": must be one word of printable ASCII in a log.");
    }
    return word;
  }

  private static boolean isWord(String word) {
    for (int i = 0; i < word.length(); i++) {
      char c = word.charAt(i);
      if (c < FIRST_PRINTABLE || c > LAST_PRINTABLE) {
        return false;
      }
    }
    return !word.isEmpty();
  }

  static String text(boolean value) {
    return value ? YES : NO;
  }

  boolean isEmpty() {
    return words.isEmpty();
  }

  String word(String what) {
    String word = words.poll();
    if (word == null) {
      throw new IllegalArgumentException("The line ends where " + what + " should be.");
    }
    if (word.isEmpty()) {
      throw new IllegalArgumentException(
          "Two spaces, or one at the end, where " + what + " should be.");
    }
    return checked(word);
  }

  void expect(String expected) {
    String word = word("\"" + expected + "\"");
    if (!word.equals(expected)) {
      throw new IllegalArgumentException("\"" + word + "\" where \"" + expected + "\" should be.");
    }
  }

  /** What is behind the name and the sign of equality. */
  String named(String name) {
    String prefix = name + "=";
    String word = word(prefix);
    if (!word.startsWith(prefix)) {
      throw new IllegalArgumentException("\"" + word + "\" where \"" + prefix + "\" should be.");
    }
    return word.substring(prefix.length());
  }

  int namedInteger(String name, int least) {
    return integer(named(name), name, least);
  }

  long namedNumber(String name) {
    return number(named(name), name);
  }

  boolean namedYesNo(String name) {
    String word = named(name);
    if (!word.equals(YES) && !word.equals(NO)) {
      throw new IllegalArgumentException("\"" + word + "\": " + name + " is yes or no.");
    }
    return word.equals(YES);
  }

  int integer(String what, int least) {
    return integer(word(what), what, least);
  }

  long number(String what) {
    return number(word(what), what);
  }

  <E extends Enum<E>> E constant(Class<E> type, String what) {
    String word = word(what);
    try {
      return Enum.valueOf(type, word);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "\""
              + word
              + "\" where "
              + what
              + " should be: one of "
              + List.of(type.getEnumConstants())
              + ".",
          e);
    }
  }

  void end() {
    if (!words.isEmpty()) {
      throw new IllegalArgumentException(
          "\"" + String.join(" ", words) + "\" where the line should end.");
    }
  }

  private static long number(String word, String what) {
    try {
      return Long.parseLong(word);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("\"" + word + "\": " + what + " is a number.", e);
    }
  }

  private static int integer(String word, String what, int least) {
    long number = number(word, what);
    if (number < least || number > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "%d: %s is within %d..%d.", number, what, least, Integer.MAX_VALUE));
    }
    return (int) number;
  }
}
