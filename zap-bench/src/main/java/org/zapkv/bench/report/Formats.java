// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import java.util.Locale;

/** How figures are written. */
public final class Formats {
  private static final double SMALL = 100;
  private static final double THOUSAND = 1e3;
  private static final double MILLION = 1e6;
  private static final double BILLION = 1e9;

  private Formats() {}

  /**
   * A number of something: as an integer.
   *
   * @param value the number
   * @return with commas
   */
  public static String count(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }

  /**
   * As {@link #count(double)}.
   *
   * @param value the number
   * @return with commas
   */
  public static String count(long value) {
    return count((double) value);
  }

  /**
   * Something for each of something else.
   *
   * @param value the quotient
   * @return with two decimals
   */
  public static String ratio(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  /**
   * Nanoseconds, in a unit that suits.
   *
   * @param value nanoseconds
   * @return with the unit
   */
  public static String nanos(double value) {
    if (value < THOUSAND) {
      return String.format(Locale.ROOT, "%.0f ns", value);
    }
    if (value < MILLION) {
      return String.format(Locale.ROOT, "%.1f µs", value / THOUSAND);
    }
    return value < BILLION
        ? String.format(Locale.ROOT, "%.1f ms", value / MILLION)
        : String.format(Locale.ROOT, "%.2f s", value / BILLION);
  }

  /**
   * A number of something, with as many digits as it is worth.
   *
   * @param value the number
   * @return with a decimal if it is small
   */
  public static String number(double value) {
    return Math.abs(value) < SMALL && value != Math.rint(value)
        ? String.format(Locale.ROOT, "%.1f", value)
        : count(value);
  }

  /**
   * Bytes, in millions.
   *
   * @param value bytes
   * @return with the unit
   */
  public static String megabytes(double value) {
    return String.format(Locale.ROOT, "%,.1f MB", value / MILLION);
  }
}
