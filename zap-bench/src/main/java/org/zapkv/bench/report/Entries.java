// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * The entries of the measurements, by number: keys of 16 bytes, values that no one packs. The first
 * eight bytes of a value are of its entry, whatever the version, so that whoever reads it can say
 * whether it is the right one.
 */
public final class Entries {
  /** The length of a key. */
  public static final int KEY_BYTES = 16;

  /** The length of a value, where the measurement is not of lengths. */
  public static final int VALUE_BYTES = 100;

  /** Both. */
  public static final int BYTES = KEY_BYTES + VALUE_BYTES;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** Values are pieces of this: large, so that a block seldom has two that overlap. */
  private static final byte[] POOL = new byte[16 << 20];

  static {
    new SplittableRandom(1).nextBytes(POOL);
  }

  private Entries() {}

  /**
   * The key of a number: neighbours in number are anywhere in the order of keys.
   *
   * @param number the number of the entry
   * @return a new array
   */
  public static byte[] key(long number) {
    byte[] key = new byte[KEY_BYTES];
    key(number, key);
    return key;
  }

  /**
   * As {@link #key(long)}, in an array that is there.
   *
   * @param number the number of the entry
   * @param key receives the key
   */
  public static void key(long number, byte[] key) {
    LONG.set(key, 0, mark(number));
    LONG.set(key, Long.BYTES, number);
  }

  /**
   * The key of a number, in the order of numbers: the best order to load a tree in.
   *
   * @param number the number of the entry
   * @return a new array
   */
  public static byte[] ascendingKey(long number) {
    byte[] key = new byte[KEY_BYTES];
    LONG.set(key, 0, number);
    LONG.set(key, Long.BYTES, mark(number));
    return key;
  }

  /**
   * The value of an entry in some version, of the usual length.
   *
   * @param number the number of the entry
   * @param version any number
   * @return a new array
   */
  public static byte[] value(long number, long version) {
    return value(number, version, VALUE_BYTES);
  }

  /**
   * The value of an entry in some version.
   *
   * @param number the number of the entry
   * @param version any number
   * @param length how long it is: 8 at least
   * @return a new array
   */
  public static byte[] value(long number, long version, int length) {
    byte[] value = new byte[length];
    long mark = mark(number);
    int at = (int) Long.remainderUnsigned(mix(mark + version), POOL.length - length);
    System.arraycopy(POOL, at, value, 0, length);
    LONG.set(value, 0, mark);
    return value;
  }

  /**
   * What a value of the entry begins with.
   *
   * @param number the number of the entry
   * @return its mark
   */
  public static long mark(long number) {
    return mix(number);
  }

  /**
   * What a value begins with.
   *
   * @param value a value
   * @return the mark of its entry
   */
  public static long markOf(byte[] value) {
    return (long) LONG.get(value, 0);
  }

  /** The finalizer of SplitMix64: a permutation of all longs. */
  private static long mix(long number) {
    long z = number + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
