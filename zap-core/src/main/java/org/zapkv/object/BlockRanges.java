// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.Map;
import java.util.TreeMap;

/** A set of block numbers, kept as ranges that neither touch nor overlap. Not thread-safe. */
final class BlockRanges {
  /** From the first block of each range to the block after its last one. */
  private final TreeMap<Long, Long> ranges = new TreeMap<>();

  /** Is told of a range. */
  @FunctionalInterface
  interface RangeAction {
    void accept(long first, long end);
  }

  void add(long first, long end) {
    long newFirst = first;
    long newEnd = end;
    Map.Entry<Long, Long> before = ranges.floorEntry(end);
    while (before != null && before.getValue() >= first) {
      newFirst = Math.min(newFirst, before.getKey());
      newEnd = Math.max(newEnd, before.getValue());
      ranges.remove(before.getKey());
      before = ranges.floorEntry(end);
    }
    ranges.put(newFirst, newEnd);
  }

  boolean contains(long block) {
    Map.Entry<Long, Long> range = ranges.floorEntry(block);
    return range != null && block < range.getValue();
  }

  /** Visits the ranges in ascending order. */
  void forEach(RangeAction action) {
    ranges.forEach(action::accept);
  }

  void clear() {
    ranges.clear();
  }
}
