// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Comparator;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class HashOrderTest {
  /** The bits that are looked at when there are many. */
  private static final long HASH_BITS = -1L << 34;

  private static void assertSorted(long[] numbers, String message) {
    long[] expected =
        LongStream.of(numbers)
            .boxed()
            .sorted(Comparator.comparingLong(n -> (n & HASH_BITS) ^ Long.MIN_VALUE))
            .mapToLong(Long::longValue)
            .toArray();
    assertArrayEquals(expected, HashOrder.sort(numbers.clone()), message);
  }

  /** As the lower bits ascend in the given order, equal hashes keep it, and it is the only one. */
  @Test
  void numbersAreInTheOrderOfTheirHashesThenOfTheirPlaces() {
    long seed = Seeds.next();
    Random random = new Random(seed);
    for (int size : new int[] {0, 1, 2, 511, 512, 513, 5000}) {
      long[] numbers = new long[size];
      for (int i = 0; i < size; i++) {
        // Few bits, so that many hashes are equal but for one or two.
        long hash = -1;
        for (int times = 0; times < 4; times++) {
          hash &= random.nextLong();
        }
        numbers[i] = (hash & HASH_BITS) | i;
      }
      assertSorted(numbers, "size=" + size + " -Dzap.seed=" + seed);
    }
  }
}
