// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

/**
 * Figures of a cache, taken one after the other while it works: each is true of a moment, their
 * sums may be off by what changed in between.
 *
 * @param budgetBytes the limit
 * @param usedBytes what counts against it now: cached, frozen, user and I/O bytes
 * @param peakUsedBytes the most that ever counted against it; never above the budget
 * @param cachedBytes the memory of all buffers, clean or dirty
 * @param dirtyBytes the memory of dirty buffers, a part of cachedBytes
 * @param frozenBytes the memory of the copies that are kept of dirty buffers for older groups
 * @param userBytes what users said that they take, see {@link Buffer#userSizeBytes}
 * @param ioBytes memory that is out by {@link BufferCache#allocateIo}
 * @param hits holds that found the block cached; slightly low when threads hold the same block at
 *     the same time
 * @param misses blocks read from a source or given out to be filled
 * @param evictions buffers destroyed to make room
 * @param userEvictions those of them that had a user
 * @param outstandingHolds holds that are not released
 * @param throttleCount how often a thread had to wait for memory
 * @param throttleNanos how long these waited, together
 * @param writeOuts dirty buffers written out early, see {@link DirtyWriter}
 * @param freedInFlight blocks that were freed while they were read or filled
 * @param userReuses how often {@link Buffer#setUser} found a user attached
 * @param userFailures callbacks of users that threw
 * @param retiredBytes memory of closed caches, in the whole process, that may still be read without
 *     a hold and is not in use again; outside any budget. It goes when the garbage collector finds
 *     that no buffer of them can be reached, and other caches take it before they ask the system
 * @param prefetches blocks read ahead, or about to be, see {@link BufferCache#prefetch}; misses too
 * @param prefetchesUsed those of them that somebody wanted before they were evicted
 * @param prefetchesDropped blocks asked for ahead and left out, as memory was short or the queue
 *     full
 */
public record CacheStats(
    long budgetBytes,
    long usedBytes,
    long peakUsedBytes,
    long cachedBytes,
    long dirtyBytes,
    long frozenBytes,
    long userBytes,
    long ioBytes,
    long hits,
    long misses,
    long evictions,
    long userEvictions,
    long outstandingHolds,
    long throttleCount,
    long throttleNanos,
    long writeOuts,
    long freedInFlight,
    long userReuses,
    long userFailures,
    long retiredBytes,
    long prefetches,
    long prefetchesUsed,
    long prefetchesDropped) {

  /**
   * The memory of buffers that are not dirty.
   *
   * @return bytes, 0 or above
   */
  public long cleanBytes() {
    return Math.max(0, cachedBytes - dirtyBytes);
  }
}
