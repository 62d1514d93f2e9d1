// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Which keys of a thread are in a map, if nothing was lost: only to choose keys by. The generator
 * does not know what a crash leaves.
 */
final class LineKeys {
  private static final int ABSENT = -1;

  /** The first {@link #size} are the numbers of keys that are there. */
  private final int[] present;

  /** Where in there a number is; {@link #ABSENT}: it is not. */
  private final int[] place;

  private int size;

  LineKeys(int keys) {
    this.present = new int[keys];
    this.place = new int[keys];
    Arrays.fill(place, ABSENT);
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** One that is there; there must be one. */
  int any(SplittableRandom random) {
    return present[random.nextInt(size)];
  }

  void add(int number) {
    if (place[number] == ABSENT) {
      place[number] = size;
      present[size++] = number;
    }
  }

  void clear() {
    size = 0;
    Arrays.fill(place, ABSENT);
  }

  void remove(int number) {
    int hole = place[number];
    if (hole != ABSENT) {
      int last = present[--size];
      present[hole] = last;
      place[last] = hole;
      place[number] = ABSENT;
    }
  }
}
