// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import java.util.LinkedHashMap;
import java.util.Map;

/** What a measurement found, by name. Used by one thread at a time. */
public final class Figures {
  private final Map<String, Double> values = new LinkedHashMap<>();

  /** None yet. */
  public Figures() {}

  /**
   * Adds one.
   *
   * @param name its name, without spaces
   * @param value its value
   * @return this
   */
  public Figures put(String name, double value) {
    values.put(name, value);
    return this;
  }

  /**
   * As {@link #put(String, double)}.
   *
   * @param name its name, without spaces
   * @param value its value
   * @return this
   */
  public Figures put(String name, long value) {
    return put(name, (double) value);
  }

  /**
   * One of them.
   *
   * @param name its name
   * @return its value
   * @throws IllegalArgumentException if it is not among them
   */
  public double get(String name) {
    Double value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no figure " + name + " among " + values);
    }
    return value;
  }

  /**
   * All of them.
   *
   * @return names and values, in the order they were added
   */
  public Map<String, Double> asMap() {
    return values;
  }
}
