// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.cache.testing.Threads;
import org.zapkv.error.CacheFullException;

/** The figures, and that the budget is kept at each moment somebody looks. */
final class CacheStatsTest {
  private static final BlockSource PATTERN = BufferCacheTest.pattern();

  @Test
  void everyClassOfMemoryIsCounted() {
    try (BufferCache cache = BufferCache.builder().budgetBytes(8L << 20).build()) {
      Buffer clean = cache.hold(PATTERN, 1, 1, 1024, "a");
      Buffer dirty = cache.hold(PATTERN, 1, 2, 2048, "a");
      dirty.dirty(1);
      dirty.dirty(2);
      clean.setUser(() -> {});
      clean.userSizeBytes(300);
      try (IoMemory io = cache.allocateIo(8192)) {
        CacheStats stats = cache.stats();
        assertEquals(1024, stats.cleanBytes());
        assertEquals(2048, stats.dirtyBytes());
        assertEquals(2048, stats.frozenBytes());
        assertEquals(300, stats.userBytes());
        assertEquals(io.sizeBytes(), stats.ioBytes());
        assertEquals(1024 + 2048 + 2048 + 300 + 8192, stats.usedBytes());
        assertEquals(2, stats.outstandingHolds());
        assertEquals(2, stats.misses());
      }
      dirty.clean(1);
      dirty.clean(2);
      assertEquals(0, cache.stats().frozenBytes());
      assertEquals(3072, cache.stats().cleanBytes());
      clean.release("a");
      dirty.release("a");
    }
  }

  @Test
  void aBlockFreedAsItIsReadIsCountedOnce() {
    try (BufferCache cache = BufferCache.builder().budgetBytes(8L << 20).build()) {
      BlockSource freeing =
          (objectId, blockId, address, sizeBytes) -> {
            cache.freeRange(objectId, blockId, 1, 1);
            cache.freeRange(objectId, blockId, 1, 1);
            PATTERN.read(objectId, blockId, address, sizeBytes);
          };
      cache.hold(freeing, 1, 1, 512, "a").release("a");
      assertEquals(1, cache.stats().freedInFlight());
    }
  }

  /** Whoever looks, at any moment, sees no more than the budget, whatever all the others do. */
  @Test
  void theBudgetIsKeptAtEachMoment() throws Exception {
    Seeds.run(
        seed -> {
          long budget = 4L << 20;
          try (BufferCache cache =
              BufferCache.builder()
                  .budgetBytes(budget)
                  .reserveBytes(0)
                  .waitTimeout(Duration.ofMillis(1))
                  .build()) {
            AtomicInteger running = new AtomicInteger(3);
            AtomicInteger full = new AtomicInteger();
            Threads.run(
                4,
                index -> {
                  if (index == 3) {
                    while (running.get() > 0) {
                      assertTrue(cache.stats().usedBytes() <= budget);
                    }
                    return;
                  }
                  try {
                    fill(cache, new Random(seed + index), full);
                  } finally {
                    running.decrementAndGet();
                  }
                });
            CacheStats stats = cache.stats();
            assertTrue(stats.peakUsedBytes() <= budget, stats::toString);
            assertTrue(stats.peakUsedBytes() > budget * 3 / 4, stats::toString);
            assertTrue(stats.throttleCount() >= full.get() && full.get() > 0, stats::toString);
            assertTrue(stats.throttleNanos() > 0, stats::toString);
          }
        });
  }

  private static void fill(BufferCache cache, Random random, AtomicInteger full) {
    for (int i = 0; i < 1000; i++) {
      Buffer[] held = new Buffer[1 + random.nextInt(100)];
      try {
        for (int k = 0; k < held.length; k++) {
          int block = random.nextInt(2000);
          held[k] = cache.hold(PATTERN, 1, block, 512 << (block % 8), "f");
          if (random.nextInt(8) == 0 && held[k].setUser(() -> {}) == null) {
            held[k].userSizeBytes(random.nextInt(20_000));
          }
          if (random.nextInt(16) == 0) {
            held[k].dirty(1);
          }
        }
        cache.allocateIo(1 + random.nextInt(100_000)).close();
      } catch (CacheFullException e) {
        full.incrementAndGet();
      } finally {
        for (Buffer buffer : held) {
          if (buffer != null) {
            buffer.release("f");
            buffer.clean(1);
          }
        }
      }
    }
  }
}
