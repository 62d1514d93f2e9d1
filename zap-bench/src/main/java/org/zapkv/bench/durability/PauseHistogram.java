// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

/**
 * A histogram of durations in nanoseconds, with 32 buckets for each power of two: what it gives is
 * at most 3 % too high. Used by one thread at a time.
 */
final class PauseHistogram {
  private static final int SUB_BITS = 5;
  private static final int SUB_BUCKETS = 1 << SUB_BITS;

  private final long[] counts = new long[(Long.SIZE - SUB_BITS) * SUB_BUCKETS];
  private long total;
  private long max;

  void record(long nanos) {
    counts[bucket(nanos)]++;
    total++;
    max = Math.max(max, nanos);
  }

  /** Counts what another one has counted. */
  void add(PauseHistogram other) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
    total += other.total;
    max = Math.max(max, other.max);
  }

  long count() {
    return total;
  }

  long max() {
    return max;
  }

  /**
   * The least duration that so large a part of all do not exceed.
   *
   * @param quantile 0 to 1
   */
  long quantile(double quantile) {
    long rank = (long) Math.ceil(quantile * total);
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen >= rank && seen > 0) {
        return Math.min(max, highest(i));
      }
    }
    return max;
  }

  /** Durations below 64 have a bucket each; above, the top six bits choose it. */
  private static int bucket(long nanos) {
    long value = Math.max(nanos, 0);
    int shift = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(value) - SUB_BITS - 1);
    return (shift << SUB_BITS) + (int) (value >>> shift);
  }

  private static long highest(int bucket) {
    int shift = Math.max(0, (bucket >>> SUB_BITS) - 1);
    return ((bucket - ((long) shift << SUB_BITS) + 1) << shift) - 1;
  }
}
