// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.report;

import java.util.ArrayList;
import java.util.List;
import org.zapkv.bench.report.Chart;
import org.zapkv.bench.report.Formats;

/** How long openings after a crash took. Immutable. */
public final class RecoveryTimes {
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double HALF = 0.5;
  private static final double MOST = 0.95;

  /** Ascending. */
  private final List<Double> millis;

  /**
   * These.
   *
   * @param millis how long each took, in any order
   */
  public RecoveryTimes(List<Double> millis) {
    this.millis = millis.stream().sorted().toList();
  }

  int count() {
    return millis.size();
  }

  /** How long half of them took at most; there is one. */
  double median() {
    return millis.get((int) (millis.size() * HALF));
  }

  /** How long all but one in twenty took at most; there is one. */
  double ninetyFive() {
    return millis.get((int) (millis.size() * MOST));
  }

  /** How long the slowest one took; there is one. */
  double longest() {
    return millis.get(millis.size() - 1);
  }

  /** In some words. */
  String describe() {
    if (millis.isEmpty()) {
      return "none";
    }
    return String.format(
        "%s: half within %s, 95 %% within %s, the longest %s",
        Formats.count(count()), time(median()), time(ninetyFive()), time(longest()));
  }

  /**
   * How many took how long: each bar is of those that took up to twice as long as the one above.
   */
  List<Chart.Bar> bars() {
    List<Chart.Bar> bars = new ArrayList<>();
    double limit = 1;
    int from = 0;
    while (from < millis.size()) {
      int to = from;
      while (to < millis.size() && millis.get(to) <= limit) {
        to++;
      }
      // Nothing is shown before the first one, but gaps are.
      if (to > 0) {
        bars.add(new Chart.Bar("up to " + time(limit), to - from, 0, 0, true));
      }
      from = to;
      limit *= 2;
    }
    return bars;
  }

  private static String time(double millis) {
    return Formats.nanos(millis * NANOS_PER_MILLI);
  }
}
