// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.DoubleFunction;

/** Figures of several rounds, by what they are of. Used by one thread at a time. */
public final class Samples {
  private static final String NONE = "–";

  private final Map<String, Map<String, List<Double>>> samples = new LinkedHashMap<>();

  /** None yet. */
  public Samples() {}

  /**
   * Adds those of a round.
   *
   * @param subject what they are of
   * @param figures the figures
   */
  public void add(String subject, Figures figures) {
    Map<String, List<Double>> own = samples.computeIfAbsent(subject, key -> new LinkedHashMap<>());
    figures
        .asMap()
        .forEach((name, value) -> own.computeIfAbsent(name, key -> new ArrayList<>()).add(value));
  }

  /**
   * Everything, in the order in which it was added.
   *
   * @return by subject and figure
   */
  public Map<String, Map<String, List<Double>>> asMap() {
    return samples;
  }

  /**
   * The median of the rounds.
   *
   * @param subject what it is of
   * @param figure the name of the figure
   * @return nothing if there was no round
   */
  public OptionalDouble median(String subject, String figure) {
    List<Double> sorted = sorted(subject, figure);
    return sorted.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(median(sorted));
  }

  /**
   * The least of the rounds.
   *
   * @param subject what it is of
   * @param figure the name of the figure
   * @return nothing if there was no round
   */
  public OptionalDouble least(String subject, String figure) {
    return sorted(subject, figure).stream().mapToDouble(value -> value).min();
  }

  /**
   * The greatest of the rounds.
   *
   * @param subject what it is of
   * @param figure the name of the figure
   * @return nothing if there was no round
   */
  public OptionalDouble greatest(String subject, String figure) {
    return sorted(subject, figure).stream().mapToDouble(value -> value).max();
  }

  /**
   * The median, and the least and the greatest where there are several.
   *
   * @param subject what it is of
   * @param figure the name of the figure
   * @param format how a figure is written
   * @return the text of a cell; a dash if there was no round
   */
  public String cell(String subject, String figure, DoubleFunction<String> format) {
    List<Double> sorted = sorted(subject, figure);
    if (sorted.isEmpty()) {
      return NONE;
    }
    int size = sorted.size();
    double median = median(sorted);
    return size == 1
        ? format.apply(median)
        : format.apply(median)
            + " ("
            + format.apply(sorted.get(0))
            + " to "
            + format.apply(sorted.get(size - 1))
            + ")";
  }

  /**
   * The median of values.
   *
   * @param sorted at least one value, ascending
   * @return the mean of the two in the middle, if their number is even
   */
  public static double median(List<Double> sorted) {
    int size = sorted.size();
    return (sorted.get((size - 1) / 2) + sorted.get(size / 2)) / 2;
  }

  private List<Double> sorted(String subject, String figure) {
    return samples.getOrDefault(subject, Map.of()).getOrDefault(figure, List.of()).stream()
        .sorted()
        .toList();
  }
}
