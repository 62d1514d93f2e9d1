// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.cache.testing.Threads;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.ClosedException;

/** Users come and go in every way there is, all at once: each gets its callbacks exactly once. */
final class UserStressTest {
  private static final int OBJECTS = 3;
  private static final int BLOCKS = 150;

  /** Knows how often it was attached and detached by hand, and what callbacks it got. */
  private static final class Counted implements BufferUser {
    private final Buffer buffer;
    private final boolean wantsAsync;
    final AtomicInteger attached = new AtomicInteger();
    final AtomicInteger detached = new AtomicInteger();
    final AtomicInteger sync = new AtomicInteger();
    final AtomicInteger async = new AtomicInteger();
    final AtomicInteger heldInSync = new AtomicInteger();

    Counted(Buffer buffer, boolean wantsAsync) {
      this.buffer = buffer;
      this.wantsAsync = wantsAsync;
    }

    @Override
    public void evictSync() {
      // Again and again: a hold that is wrongly possible takes its time to come.
      for (int i = 0; i < 500; i++) {
        if (buffer.holds() > 0 || buffer.user() == this) {
          heldInSync.incrementAndGet();
        }
      }
      sync.incrementAndGet();
    }

    @Override
    public boolean wantsEvictAsync() {
      return wantsAsync;
    }

    @Override
    public void evictAsync() {
      async.addAndGet(sync.get());
    }
  }

  @Test
  void everyUserGoesExactlyOnce() throws Exception {
    for (int round = 0; round < 10; round++) {
      Seeds.run(UserStressTest::oneRound);
    }
  }

  private static void oneRound(long seed) throws Exception {
    BufferCache cache = BufferCache.builder().budgetBytes(4L << 20).build();
    ConcurrentLinkedQueue<Counted> users = new ConcurrentLinkedQueue<>();
    AtomicInteger reuses = new AtomicInteger();
    Threads.run(
        4,
        index -> {
          Random random = new Random(seed + index);
          for (int i = 0; i < 8_000; i++) {
            try {
              step(cache, random, users, reuses);
            } catch (ClosedException e) {
              return;
            }
          }
          if (index == 0) {
            MemoryPressureTest.quietly(BufferCache.class, cache::close);
          }
        });
    cache.close();
    cache.awaitUserEvictions();
    CacheStats stats = cache.stats();
    assertEquals(0, stats.usedBytes());
    assertEquals(0, stats.userBytes());
    assertEquals(0, stats.userFailures());
    assertEquals(reuses.get(), stats.userReuses());
    assertTrue(reuses.get() > 100, "reuses " + reuses);
    assertTrue(stats.evictions() > 100, stats::toString);
    List<String> wrong = new ArrayList<>();
    for (Counted user : users) {
      int expected = user.attached.get() - user.detached.get();
      int expectedAsync = user.wantsAsync ? expected : 0;
      if (user.sync.get() != expected
          || user.async.get() != expectedAsync
          || user.heldInSync.get() > 0) {
        wrong.add(
            expected
                + ":"
                + user.sync
                + ":"
                + user.async
                + ":"
                + user.heldInSync
                + " "
                + user.buffer);
      }
    }
    assertEquals(List.of(), wrong);
  }

  private static void step(
      BufferCache cache,
      Random random,
      ConcurrentLinkedQueue<Counted> users,
      AtomicInteger reuses) {
    int object = random.nextInt(OBJECTS);
    // Some blocks are wanted all the time.
    int block = random.nextInt(random.nextInt(8) == 0 ? 2 : BLOCKS);
    switch (random.nextInt(1000)) {
      case 0 -> cache.freeRange(object, 0, 5000, 1);
      case 1 -> cache.dropObject(object);
      case 2, 3, 4, 5, 6, 7, 8, 9 -> cache.freeRange(object, block, 1 + random.nextInt(3), 1);
      case 10, 11, 12, 13, 14, 15 -> {
        Buffer buffer = cache.holdNoFill(object, block, 32768, "s");
        buffer.release("s");
      }
      default -> useBlock(cache, random, users, reuses, object, block);
    }
  }

  private static void useBlock(
      BufferCache cache,
      Random random,
      ConcurrentLinkedQueue<Counted> users,
      AtomicInteger reuses,
      int object,
      int block) {
    Buffer buffer = cache.hold(BufferCacheTest.pattern(), object, block, 32768, "s");
    try {
      Counted mine = new Counted(buffer, random.nextInt(4) == 0);
      users.add(mine);
      BufferUser present =
          random.nextInt(4) == 0 ? buffer.setUserImmediateEvict(mine) : buffer.setUser(mine);
      if (present != null) {
        reuses.incrementAndGet();
        replace(buffer, random, present, mine);
      } else {
        mine.attached.incrementAndGet();
        resizeUser(buffer, random.nextInt(2000));
      }
      if (random.nextInt(8) == 0) {
        buffer.dirty(1);
      }
    } finally {
      buffer.release("s");
    }
    if (random.nextInt(2) == 0) {
      buffer.clean(1);
    }
  }

  private static void resizeUser(Buffer buffer, long bytes) {
    try {
      buffer.userSizeBytes(bytes);
    } catch (BufferStateException e) {
      // Another thread has removed the user already.
      assertTrue(String.valueOf(e.getMessage()).contains("needs a user"), e::toString);
    }
  }

  private static void replace(Buffer buffer, Random random, BufferUser present, Counted mine) {
    boolean removes = random.nextBoolean();
    if (random.nextInt(4) > 0 || buffer.replaceUser(present, removes ? null : mine) != present) {
      return;
    }
    ((Counted) present).detached.incrementAndGet();
    if (!removes) {
      mine.attached.incrementAndGet();
    }
  }
}
