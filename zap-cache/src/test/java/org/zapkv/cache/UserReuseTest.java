// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.StampedLock;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Threads;
import org.zapkv.cache.testing.Waiting;

/**
 * A block is freed while a reader holds it, and handed out again for something new: its old user is
 * still attached then. What a layer above must make of that, without that layer.
 */
final class UserReuseTest {
  private static final int BLOCK = 7;
  private static final int SIZE_BYTES = 4096;
  private static final int ROUNDS = 20_000;

  private final BlockSource zeros =
      (objectId, blockId, address, sizeBytes) -> NativeMemory.fill(address, sizeBytes, (byte) 0);

  private final BufferCache cache = BufferCache.builder().budgetBytes(4L << 20).build();

  @AfterEach
  void close() {
    assertEquals(0, cache.stats().outstandingHolds());
    cache.close();
    assertEquals(0, cache.stats().usedBytes());
  }

  /** What a layer above keeps for a block; its lock guards the block's bytes. */
  private static final class Page implements BufferUser {
    final StampedLock lock = new StampedLock();

    @Override
    public void evictSync() {}
  }

  /** Attaches a page to a block that was just handed out. */
  @FunctionalInterface
  private interface Creator {
    /** The page of the block's new life. */
    Page create(Buffer buffer);
  }

  /** The block is new, so nothing can be attached: says who did not read section 3. */
  private static Page naive(Buffer buffer) {
    Page page = new Page();
    if (buffer.setUser(page) != null) {
      throw new IllegalStateException(buffer + " has a user");
    }
    return page;
  }

  /** Detaches what is there. */
  private static Page detaching(Buffer buffer) {
    BufferUser old = buffer.user();
    if (old != null) {
      buffer.removeUser(old);
    }
    return attach(buffer);
  }

  /** Goes on with what is there, its lock included. */
  private static Page attach(Buffer buffer) {
    Page page = new Page();
    Page winner = (Page) buffer.setUser(page);
    return winner == null ? page : winner;
  }

  private Buffer hold() {
    return cache.hold(zeros, 1, BLOCK, SIZE_BYTES, this);
  }

  @Test
  void aFreedBlockThatIsHeldKeepsItsUser() {
    Buffer reader = hold();
    Page old = attach(reader);
    cache.freeRange(1, BLOCK, 1, 1);
    Buffer again = hold();
    assertSame(reader, again);
    assertThrows(IllegalStateException.class, () -> naive(again));
    assertSame(old, attach(again));
    again.release(this);
    reader.release(this);
  }

  /** Two locks for one block: the reader has one, the writer the other. */
  @Test
  void detachingLeavesTheReaderWithALockThatGuardsNothing() {
    Buffer reader = hold();
    Page stoodOn = attach(reader);
    long reading = stoodOn.lock.readLock();
    cache.freeRange(1, BLOCK, 1, 1);
    Buffer again = hold();
    Page page = detaching(again);
    assertNotSame(stoodOn, page);
    assertTrue(page.lock.tryWriteLock() != 0);
    assertEquals(0, stoodOn.lock.tryWriteLock());
    stoodOn.lock.unlockRead(reading);
    again.release(this);
    reader.release(this);
  }

  @Test
  void reuseGoesOnForThousandsOfRounds() throws Exception {
    AtomicLong reuses = new AtomicLong();
    int rounds = churn(UserReuseTest::attach, reuses, round -> round >= ROUNDS && reuses.get() > 0);
    System.out.println("UserReuseTest: users taken over: " + reuses + " in " + rounds + " rounds");
    assertTrue(reuses.get() > 0);
  }

  @Test
  void theNaiveCreatorFailsUnderReaders() {
    AssertionError failure =
        assertThrows(
            AssertionError.class,
            () -> churn(UserReuseTest::naive, new AtomicLong(), round -> false));
    assertTrue(failure.getCause() instanceof IllegalStateException, failure::toString);
  }

  @Test
  void detachingFailsUnderReaders() {
    AssertionError failure =
        assertThrows(
            AssertionError.class,
            () -> churn(UserReuseTest::detaching, new AtomicLong(), round -> false));
    assertTrue(failure.getMessage().contains("half written"), failure::toString);
  }

  /**
   * One thread has the block shrunk away and makes it again, another one stands on it. How often
   * the two meet is the scheduler's to decide: so they go on until it is enough, or one of them
   * fails, for some minutes at most.
   *
   * @param reuses counts how often the new life began with the user of the old one
   * @return the number of rounds
   */
  private int churn(Creator creator, AtomicLong reuses, IntPredicate isEnough) throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    AtomicInteger rounds = new AtomicInteger();
    long begin = System.nanoTime();
    Threads.run(
        2,
        index -> {
          try {
            while (index == 0 && !isEnough.test(rounds.get()) && !done.get()) {
              if (makeAgain(creator, rounds.incrementAndGet())) {
                reuses.incrementAndGet();
              }
              if (System.nanoTime() - begin > Waiting.PATIENCE.toNanos()) {
                throw new AssertionError("not once in " + rounds + " rounds");
              }
            }
            while (index == 1 && !done.get()) {
              read();
            }
          } finally {
            done.set(true);
          }
        });
    return rounds.get();
  }

  /** A shrink, then a new life; true if the user of the old one was still there. */
  private boolean makeAgain(Creator creator, int round) {
    Page before = shrink(round);
    Buffer buffer = hold();
    try {
      Page page = creator.create(buffer);
      long stamp = page.lock.writeLock();
      try {
        buffer.dirty(round);
        NativeMemory.fill(buffer.address(), SIZE_BYTES / 2, (byte) (round | 1));
        maybeLetTheOtherGoOn(round);
        NativeMemory.fill(buffer.address() + SIZE_BYTES / 2, SIZE_BYTES / 2, (byte) (round | 1));
      } finally {
        page.lock.unlockWrite(stamp);
      }
      return page == before;
    } finally {
      buffer.clean(round);
      buffer.release(this);
    }
  }

  /** Where there is one processor, the other would hardly ever be at work in here by itself. */
  @SuppressWarnings("ThreadPriorityCheck") // sooner, not more right
  private static void maybeLetTheOtherGoOn(int round) {
    if (round % 16 == 0) {
      Thread.yield();
    }
  }

  /** Under the lock of whoever reads the block, but not under a hold: only a reader's keeps it. */
  private Page shrink(int round) {
    Buffer buffer = hold();
    Page page = attach(buffer);
    long stamp = page.lock.writeLock();
    try {
      buffer.release(this);
      cache.freeRange(1, BLOCK, 1, round);
      return page;
    } finally {
      page.lock.unlockWrite(stamp);
    }
  }

  /** Stands on the block for a while, and looks at it under the lock of what it found there. */
  private void read() {
    Buffer buffer = hold();
    try {
      Page page = attach(buffer);
      for (int i = 0; i < 100; i++) {
        long stamp = page.lock.readLock();
        try {
          byte first = NativeMemory.getByte(buffer.address());
          byte last = NativeMemory.getByte(buffer.address() + SIZE_BYTES - 1);
          assertEquals(first, last, "half written");
        } finally {
          page.lock.unlockRead(stamp);
        }
      }
    } finally {
      buffer.release(this);
    }
  }
}
