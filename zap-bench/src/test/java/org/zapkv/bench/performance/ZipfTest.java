// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
final class ZipfTest {
  private static final int DRAWS = 400_000;

  @Test
  void frequenciesAreThoseOfTheFormula() {
    int count = 50;
    double sum = 0;
    for (int i = 1; i <= count; i++) {
      sum += Math.pow(i, -0.99);
    }
    long[] found = draws(count);
    for (int i = 0; i < count; i++) {
      double expected = DRAWS * Math.pow(i + 1, -0.99) / sum;
      // Six standard deviations; the seed is always the same.
      assertEquals(expected, (double) found[i], 6 * Math.sqrt(expected), "number " + i);
    }
  }

  @Test
  void oneIsAlwaysTheSame() {
    assertEquals(DRAWS, draws(1)[0]);
  }

  @Test
  void theLastOfManyIsReached() {
    long count = 1L << 33;
    Zipf zipf = new Zipf(count);
    SplittableRandom random = new SplittableRandom(1);
    long most = 0;
    for (int i = 0; i < DRAWS; i++) {
      long number = zipf.next(random);
      assertTrue(number >= 0 && number < count);
      most = Math.max(most, number);
    }
    assertTrue(most > count - count / 1000, "at most " + most);
  }

  @Test
  void choicesAreAPowerOfTwoOfEntriesThatAreThere() {
    for (Distribution distribution : Distribution.values()) {
      int[] numbers = distribution.choices(1000, 7);
      assertEquals(4096, distribution.choices(1, 7).length);
      assertEquals(1, Integer.bitCount(numbers.length));
      assertTrue(Arrays.stream(numbers).allMatch(number -> number >= 0 && number < 1000));
      assertTrue(Arrays.stream(numbers).distinct().count() > 500);
    }
  }

  @Test
  void eachEntryHasOneRankAndTheFirstOnesAreApart() {
    for (int entries : new int[] {1, 2, 1000, 10_000}) {
      long[] numbers = new long[entries];
      Arrays.setAll(numbers, rank -> Distribution.scattered(rank, entries));
      assertEquals(entries, Arrays.stream(numbers).distinct().count());
    }
    for (int rank = 0; rank < 100; rank++) {
      long step =
          Distribution.scattered(rank + 1, 1_000_000) - Distribution.scattered(rank, 1_000_000);
      assertTrue(Math.abs(step) > 1000, "rank " + rank);
    }
  }

  private static long[] draws(int count) {
    Zipf zipf = new Zipf(count);
    SplittableRandom random = new SplittableRandom(1);
    long[] found = new long[count];
    for (int i = 0; i < DRAWS; i++) {
      found[(int) zipf.next(random)]++;
    }
    return found;
  }
}
