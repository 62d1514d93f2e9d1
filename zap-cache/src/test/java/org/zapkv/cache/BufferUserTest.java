// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.testing.Threads;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.CacheFullException;

/** Attaching users, and their callbacks. */
final class BufferUserTest {
  private final BufferCache cache =
      BufferCache.builder().budgetBytes(4L << 20).waitTimeout(Duration.ofMillis(50)).build();

  @AfterEach
  void close() {
    cache.close();
    assertEquals(0, cache.stats().usedBytes());
    assertEquals(0, cache.stats().userBytes());
  }

  /** Counts its callbacks. */
  private static class CountingUser implements BufferUser {
    final AtomicInteger sync = new AtomicInteger();
    final AtomicInteger async = new AtomicInteger();
    private final boolean wantsAsync;

    CountingUser(boolean wantsAsync) {
      this.wantsAsync = wantsAsync;
    }

    @Override
    public void evictSync() {
      sync.incrementAndGet();
    }

    @Override
    public boolean wantsEvictAsync() {
      return wantsAsync;
    }

    @Override
    public void evictAsync() {
      assertEquals(1, sync.get());
      async.incrementAndGet();
    }
  }

  private Buffer hold(long blockId) {
    return cache.hold(BufferCacheTest.pattern(), 1, blockId, 4096, this);
  }

  @Test
  void usersThatMadeRoomAreCounted() {
    CountingUser user = new CountingUser(false);
    for (int blockId = 0; blockId < 3000; blockId++) {
      Buffer buffer = hold(blockId);
      if (blockId % 3 == 0) {
        buffer.setUser(user);
      }
      buffer.release(this);
    }
    long evicted = cache.stats().userEvictions();
    assertEquals(user.sync.get(), evicted);
    assertTrue(evicted > 500 && evicted < cache.stats().evictions(), cache.stats()::toString);
    // Closing it makes no room.
    cache.close();
    assertTrue(user.sync.get() > evicted);
    assertEquals(evicted, cache.stats().userEvictions());
  }

  @Test
  void theFirstUserWinsAndTheLoserIsTold() {
    Buffer buffer = hold(0);
    CountingUser first = new CountingUser(false);
    CountingUser second = new CountingUser(false);
    assertNull(buffer.setUser(first));
    assertSame(first, buffer.setUser(second));
    assertSame(first, buffer.user());
    assertEquals(1, cache.stats().userReuses());
    assertSame(first, buffer.replaceUser(second, null));
    assertSame(first, buffer.user());
    assertSame(first, buffer.replaceUser(first, second));
    assertSame(second, buffer.user());
    assertSame(second, buffer.removeUser(first));
    assertSame(second, buffer.removeUser(second));
    assertNull(buffer.user());
    assertNull(buffer.replaceUser(null, first));
    buffer.release(this);
    cache.freeRange(1, 0, 1, 1);
    assertEquals(1, first.sync.get());
    assertEquals(0, second.sync.get());
  }

  @Test
  void usersNeedAHeldBuffer() {
    Buffer buffer = hold(0);
    buffer.release(this);
    CountingUser user = new CountingUser(false);
    assertThrows(BufferStateException.class, () -> buffer.setUser(user));
    assertThrows(BufferStateException.class, () -> buffer.replaceUser(null, user));
    assertThrows(BufferStateException.class, () -> buffer.removeUser(user));
    assertThrows(BufferStateException.class, () -> buffer.userSizeBytes(1));
  }

  @Test
  void aRaceOfThreadsHasOneWinner() throws Exception {
    for (int round = 0; round < 500; round++) {
      Buffer buffer = hold(round);
      ConcurrentLinkedQueue<BufferUser> seen = new ConcurrentLinkedQueue<>();
      AtomicInteger winners = new AtomicInteger();
      Threads.run(
          3,
          index -> {
            CountingUser mine = new CountingUser(false);
            BufferUser other = buffer.setUser(mine);
            winners.addAndGet(other == null ? 1 : 0);
            seen.add(other == null ? mine : other);
          });
      assertEquals(1, winners.get());
      seen.forEach(user -> assertSame(buffer.user(), user));
      buffer.release(this);
    }
  }

  @Test
  void callbacksRunOnceAfterDetachingAndUnderNoLockOfTheCache() {
    Buffer buffer = hold(0);
    AtomicReference<Buffer> again = new AtomicReference<>();
    CountingUser user =
        new CountingUser(true) {
          @Override
          public void evictSync() {
            super.evictSync();
            assertNull(buffer.user());
            assertThrows(BufferStateException.class, buffer::address);
            // The very block can be had again from in here.
            again.set(hold(0));
          }
        };
    buffer.setUser(user);
    buffer.release(this);
    cache.freeRange(1, 0, 1, 1);
    cache.awaitUserEvictions();
    assertEquals(1, user.sync.get());
    assertEquals(1, user.async.get());
    assertEquals(0, cache.stats().userFailures());
    again.get().release(this);
    cache.freeRange(1, 0, 1, 1);
    assertEquals(1, user.sync.get());
  }

