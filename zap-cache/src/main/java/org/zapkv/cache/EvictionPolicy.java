// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Chooses what to evict: Caffeine's W-TinyLFU, weighted by bytes. Any thread. */
final class EvictionPolicy {
  /*
   * Implementation notes
   *
   * Caffeine holds nothing here, it only has an opinion. Keys are the buffers themselves, compared
   * by identity, so an old and a new buffer of the same block cannot be mixed up. Their hash code is
   * that of the block: Caffeine's sketch counts uses by it, also of blocks that are not here now,
   * and so one that comes back again and again is at last let in. Its listener runs
   * inside Caffeine's own atomic removal: it only enqueues. What it chose and the cache must not
   * evict is put again later (see Evictor).
   *
   * Maintenance runs on the calling thread: the calls are rare, and there is no thread to manage.
   */
  private final Cache<Buffer, Buffer> cache;
  private final Policy.Eviction<Buffer, Buffer> eviction;

  /** A policy that wants no more than so many bytes cached, and says who has to go for that. */
  EvictionPolicy(long maximumBytes, Consumer<Buffer> victims) {
    this.cache =
        Caffeine.newBuilder()
            .maximumWeight(maximumBytes)
            .weigher((Buffer buffer, Buffer same) -> buffer.weightBytes())
            .executor(Runnable::run)
            .evictionListener(
                (buffer, same, cause) -> victims.accept(Objects.requireNonNull(buffer)))
            .build();
    this.eviction = cache.policy().eviction().orElseThrow();
  }

  /** A buffer is new, or its weight has changed. */
  void put(Buffer buffer) {
    cache.put(buffer, buffer);
  }

  /** A buffer was used. */
  void touch(Buffer buffer) {
    if (cache.getIfPresent(buffer) == null) {
      cache.put(buffer, buffer);
    }
  }

  void remove(Buffer buffer) {
    cache.invalidate(buffer);
  }

  /** The coldest buffers that a condition holds for, the coldest first. */
  List<Buffer> coldest(int limit, Predicate<Buffer> condition) {
    return eviction.coldest(
        entries -> entries.map(Map.Entry::getKey).filter(condition).limit(limit).toList());
  }
}
