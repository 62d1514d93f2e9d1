// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.peer;

import org.jspecify.annotations.Nullable;

/**
 * An open store under measurement, of one map. Safe for use from many threads but for {@link
 * #close}.
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

  /** Makes durable what was put so far. */
  void commit();

  /** Closes the store in the way that its users are told to. */
  @Override
  void close();
}
