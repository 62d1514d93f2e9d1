// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.util.function.LongFunction;
import java.util.function.LongUnaryOperator;
import org.zapkv.bench.peer.Peer;
import org.zapkv.bench.report.Entries;

/** Puts entries in batches. */
final class Load {
  /** The size of a batch, where the measurement is not of batches. */
  static final int BATCH = 1000;

  private Load() {}

  /** Puts entries 0 to {@code entries} in the order of their numbers, and makes them durable. */
  static void all(Peer peer, long entries) {
    all(peer, entries, 0, Entries::key, number -> number, BATCH, Entries.VALUE_BYTES);
    peer.commit();
  }

  /**
   * Puts a version of so many entries.
   *
   * @param order which entry is the n-th
   */
  static void all(
      Peer peer,
      long entries,
      long version,
      LongFunction<byte[]> keys,
      LongUnaryOperator order,
      int batchSize,
      int valueBytes) {
    for (long at = 0; at < entries; at += batchSize) {
      int size = (int) Math.min(batchSize, entries - at);
      byte[][] batchKeys = new byte[size][];
      byte[][] batchValues = new byte[size][];
      for (int i = 0; i < size; i++) {
        long number = order.applyAsLong(at + i);
        batchKeys[i] = keys.apply(number);
        batchValues[i] = Entries.value(number, version, valueBytes);
      }
      peer.putBatch(batchKeys, batchValues);
    }
  }
}
