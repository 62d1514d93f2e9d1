// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ValueTypeException;
import org.zapkv.pool.Transaction;

/**
 * A map seen as a set of integers, or as a map from integers to integers. The key of an integer is
 * its text: lower-case hexadecimal digits of the unsigned number, without leading zeros. The value
 * of a member of a set is the integer itself.
 *
 * <p>Safe for use from several threads, as the map is.
 */
public final class ZapIntegers {
  private final Zap zap;

  /**
   * A view of a map.
   *
   * @param zap the map; closing it ends the view
   * @throws IllegalArgumentException if the map's keys are 64-bit words, where text is no key
   */
  public ZapIntegers(Zap zap) {
    zap.checkStringKeys("a view of integers as text");
    this.zap = zap;
  }

  /**
   * The key of an integer.
   *
   * @param integer any integer
   * @return its text, as bytes
   */
  public static byte[] key(long integer) {
    return Long.toHexString(integer).getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Adds an integer to the set.
   *
   * @param integer any integer
   * @param tx the transaction that the change belongs to
   * @return false when it is in it already
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws org.zapkv.error.ClosedException if the map is closed
   */
  public boolean add(long integer, Transaction tx) {
    return zap.add(key(integer), ZapValue.ofLong(integer), tx);
  }

  /**
   * Removes an integer from the set, or an integer key with its value.
   *
   * @param integer any integer
   * @param tx the transaction that the change belongs to
   * @return false when it is not there
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws org.zapkv.error.ClosedException if the map is closed
   */
  public boolean remove(long integer, Transaction tx) {
    return zap.remove(key(integer), tx) != null;
  }

  /**
   * Whether an integer is in the set, or is a key.
   *
   * @param integer any integer
   * @return true if it is
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws org.zapkv.error.ClosedException if the map is closed
   */
  public boolean contains(long integer) {
    return zap.contains(key(integer));
  }

  /**
   * Puts a value under an integer key.
   *
   * @param key any integer
   * @param value the value
   * @param tx the transaction that the change belongs to
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws org.zapkv.error.ClosedException if the map is closed
   */
  public void put(long key, long value, Transaction tx) {
    zap.put(key(key), ZapValue.ofLong(value), tx);
  }

  /**
   * The value under an integer key.
   *
   * @param key any integer
   * @return the value, widened without its sign, or null when the key is not there
   * @throws ValueTypeException if what is there is not one integer
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws org.zapkv.error.ClosedException if the map is closed
   */
  public @Nullable Long get(long key) {
    ZapValue value = zap.get(key(key));
    if (value == null) {
      return null;
    }
    if (value.count() != 1) {
      throw new ValueTypeException(
          "key=0x" + Long.toHexString(key) + " has " + value + ", which is not one integer");
    }
    return value.integer(0);
  }

  /**
   * Adds to the value under an integer key, as {@link Zap#increment} does.
   *
   * @param key any integer
   * @param delta what is added
   * @param tx the transaction that the change belongs to
   * @return the sum
   * @throws ValueTypeException if what is there is more than one integer
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws org.zapkv.error.ClosedException if the map is closed
   */
  public long increment(long key, long delta, Transaction tx) {
    return zap.increment(key(key), delta, tx);
  }
}
