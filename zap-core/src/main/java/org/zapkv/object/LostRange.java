// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

/**
 * Numbers of which nothing is known, as what leads to them cannot be read.
 *
 * @param first the first of them
 * @param end the one after the last
 */
record LostRange(long first, long end) {
  /** All numbers. */
  static final LostRange EVERYTHING = new LostRange(0, Long.MAX_VALUE);

  /** What is below a block of a tree. */
  static LostRange below(int level, long index) {
    return new LostRange(
        index << (TreeShape.FANOUT_SHIFT * level), (index + 1) << (TreeShape.FANOUT_SHIFT * level));
  }

  /** The same range, each number standing for several. */
  LostRange times(int factor) {
    return new LostRange(first * factor, end * factor);
  }

  boolean contains(long number) {
    return number >= first && number < end;
  }
}
