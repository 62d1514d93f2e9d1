// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.SplittableRandom;

/** Ways to draw that give the same on every machine. */
final class Chance {
  private Chance() {}

  /** Whether what happens so often in a thousand times happens now. */
  static boolean perMille(SplittableRandom random, int times) {
    return random.nextInt(1000) < times;
  }

  /** One of some. */
  static int of(SplittableRandom random, int... values) {
    return values[random.nextInt(values.length)];
  }

  /** From one number to another, each power of two as likely as the next. */
  static int logarithmic(SplittableRandom random, int low, int high) {
    int steps = Integer.SIZE - Integer.numberOfLeadingZeros(high / low);
    long base = (long) low << random.nextInt(steps);
    return (int) Math.min(high, base + random.nextLong(base));
  }

  /** From 0 to a bound, exclusive, the low numbers far more often. */
  static int skewed(SplittableRandom random, int bound) {
    double chance = random.nextDouble();
    return (int) (bound * chance * chance * chance);
  }

  /** Another number for each number, and none of them twice; 0 for 0. */
  static long mixed(long number) {
    long mixed = number;
    mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }

  /** Randomness of its own for each part of something that has a seed. */
  static SplittableRandom part(long seed, long part) {
    return new SplittableRandom(mixed(seed + mixed(part + 1)));
  }
}
