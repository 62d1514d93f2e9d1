// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.zapkv.store.ZapMap;

/** Makes the fields of a line, or of the command line, a key and a value. Holds the last ones. */
final class EntryParser {
  /** How the fields are written. */
  enum Form {
    /** UTF-8 as it is. */
    TEXT(1),
    /** UTF-8 with the escapes that {@code zap scan} writes. */
    ESCAPED(4),
    /** Hexadecimal digits. */
    HEX(2);

    /** How many bytes of a field one byte of an entry takes, at most. */
    private final int expansion;

    Form(int expansion) {
      this.expansion = expansion;
    }
  }

  /** Room for the longest key, the tab and the end of the line. */
  private static final int LINE_OVERHEAD_BYTES = 4096;

  /** What a value that is an integer begins with where it is escaped; no escaped bytes do. */
  static final String LONG_PREFIX = "\\l";

  private static final int MAX_LONG_DIGITS = 20;

  private final Form form;
  private final boolean longValues;
  private byte[] key = {};
  private byte[] value = {};
  private long longValue;
  private boolean isLong;

  EntryParser(Form form, boolean longValues) {
    this.form = form;
    this.longValues = longValues;
  }

  /** The longest line that can be an entry. */
  int maxLineBytes() {
    return form.expansion * (ZapMap.MAX_VALUE_BYTES + LINE_OVERHEAD_BYTES);
  }

  /**
   * Parses a line: a key, a tab, a value.
   *
   * @return null, or what is wrong with the line
   */
  @Nullable String parseLine(byte[] line, int start, int end) {
    int tab = start;
    while (tab < end && line[tab] != '\t') {
      tab++;
    }
    if (tab == end) {
      return start == end
          ? "the line is empty; a line is a key, a tab and a value"
          : "no tab; a line is a key, a tab and a value";
    }
    String reason = parseKey(line, start, tab);
    return reason != null ? reason : parseValue(line, tab + 1, end);
  }

  /**
   * Parses a key.
   *
   * @return null, or what is wrong with it
   */
  @Nullable String parseKey(byte[] text, int start, int end) {
    byte[] bytes = field(text, start, end);
    if (bytes == null) {
      return notAField("the key", text, start, end);
    }
    if (bytes.length > ZapMap.MAX_KEY_BYTES) {
      return "the key has "
          + bytes.length
          + " bytes; a key has at most "
          + ZapMap.MAX_KEY_BYTES
          + " (store a digest of it, or the rest in the value)";
    }
    key = bytes;
    return null;
  }

  /**
   * Parses a value.
   *
   * @return null, or what is wrong with it
   */
  @Nullable String parseValue(byte[] text, int start, int end) {
    int digits = start + LONG_PREFIX.length();
    boolean marked = form == Form.ESCAPED && end >= digits && isMark(text, start);
    isLong = longValues || marked;
    if (isLong) {
      return parseLong(text, marked ? digits : start, end);
    }
    byte[] bytes = field(text, start, end);
    if (bytes == null) {
      return notAField("the value", text, start, end);
    }
    if (bytes.length > ZapMap.MAX_VALUE_BYTES) {
      return "the value has "
          + bytes.length
          + " bytes; a value has at most "
          + ZapMap.MAX_VALUE_BYTES
          + " (split it over several keys)";
    }
    value = bytes;
    return null;
  }

  private static boolean isMark(byte[] text, int at) {
    return text[at] == LONG_PREFIX.charAt(0) && text[at + 1] == LONG_PREFIX.charAt(1);
  }

  private @Nullable String parseLong(byte[] text, int start, int end) {
    String digits =
        new String(
            text, start, Math.min(end - start, MAX_LONG_DIGITS + 1), StandardCharsets.ISO_8859_1);
    try {
      if (!digits.matches("[+-]?[0-9]+")) {
        throw new NumberFormatException(digits);
      }
      longValue = Long.parseLong(digits);
      return null;
    } catch (NumberFormatException e) {
      return "the value is no integer from " + Long.MIN_VALUE + " to " + Long.MAX_VALUE;
    }
  }

  private byte @Nullable [] field(byte[] text, int start, int end) {
    return switch (form) {
      case HEX -> Hex.read(text, start, end);
      case ESCAPED ->
          Utf8.firstInvalid(text, start, end) < 0 ? Escapes.read(text, start, end) : null;
      case TEXT ->
          Utf8.firstInvalid(text, start, end) < 0 ? Arrays.copyOfRange(text, start, end) : null;
    };
  }

  private String notAField(String what, byte[] text, int start, int end) {
    if (form == Form.HEX) {
      return what
          + ((end - start) % 2 == 0
              ? " is not hexadecimal"
              : " has an odd number of hexadecimal digits");
    }
    int invalid = Utf8.firstInvalid(text, start, end);
    return invalid >= 0
        ? what + " is not UTF-8 at byte " + (invalid - start + 1) + " (use --hex for any bytes)"
        : what + " has a backslash with no meaning (known are \\t \\n \\r \\\\ \\xNN)";
  }

  /** The key parsed last. */
  byte[] key() {
    return key;
  }

  /** Whether the value parsed last is an integer: {@link #longValue()}, else {@link #value()}. */
  boolean isLong() {
    return isLong;
  }

  byte[] value() {
    return value;
  }

  long longValue() {
    return longValue;
  }
}
