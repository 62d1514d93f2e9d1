// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.util.concurrent.TimeUnit;
import org.zapkv.bench.peer.Peer;
import org.zapkv.bench.report.Entries;

/** Puts all entries of a store, in random order, in batches. */
final class Load {
  /** The size of a batch. */
  static final int BATCH = 10_000;

  private static final int FIRST_PART = 5;
  private static final long LEAST_FIRST = 10L * BATCH;

  private Load() {}

  /**
   * How many entries are put into a store that is thrown away before a load is measured. Without
   * them it would be measured how soon the compilers of the JVM are done, which a store that is
   * native does not wait for.
   *
   * @param entries how many entries the load has
   * @return a fifth, but at least ten batches where there are as many
   */
  static long first(long entries) {
    return Math.max(entries / FIRST_PART, Math.min(entries, LEAST_FIRST));
  }

  /** Returns how long the batches took, without the making of the entries. */
  static double seconds(Peer peer, long entries, int valueBytes) {
    long nanos = 0;
    for (long at = 0; at < entries; at += BATCH) {
      int size = (int) Math.min(BATCH, entries - at);
      byte[][] keys = new byte[size][];
      byte[][] values = new byte[size][];
      for (int i = 0; i < size; i++) {
        keys[i] = Entries.key(at + i);
        values[i] = Entries.value(at + i, 0, valueBytes);
      }
      long start = System.nanoTime();
      peer.putBatch(keys, values);
      nanos += System.nanoTime() - start;
    }
    return (double) nanos / TimeUnit.SECONDS.toNanos(1);
  }
}
