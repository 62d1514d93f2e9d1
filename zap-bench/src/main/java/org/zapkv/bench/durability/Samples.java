// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;

/** Figures of several rounds, by what they are of. Used by one thread at a time. */
final class Samples {
  private static final String NONE = "–";

  private final Map<String, List<Double>> samples = new LinkedHashMap<>();

  void add(String subject, Figures figures) {
    figures
        .asMap()
        .forEach(
            (name, value) ->
                samples.computeIfAbsent(key(subject, name), key -> new ArrayList<>()).add(value));
  }

  /** The median, and the least and the greatest where there are several. */
  String cell(String subject, String figure, DoubleFunction<String> format) {
    List<Double> sorted = sorted(subject, figure);
    if (sorted.isEmpty()) {
      return NONE;
    }
    int size = sorted.size();
    double median = (sorted.get((size - 1) / 2) + sorted.get(size / 2)) / 2;
    return size == 1
        ? format.apply(median)
        : format.apply(median)
            + " ("
            + format.apply(sorted.get(0))
            + " to "
            + format.apply(sorted.get(size - 1))
            + ")";
  }

  private List<Double> sorted(String subject, String figure) {
    return samples.getOrDefault(key(subject, figure), List.of()).stream().sorted().toList();
  }

  private static String key(String subject, String figure) {
    return subject + "\n" + figure;
  }
}
