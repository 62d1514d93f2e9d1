// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Which entries an operation is on. */
public enum Distribution {
  /** Each as often as any other. */
  UNIFORM,

  /**
   * Some much more often than others: with an exponent of 0.99, and those that are chosen often
   * scattered over the order in which entries were loaded, as in YCSB.
   */
  ZIPF;

  /** A prime above any number of entries, so that multiples of it meet each of them once. */
  private static final long STRIDE = 2_654_435_761L;

  private static final int LEAST = 1 << 12;
  private static final int MOST = 1 << 24;

  /**
   * Prepares choices: about four for each entry, as far as that is reasonable.
   *
   * @param entries how many entries there are
   * @param seed makes the choices of a thread its own
   * @return numbers of entries, as many as a power of two
   */
  public int[] choices(long entries, long seed) {
    long wanted = Math.max(LEAST, Math.min(MOST, 4 * entries));
    int[] numbers = new int[(int) Long.highestOneBit(wanted)];
    RandomGenerator random = new SplittableRandom(seed);
    Zipf zipf = new Zipf(entries);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          (int) (this == ZIPF ? scattered(zipf.next(random), entries) : random.nextLong(entries));
    }
    return numbers;
  }

  /** The entry of a rank; each entry has one. */
  static long scattered(long rank, long entries) {
    return rank * STRIDE % entries;
  }
}
