// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.time.Duration;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.zapkv.store.PublishedStatistics;
import org.zapkv.store.StoreStatistics;

/**
 * What a store did in a second, on the average between two looks at it.
 *
 * @param seconds between the looks
 * @param commits recorded
 * @param groups transaction groups that became durable
 * @param writtenBytes written to the file of the blocks
 * @param hits blocks found in the cache
 * @param misses blocks that were not
 * @param evictions blocks dropped from the cache to make room
 * @param waits waits for memory
 * @param splits leaves that became two
 * @param hitRatio the part of blocks that were found in the cache, 0 to 1; null if none was asked
 *     for
 */
record TopRates(
    double seconds,
    double commits,
    double groups,
    double writtenBytes,
    double hits,
    double misses,
    double evictions,
    double waits,
    double splits,
    @Nullable Double hitRatio) {

  private static final double MILLIS_PER_SECOND = 1000;

  /** Two looks at a store that was open all the time. */
  static TopRates between(PublishedStatistics from, PublishedStatistics to) {
    double millis = Duration.between(from.published(), to.published()).toMillis();
    // A clock that was set back tells nothing of the time that has passed.
    double seconds = Math.max(1, millis) / MILLIS_PER_SECOND;
    long hits = grown(from, to, s -> s.cache().hits());
    long misses = grown(from, to, s -> s.cache().misses());
    return new TopRates(
        seconds,
        grown(from, to, s -> s.log().lastSequence()) / seconds,
        grown(from, to, s -> s.pool().syncedGroup()) / seconds,
        grown(from, to, s -> s.pool().writtenBytes()) / seconds,
        hits / seconds,
        misses / seconds,
        grown(from, to, s -> s.cache().evictions()) / seconds,
        grown(from, to, s -> s.cache().throttleCount()) / seconds,
        grown(from, to, s -> s.activity().splits()) / seconds,
        hits + misses == 0 ? null : (double) hits / (hits + misses));
  }

  private static long grown(
      PublishedStatistics from, PublishedStatistics to, ToLongFunction<StoreStatistics> figure) {
    // Sums over parts that come and go, as maps that are dropped, can become less.
    return Math.max(0, figure.applyAsLong(to.statistics()) - figure.applyAsLong(from.statistics()));
  }
}
