// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.report;

import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** How often a run met what. Any thread. */
public final class Coverage {
  private final Map<Event, LongAdder> counts = new EnumMap<>(Event.class);

  /** Nothing was met yet. */
  public Coverage() {
    for (Event event : Event.values()) {
      counts.put(event, new LongAdder());
    }
  }

  /**
   * Counts one.
   *
   * @param event what was met
   */
  public void add(Event event) {
    add(event, 1);
  }

  /**
   * Counts some.
   *
   * @param event what was met
   * @param times how often, 0 or above
   */
  public void add(Event event, long times) {
    adder(event).add(times);
  }

  /**
   * How often something was met.
   *
   * @param event what
   * @return 0 or above
   */
  public long count(Event event) {
    return adder(event).sum();
  }

  private LongAdder adder(Event event) {
    LongAdder adder = counts.get(event);
    if (adder == null) {
      throw new AssertionError(event);
    }
    return adder;
  }

  /**
   * What of it was never met.
   *
   * @param wanted what should have been met
   * @return the rest, in the order of {@link Event}
   */
  public List<Event> missing(Collection<Event> wanted) {
    return wanted.stream().filter(event -> count(event) == 0).sorted().toList();
  }
}
