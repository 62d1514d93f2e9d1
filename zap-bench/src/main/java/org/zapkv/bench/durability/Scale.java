// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.util.List;
import org.zapkv.bench.report.Entries;

/**
 * How large everything is.
 *
 * @param entries how many entries a store has, but for {@code openEntries}
 * @param rounds how often each measurement is done; the overwriting is done once
 * @param putSeconds how long durable puts are counted
 * @param pauseSeconds how long pauses are looked for
 * @param rate the updates per second of the writer that does not go as fast as it can
 * @param cacheBytes the cache of a store: its dirty limit, a quarter of it at Zap, is less than the
 *     entries take
 * @param overwriteRounds after how many rounds of overwriting to look, with commas
 * @param openEntries how many entries the stores have that are opened
 * @param openUpdates how many updates there are at least before a kill
 * @param loadBatch the size of a batch when these are loaded
 * @param loadCacheBytes the cache when these are loaded
 * @param dropPageCache whether the page cache is dropped before a store is opened
 * @param valueBytes how long values are in the sections of overwriting and opening
 */
record Scale(
    long entries,
    int rounds,
    double putSeconds,
    double pauseSeconds,
    long rate,
    long cacheBytes,
    String overwriteRounds,
    List<Long> openEntries,
    long openUpdates,
    int loadBatch,
    long loadCacheBytes,
    boolean dropPageCache,
    int valueBytes) {
  private static final long MIB = 1 << 20;

  /** About a quarter of an hour. */
  static final Scale QUICK =
      new Scale(
          100_000,
          3,
          2,
          5,
          20_000,
          32 * MIB,
          "1,10,100",
          List.of(100_000L, 1_000_000L),
          100_000,
          100_000,
          1024 * MIB,
          true,
          Entries.VALUE_BYTES);

  /** Some hours, and 30 GB of disk. */
  static final Scale FULL =
      new Scale(
          1_000_000,
          3,
          10,
          30,
          20_000,
          256 * MIB,
          "1,10,100",
          List.of(1_000_000L, 10_000_000L, 50_000_000L),
          300_000,
          1_000_000,
          4096 * MIB,
          true,
          Entries.VALUE_BYTES);
}
