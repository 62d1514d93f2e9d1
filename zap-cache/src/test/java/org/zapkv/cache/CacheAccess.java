// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

/** What tests in other packages do with the inside of a cache. */
public final class CacheAccess {
  private CacheAccess() {}

  /**
   * Has a buffer chosen for eviction, as the policy does it, and evicts what is chosen.
   *
   * @param cache the buffer's cache
   * @param buffer any buffer of it
   * @return whether this call evicted one
   */
  public static boolean evict(BufferCache cache, Buffer buffer) {
    cache.evictor().offer(buffer);
    return evictChosen(cache);
  }

  /**
   * Evicts what is chosen, as each load does.
   *
   * @param cache a cache
   * @return whether this call evicted a buffer
   */
  public static boolean evictChosen(BufferCache cache) {
    return cache.evictor().drain();
  }
}
