// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.util.concurrent.atomic.LongAdder;

/** What the parts of a cache count for its {@link CacheStats}. */
final class CacheCounters {
  final LongAdder cachedBytes = new LongAdder();
  final LongAdder dirtyBytes = new LongAdder();
  final LongAdder frozenBytes = new LongAdder();
  final LongAdder userBytes = new LongAdder();
  final LongAdder ioBytes = new LongAdder();
  final LongAdder hitsOfDestroyed = new LongAdder();
  final LongAdder misses = new LongAdder();
  final LongAdder evictions = new LongAdder();
  final LongAdder userEvictions = new LongAdder();
  final LongAdder throttles = new LongAdder();
  final LongAdder throttleNanos = new LongAdder();
  final LongAdder writeOuts = new LongAdder();
  final LongAdder freedInFlight = new LongAdder();
  final LongAdder userReuses = new LongAdder();
  final LongAdder prefetches = new LongAdder();
  final LongAdder prefetchesUsed = new LongAdder();
  final LongAdder prefetchesDropped = new LongAdder();
  final LongAdder userFailures = new LongAdder();
}
