// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;

/** A histogram as lines of text, a bar for each bucket. */
final class Histogram {
  private static final int BAR_WIDTH = 40;

  private Histogram() {}

  /**
   * Draws a histogram. Empty buckets at either end are left out; the longest bar has the full
   * width, and none that counts anything is empty.
   *
   * @param labels the name of a bucket; the last bucket is everything above it too
   */
  static List<String> lines(String title, List<Long> counts, IntFunction<String> labels) {
    List<String> lines = new ArrayList<>();
    lines.add(title);
    int first = firstUsed(counts);
    if (first == counts.size()) {
      lines.add("  (none)");
      return lines;
    }
    long most = Collections.max(counts);
    for (int i = first; i <= lastUsed(counts); i++) {
      String label = labels.apply(i) + (i == counts.size() - 1 ? "+" : "");
      String count = Sizes.count(counts.get(i));
      String bar = "#".repeat(barWidth(counts.get(i), most));
      lines.add(String.format(Locale.ROOT, "  %10s %12s  %s", label, count, bar).stripTrailing());
    }
    return lines;
  }

  private static int firstUsed(List<Long> counts) {
    int first = 0;
    while (first < counts.size() && counts.get(first) == 0) {
      first++;
    }
    return first;
  }

  private static int lastUsed(List<Long> counts) {
    int last = counts.size() - 1;
    while (counts.get(last) == 0) {
      last--;
    }
    return last;
  }

  private static int barWidth(long count, long most) {
    return count == 0 ? 0 : Math.max(1, (int) Math.round((double) BAR_WIDTH * count / most));
  }
}
