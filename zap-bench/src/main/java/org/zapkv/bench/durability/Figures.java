// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.util.LinkedHashMap;
import java.util.Map;

/** What a task found, by name. Used by one thread at a time. */
final class Figures {
  private final Map<String, Double> values = new LinkedHashMap<>();

  Figures put(String name, double value) {
    values.put(name, value);
    return this;
  }

  Figures put(String name, long value) {
    return put(name, (double) value);
  }

  double get(String name) {
    Double value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no figure " + name + " among " + values);
    }
    return value;
  }

  Map<String, Double> asMap() {
    return values;
  }
}
