// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.zapkv.harness.oracle.Violation;

/**
 * What came out of searches for a defect.
 *
 * @param defect the defect
 * @param searches all of them
 */
public record DefectRow(Defect defect, List<Search> searches) {
  private static final double MILLIS = 1000;

  /**
   * The searches that found something.
   *
   * @return them, in the order of their seeds
   */
  public List<Search> found() {
    return searches.stream().filter(Search::isFound).toList();
  }

  /**
   * Whether it came out as it has to: something is found each time, or, without a defect, never.
   *
   * @return whether the harness is as good as it should be
   */
  public boolean isGood() {
    return found().size() == (defect == Defect.NONE ? 0 : searches.size());
  }

  /**
   * How many operations it took.
   *
   * @return the median of those that found something; NaN if none has
   */
  public double medianOperations() {
    return median(Search::operations);
  }

  /**
   * How long it took.
   *
   * @return seconds, the median of those that found something; NaN if none has
   */
  public double medianSeconds() {
    return median(search -> search.elapsed().toMillis() / MILLIS);
  }

  private double median(ToDoubleFunction<Search> value) {
    double[] sorted = found().stream().mapToDouble(value).sorted().toArray();
    int half = sorted.length / 2;
    if (sorted.length == 0) {
      return Double.NaN;
    }
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /**
   * As what it was found.
   *
   * @return how often as which kind of violation
   */
  public Map<Violation.Kind, Integer> kinds() {
    Map<Violation.Kind, Integer> kinds = new EnumMap<>(Violation.Kind.class);
    found().forEach(search -> kinds.merge(Objects.requireNonNull(search.kind()), 1, Integer::sum));
    return kinds;
  }
}
