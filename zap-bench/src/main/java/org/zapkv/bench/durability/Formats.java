// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.util.Locale;

/** How figures are written. */
final class Formats {
  private static final double THOUSAND = 1e3;
  private static final double MILLION = 1e6;
  private static final double BILLION = 1e9;

  private Formats() {}

  /** A number of something: as an integer. */
  static String count(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }

  /** As {@link #count(double)}. */
  static String count(long value) {
    return count((double) value);
  }

  /** Something for each of something else. */
  static String ratio(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  /** Nanoseconds, in a unit that suits. */
  static String nanos(double value) {
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

  /** Bytes, in millions. */
  static String megabytes(double value) {
    return String.format(Locale.ROOT, "%,.1f MB", value / MILLION);
  }
}
