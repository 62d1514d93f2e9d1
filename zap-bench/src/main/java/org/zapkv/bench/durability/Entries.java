// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The entries of the measurements, by number: keys of 16 bytes, values of 100 that no one packs.
 */
final class Entries {
  static final int KEY_BYTES = 16;
  static final int VALUE_BYTES = 100;
  static final int BYTES = KEY_BYTES + VALUE_BYTES;

  /** Values are pieces of this: large, so that a block seldom has two that overlap. */
  private static final byte[] POOL = new byte[16 << 20];

  static {
    new SplittableRandom(1).nextBytes(POOL);
  }

  private Entries() {}

  /** The key of a number: neighbours in number are anywhere in the order of keys. */
  static byte[] key(long number) {
    return ByteBuffer.allocate(KEY_BYTES).putLong(mix(number)).putLong(number).array();
  }

  /** The key of a number, in the order of numbers: the best order to load a tree in. */
  static byte[] ascendingKey(long number) {
    return ByteBuffer.allocate(KEY_BYTES).putLong(number).putLong(mix(number)).array();
  }

  /** The value of an entry in some version. */
  static byte[] value(long number, long version) {
    int at = (int) Long.remainderUnsigned(mix(number + mix(version)), POOL.length - VALUE_BYTES);
    return Arrays.copyOfRange(POOL, at, at + VALUE_BYTES);
  }

  /** The finalizer of SplitMix64: a permutation of all longs. */
  private static long mix(long number) {
    long z = number + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
