// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Arrays;

/** Puts numbers that are a hash in their upper bits, and a place below, in the order of hashes. */
final class HashOrder {
  /*
   * What has fewer numbers is sorted by comparing them. The rest is sorted digit by digit, the
   * least one first; each time numbers with equal digits stay in the order that they have. Bits
   * below the digits need not be in order: see Changes.
   */

  private static final int FEW = 512;
  private static final int DIGITS = 3;
  private static final int DIGIT_BITS = 10;
  private static final int DIGIT_VALUES = 1 << DIGIT_BITS;

  private HashOrder() {}

  /**
   * Returns the numbers in order, as unsigned ones: in the given array, which is changed, or not.
   */
  static long[] sort(long[] numbers) {
    if (numbers.length < FEW) {
      sortFew(numbers);
      return numbers;
    }
    int[][] ends = new int[DIGITS][DIGIT_VALUES];
    for (long number : numbers) {
      for (int digit = 0; digit < DIGITS; digit++) {
        ends[digit][value(number, digit)]++;
      }
    }
    long[] from = numbers;
    long[] to = new long[numbers.length];
    for (int digit = 0; digit < DIGITS; digit++) {
      distribute(from, to, ends[digit], digit);
      long[] emptied = from;
      from = to;
      to = emptied;
    }
    return from;
  }

  private static void sortFew(long[] numbers) {
    // With the highest bit turned over the order of signed numbers is that of unsigned ones.
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] ^= Long.MIN_VALUE;
    }
    Arrays.sort(numbers);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] ^= Long.MIN_VALUE;
    }
  }

  private static int value(long number, int digit) {
    int shift = Long.SIZE - (DIGITS - digit) * DIGIT_BITS;
    return (int) (number >>> shift) & (DIGIT_VALUES - 1);
  }

  /**
   * Sorts by one digit.
   *
   * @param counts how many numbers have each value of it; used up
   */
  private static void distribute(long[] from, long[] to, int[] counts, int digit) {
    int next = 0;
    for (int i = 0; i < DIGIT_VALUES; i++) {
      int count = counts[i];
      counts[i] = next;
      next += count;
    }
    for (long number : from) {
      to[counts[value(number, digit)]++] = number;
    }
  }
}
