// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.bench.report.Parameters;

/**
 * How large everything is.
 *
 * @param entries how many entries the main measurements have: those of 100-byte values in the cache
 * @param sideEntries how many the others have; a fifth of them where values have 1000 bytes
 * @param rounds how often each measurement is done
 * @param limit after how long no measurement is begun any more
 * @param taskLimit how long a measurement may take; then it has failed
 * @param mainPace how long each operation of the main measurements is done
 * @param pace how long each of the others is
 * @param apart whether each operation has a JVM of its own
 * @param durableSeconds how long durable puts are counted
 * @param growth the numbers of entries of growth, for all stores
 * @param ownGrowth more of them, for Zap alone, with values of 8 bytes
 */
record Scale(
    long entries,
    long sideEntries,
    int rounds,
    Duration limit,
    Duration taskLimit,
    Pace mainPace,
    Pace pace,
    boolean apart,
    double durableSeconds,
    List<Long> growth,
    List<Long> ownGrowth) {
  /** The cache of a store that has all in it. */
  static final long CACHE_BYTES = 1L << 30;

  private static final int LARGE_VALUE_BYTES = 1000;
  private static final int LARGE_VALUE_PART = 5;

  /** About twenty minutes. */
  static final Scale QUICK =
      new Scale(
          1_000_000,
          200_000,
          2,
          Duration.ofMinutes(19),
          Duration.ofSeconds(150),
          new Pace(0.4, 3, 4),
          new Pace(0.25, 2, 2),
          false,
          1,
          List.of(10_000L, 100_000L),
          List.of(10_000L, 100_000L, 1_000_000L, 10_000_000L));

  /** Some hours. */
  static final Scale FULL =
      new Scale(
          1_000_000,
          1_000_000,
          5,
          Duration.ofDays(2),
          Duration.ofHours(2),
          new Pace(1, 5, 5),
          new Pace(1, 3, 3),
          true,
          10,
          List.of(10_000L, 100_000L, 1_000_000L, 10_000_000L),
          List.of(10_000L, 100_000L, 1_000_000L, 10_000_000L, 100_000_000L));

  /**
   * How long an operation is done in a JVM. What follows a load needs some seconds until its cost
   * stays the same: the compilers are at work, and stores are with what was loaded.
   *
   * @param seconds how long an iteration takes
   * @param iterations how many of them are counted
   * @param warmUps how many there are before that
   */
  record Pace(double seconds, int iterations, int warmUps) {
    /** The same with iterations of another length. */
    Pace withSeconds(@Nullable Double other) {
      return other == null ? this : new Pace(other, iterations, warmUps);
    }

    /** The parameters of a measurement, so paced. */
    Parameters of(Parameters parameters) {
      return parameters
          .with("seconds", seconds)
          .with("iterations", iterations)
          .with("warmUps", warmUps);
    }
  }

  /** How many entries a store of a section beside the main one has. */
  long side(int valueBytes) {
    return valueBytes == LARGE_VALUE_BYTES
        ? Math.max(1, sideEntries / LARGE_VALUE_PART)
        : sideEntries;
  }
}
