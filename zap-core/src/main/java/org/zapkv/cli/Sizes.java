// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers of bytes as people write and read them. Units are powers of 1024. */
final class Sizes implements ITypeConverter<Long> {
  private static final String UNITS = "kmgt";
  private static final int UNIT_SHIFT = 10;

  @Override
  public Long convert(String text) {
    Long bytes = parse(text);
    if (bytes == null) {
      throw new TypeConversionException(
          "'" + text + "' is no size: write a number of bytes, or one with k, m or g, such as 64m");
    }
    return bytes;
  }

  private static @Nullable Long parse(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    int unit = lower.isEmpty() ? -1 : UNITS.indexOf(lower.charAt(lower.length() - 1));
    String digits = unit < 0 ? lower : lower.substring(0, lower.length() - 1);
    if (!digits.matches("[0-9]{1,18}")) {
      return null;
    }
    try {
      return Math.multiplyExact(Long.parseLong(digits), 1L << (UNIT_SHIFT * (unit + 1)));
    } catch (ArithmeticException e) {
      return null;
    }
  }

  /** A size in the largest unit in which it is at least 1, such as {@code 12.3 MiB}. */
  static String show(long bytes) {
    int unit = 0;
    double amount = bytes;
    while (amount >= 1024 && unit < UNITS.length()) {
      amount /= 1024;
      unit++;
    }
    return unit == 0
        ? count(bytes) + " B"
        : String.format(
            Locale.ROOT, "%.1f %siB", amount, UNITS.toUpperCase(Locale.ROOT).charAt(unit - 1));
  }

  /** What was done with how many entries in what time, and the rate. */
  static String done(String verb, long entries, double seconds) {
    return String.format(
        Locale.ROOT,
        "%s %,d entries in %.2f s, %,.0f entries/s",
        verb,
        entries,
        seconds,
        entries / Math.max(seconds, 1e-9));
  }

  /** A number with its thousands apart, such as {@code 1,234,567}. */
  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