  @Test
  void aUserThatThrowsIsCountedAndTheCacheGoesOn() {
    java.util.logging.Logger logger =
        java.util.logging.Logger.getLogger(UserEvictions.class.getName());
    logger.setUseParentHandlers(false);
    Buffer buffer = hold(0);
    buffer.setUser(
        () -> {
          throw new IllegalStateException("on purpose");
        });
    buffer.release(this);
    cache.freeRange(1, 0, 1, 1);
    cache.awaitUserEvictions();
    assertEquals(1, cache.stats().userFailures());
    hold(0).release(this);
    logger.setUseParentHandlers(true);
  }

  @Test
  void aCallbackThatWaitsForItsOwnEndIsTold() {
    AtomicInteger told = new AtomicInteger();
    BufferUser user =
        new BufferUser() {
          @Override
          public void evictSync() {
            assertThrows(BufferStateException.class, cache::awaitUserEvictions);
            told.incrementAndGet();
          }

          @Override
          public boolean wantsEvictAsync() {
            return true;
          }

          @Override
          public void evictAsync() {
            evictSync();
            // As it evicts another, whose callback is over then, this one is still in its own.
            Buffer other = hold(2);
            other.setUser(() -> {});
            other.release(BufferUserTest.this);
            cache.freeRange(1, 2, 1, 1);
            evictSync();
          }
        };
    Buffer buffer = hold(1);
    buffer.setUser(user);
    buffer.release(this);
    cache.freeRange(1, 1, 1, 1);
    cache.awaitUserEvictions();
    assertEquals(3, told.get());
    assertEquals(0, cache.stats().userFailures());
  }

  @Test
  void aDirtyBufferKeepsItsUserUnlessItGoesEarly() {
    Buffer buffer = hold(0);
    CountingUser user = new CountingUser(false);
    buffer.setUser(user);
    buffer.dirty(1);
    buffer.release(this);
    assertSame(user, buffer.user());

    Buffer early = hold(1);
    CountingUser earlyUser =
        new CountingUser(false) {
          @Override
          public void evictSync() {
            super.evictSync();
            assertNull(early.user());
            assertEquals(BufferState.EVICTING, early.state());
            // Others wait meanwhile; for this thread that would be for ever.
            assertThrows(BufferStateException.class, () -> hold(1));
            assertThrows(BufferStateException.class, () -> cache.freeRange(1, 1, 1, 1));
            hold(2).release(this);
          }
        };
    early.setUserImmediateEvict(earlyUser);
    early.userSizeBytes(1000);
    early.dirty(1);
    hold(1).release(this);
    assertEquals(0, earlyUser.sync.get());
    early.release(this);
    assertEquals(1, earlyUser.sync.get());
    assertEquals(0, cache.stats().userFailures());
    assertNull(early.user());
    assertEquals(BufferState.CACHED, early.state());
    assertEquals(0, cache.stats().userBytes());
    assertSame(early, hold(1));
    assertNull(early.setUser(user));
    early.release(this);
    assertSame(user, early.user());
    buffer.clean(1);
    early.clean(1);
  }

  @Test
  void theBytesOfUsersCountAgainstTheBudget() {
    Buffer buffer = hold(0);
    assertThrows(BufferStateException.class, () -> buffer.userSizeBytes(1));
    assertEquals(4096, cache.stats().usedBytes());
    buffer.setUser(new CountingUser(false));
    buffer.userSizeBytes(2L << 20);
    assertEquals((2L << 20) + 4096, cache.stats().usedBytes());
    assertThrows(CacheFullException.class, () -> buffer.userSizeBytes(4L << 20));
    assertEquals(2L << 20, cache.stats().userBytes());
    assertFalse(buffer.tryUserSizeBytes(4L << 20));
    assertEquals(2L << 20, cache.stats().userBytes());
    buffer.userSizeBytes(100);
    assertEquals(100, cache.stats().userBytes());
    assertTrue(buffer.tryUserSizeBytes(1L << 20));
    assertTrue(buffer.tryUserSizeBytes(200));
    assertEquals(200, cache.stats().userBytes());
    assertEquals(4096 + 200, cache.stats().usedBytes());
    buffer.removeUser(buffer.user());
    assertEquals(0, cache.stats().userBytes());
    assertThrows(IllegalArgumentException.class, () -> buffer.userSizeBytes(-1));
    buffer.release(this);
  }

  @Test
  void evictionForRoomTakesUsersAlong() {
    AtomicInteger evicted = new AtomicInteger();
    for (int block = 0; block < 3000; block++) {
      Buffer buffer = hold(block);
      assertNull(buffer.setUser(evicted::incrementAndGet));
      buffer.userSizeBytes(500);
      buffer.release(this);
    }
    CacheStats stats = cache.stats();
    assertTrue(stats.peakUsedBytes() <= stats.budgetBytes(), stats::toString);
    assertTrue(evicted.get() > 2000, "evicted " + evicted);
    cache.close();
    cache.awaitUserEvictions();
    assertEquals(3000, evicted.get());
  }

  /** As a caller without null checks may do: nothing is attached that could never be evicted. */
  @Test
  void noUserIsNotAUser() {
    Buffer buffer = hold(1);
    assertThrows(NullPointerException.class, () -> buffer.setUserImmediateEvict(nobody()));
    buffer.release(this);
    hold(1).release(this);
  }

  private static BufferUser nobody() {
    return new AtomicReference<BufferUser>().get();
  }
}
