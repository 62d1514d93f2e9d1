// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

import org.jspecify.annotations.Nullable;

/**
 * An open store under measurement, of one map. Safe for use from many threads but for {@link
 * #close}. Arrays that are given to it are not changed afterwards, but for those of keys that are
 * looked for or removed.
 */
public interface Peer extends AutoCloseable {
  /**
   * Adds or replaces an entry. It is durable on return if the store was opened so.
   *
   * @param key the key
   * @param value the value
   */
  void put(byte[] key, byte[] value);

  /**
   * Adds or replaces entries in one transaction, or the nearest the store has to it. They are
   * durable on return if the store was opened so.
   *
   * @param keys the keys
   * @param values as many values
   */
  void putBatch(byte[][] keys, byte[][] values);

  /**
   * Gets a value.
   *
   * @param key the key
   * @return a copy of the value; null if there is none
   */
  byte @Nullable [] get(byte[] key);

  /**
   * Gets a value into memory of the caller, by the way that the store has for it.
   *
   * @param key the key
   * @param destination receives the value; at least as long
   * @return the length of the value; -1 if there is none
   */
  default int get(byte[] key, byte[] destination) {
    byte[] value = get(key);
    if (value == null) {
      return -1;
    }
    System.arraycopy(value, 0, destination, 0, value.length);
    return value.length;
  }

  /**
   * Removes an entry, if it is there. That is as durable as a put.
   *
   * @param key the key
   */
  void remove(byte[] key);

  /**
   * Removes entries, as {@link #putBatch} adds them.
   *
   * @param keys the keys
   */
  void removeBatch(byte[][] keys);

  /**
   * Visits all entries, in the order and by the way that is quickest for the store.
   *
   * @param visitor told of each value
   */
  void scan(ScanVisitor visitor);

  /** Makes durable what was put so far. */
  void commit();

  /**
   * Makes the files as small as they get, as users are told to; that may need a {@link #close} to
   * come into effect. Does nothing if the store cannot.
   */
  void compact();

  /** Closes the store in the way that its users are told to. */
  @Override
  void close();
}
