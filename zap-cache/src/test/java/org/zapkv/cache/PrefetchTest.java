// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.ClosedException;
import org.zapkv.error.DeviceException;

/** Blocks read ahead. The budget is 4 MiB, 1 MiB of it reserve. */
final class PrefetchTest {
  private static final int BLOCK_BYTES = 64 << 10;
  private static final int MAIN_BLOCKS = (3 << 20) / BLOCK_BYTES;

  private final CountDownLatch gate = new CountDownLatch(1);
  private final Set<Long> read = ConcurrentHashMap.newKeySet();
  private final Set<Thread> readers = ConcurrentHashMap.newKeySet();
  private final AtomicInteger reads = new AtomicInteger();
  private final BufferCache cache =
      BufferCache.builder()
          .budgetBytes(4L << 20)
          .initPolicy(InitPolicy.POISON)
          .waitTimeout(Duration.ZERO)
          .build();

  @AfterEach
  void nothingIsOut() {
    gate.countDown();
    cache.close();
    assertEquals(0, cache.stats().usedBytes());
    assertEquals(0, cache.stats().outstandingHolds());
  }

  private void readPattern(long objectId, long blockId, long address, int sizeBytes) {
    NativeMemory.fill(address, sizeBytes, (byte) blockId);
    reads.incrementAndGet();
    read.add(blockId);
    readers.add(Thread.currentThread());
  }

  private static long[] blocks(int first, int count) {
    return LongStream.range(first, first + count).toArray();
  }

  private Buffer hold(BlockSource source, long blockId) {
    Buffer buffer = cache.hold(source, 1, blockId, BLOCK_BYTES, "test");
    assertEquals((byte) blockId, NativeMemory.getByte(buffer.address()));
    assertEquals((byte) blockId, NativeMemory.getByte(buffer.address() + BLOCK_BYTES - 1));
    return buffer;
  }

  private void awaitReads() {
    Waiting.until("all reads to end", () -> cache.stats().outstandingHolds() == 0);
  }

  @Test
  void whatWasReadAheadIsFound() {
    cache.prefetch(this::readPattern, 1, blocks(0, 10), BLOCK_BYTES);
    awaitReads();
    assertEquals(10, reads.get());
    assertFalse(readers.contains(Thread.currentThread()));
    for (int round = 0; round < 2; round++) {
      for (int block = 0; block < 10; block++) {
        hold(this::readPattern, block).release("test");
      }
      cache.prefetch(this::readPattern, 1, blocks(0, 10), BLOCK_BYTES);
    }
    CacheStats stats = cache.stats();
    assertEquals(10, reads.get());
    assertEquals(10, stats.misses());
    assertEquals(10, stats.prefetches());
    assertEquals(10, stats.prefetchesUsed());
    assertEquals(0, stats.prefetchesDropped());
  }

  /** All threads are kept busy; who wants a block behind them does not wait for a thread. */
  @Test
  void whoWantsABlockThatIsStillQueuedReadsIt() {
    Thread test = Thread.currentThread();
    BlockSource slow =
        (objectId, blockId, address, sizeBytes) -> {
          if (Thread.currentThread() != test) {
            await(gate);
          }
          readPattern(objectId, blockId, address, sizeBytes);
        };
    for (int block = 0; block < 6; block++) {
      cache.prefetch(slow, 1, new long[] {block}, BLOCK_BYTES);
    }
    Buffer queued = hold(slow, 5);
    assertTrue(readers.contains(Thread.currentThread()));
    queued.release("test");
    assertEquals(1, reads.get());
    gate.countDown();
    for (int block = 0; block < 6; block++) {
      hold(slow, block).release("test");
    }
    assertEquals(6, reads.get());
    assertEquals(6, cache.stats().prefetchesUsed());
  }

  @Test
  void whoWantsABlockThatIsBeingReadWaitsForIt() {
    CountDownLatch inside = new CountDownLatch(1);
    BlockSource slow =
        (objectId, blockId, address, sizeBytes) -> {
          inside.countDown();
          await(gate);
          readPattern(objectId, blockId, address, sizeBytes);
        };
    cache.prefetch(slow, 1, blocks(7, 1), BLOCK_BYTES);
    await(inside);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread waiter = new Thread(() -> hold(slow, 7).release("test"));
    waiter.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
    waiter.start();
    Waiting.untilItWaits("the block", waiter);
    gate.countDown();
    Waiting.forEnd(waiter);
    assertNull(failure.get());
    assertEquals(1, reads.get());
  }

  @Test
  void oneBadBlockConcernsOnlyThoseWhoWaitForIt() {
    AtomicInteger failures = new AtomicInteger();
    DeviceException bad = new DeviceException("bad sector");
    BlockSource source =
        (objectId, blockId, address, sizeBytes) -> {
          if (blockId == 3 && failures.getAndIncrement() < 2) {
            await(gate);
            throw bad;
          }
          readPattern(objectId, blockId, address, sizeBytes);
        };
    cache.prefetch(source, 1, new long[] {3, 1, 2}, BLOCK_BYTES);
    Waiting.until("the read of the bad block to begin", () -> failures.get() > 0);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread waiter = new Thread(() -> hold(source, 3).release("test"));
    waiter.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
    waiter.start();
    Waiting.untilItWaits("the block", waiter);
    gate.countDown();
    Waiting.forEnd(waiter);
    assertSame(bad, failure.get());
    awaitReads();
    assertEquals(Set.of(1L, 2L), read);
    // Forgotten when nobody waits.
    cache.prefetch(source, 1, blocks(3, 1), BLOCK_BYTES);
    awaitReads();
    assertEquals(2, failures.get());
    hold(source, 3).release("test");
  }

  @Test
  void everyReadEndsOnce() {
    List<BlockRead> seen = new ArrayList<>();
    AtomicReference<Throwable> twice = new AtomicReference<>();
    BlockSource source =
        new BlockSource() {
          @Override
          public void read(long objectId, long blockId, long address, int sizeBytes) {
            readPattern(objectId, blockId, address, sizeBytes);
          }

          @Override
          public void readAll(List<BlockRead> list) {
            seen.addAll(list);
            BlockRead first = list.get(0);
            readPattern(first.objectId(), first.blockId(), first.address(), first.sizeBytes());
            first.done();
            twice.set(assertThrows(BufferStateException.class, first::done));
          }
        };
    cache.prefetch(source, 1, blocks(0, 2), BLOCK_BYTES);
    awaitReads();
    assertNotNull(twice.get());
    assertThrows(BufferStateException.class, seen.get(0)::address);
    assertThrows(BufferStateException.class, () -> seen.get(0).failed(new Error()));
    // The second one was forgotten by the source.
    assertThrows(BufferStateException.class, seen.get(1)::done);
    assertNull(cache.holdIfCached(1, 1, "test"));
    hold(source, 0).release("test");
    assertEquals(1, reads.get());
    hold(source, 1).release("test");
  }

  @Test
  void aSourceThatThrowsFailsWhatItHasNotRead() {
    BlockSource source =
        new BlockSource() {
          @Override
          public void read(long objectId, long blockId, long address, int sizeBytes) {
            readPattern(objectId, blockId, address, sizeBytes);
          }

          @Override
          public void readAll(List<BlockRead> list) {
            throw new DeviceException("all bad");
          }
        };
    cache.prefetch(source, 1, blocks(0, 2), BLOCK_BYTES);
    // A failed one is out of sight before its memory is back.
    Waiting.until("the memory to be back", () -> cache.stats().cachedBytes() == 0);
    hold(source, 1).release("test");
  }

  /** POISON sees it as the read ends: that is a failure as any other, and nobody waits for ever. */
  @Test
  void whatIsLeftUnwrittenFails() {
    CountDownLatch inside = new CountDownLatch(1);
    BlockSource sloppy =
        (objectId, blockId, address, sizeBytes) -> {
          inside.countDown();
          await(gate);
          NativeMemory.fill(address, sizeBytes - 8, (byte) 1);
        };
    cache.prefetch(sloppy, 1, blocks(0, 2), BLOCK_BYTES);
    await(inside);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread waiter = new Thread(() -> hold(this::readPattern, 0).release("test"));
    waiter.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
    waiter.start();
    Waiting.untilItWaits("the block", waiter);
    gate.countDown();
    Waiting.forEnd(waiter);
    assertInstanceOf(BufferStateException.class, failure.get());
    awaitReads();
    hold(this::readPattern, 0).release("test");
    hold(this::readPattern, 1).release("test");
  }

  @Test
  void aQuarterOfTheBudgetIsReadAheadAtOnce() {
    BlockSource slow =
        (objectId, blockId, address, sizeBytes) -> {
          await(gate);
          readPattern(objectId, blockId, address, sizeBytes);
        };
    cache.prefetch(slow, 1, blocks(0, 40), BLOCK_BYTES);
    int limit = MAIN_BLOCKS / 4;
    assertEquals(limit, cache.stats().prefetches());
    assertEquals(40 - limit, cache.stats().prefetchesDropped());
    gate.countDown();
    awaitReads();
    cache.prefetch(slow, 1, blocks(limit, 1), BLOCK_BYTES);
    assertEquals(limit + 1, cache.stats().prefetches());
  }

  @Test
  void nothingIsWaitedForAndNothingWrittenOut() {
    List<Buffer> held = new ArrayList<>();
    for (int block = 0; block < MAIN_BLOCKS; block++) {
      held.add(hold(this::readPattern, block));
    }
    cache.prefetch(this::readPattern, 1, blocks(100, 3), BLOCK_BYTES);
    assertEquals(3, cache.stats().prefetchesDropped());
    held.forEach(
        buffer -> {
          buffer.dirty(1);
          buffer.release("test");
        });
    cache.prefetch(this::readPattern, 1, blocks(100, 3), BLOCK_BYTES);
    assertEquals(6, cache.stats().prefetchesDropped());
    assertEquals(0, cache.stats().throttleCount());
    held.forEach(buffer -> buffer.clean(1));
    // Now they are clean and may go.
    cache.prefetch(this::readPattern, 1, blocks(100, 3), BLOCK_BYTES);
    assertEquals(6, cache.stats().prefetchesDropped());
    awaitReads();
    assertTrue(cache.stats().evictions() > 0);
  }

  @Test
  void aLongListDoesNotEvictItsOwnBeginning() {
    for (int block = 0; block < 4 * MAIN_BLOCKS; block += 4) {
      cache.prefetch(this::readPattern, 1, blocks(block, 4), BLOCK_BYTES);
      awaitReads();
    }
    assertEquals(0, cache.stats().evictions());
    assertTrue(cache.stats().prefetchesDropped() > 2 * MAIN_BLOCKS, cache.stats()::toString);
    for (int block = 0; block < MAIN_BLOCKS * 7 / 8; block++) {
      Objects.requireNonNull(cache.holdIfCached(1, block, "test")).release("test");
    }
    // They are used now: the next ones may have the memory of cold blocks.
    cache.prefetch(this::readPattern, 1, blocks(1000, 10), BLOCK_BYTES);
    awaitReads();
    Objects.requireNonNull(cache.holdIfCached(1, 1009, "test")).release("test");
  }

  @Test
  void whatIsFreedWhileItIsReadAheadIsZeros() {
    BlockSource slow =
        (objectId, blockId, address, sizeBytes) -> {
          await(gate);
          NativeMemory.fill(address, sizeBytes, (byte) 9);
        };
    cache.prefetch(slow, 1, blocks(0, 2), BLOCK_BYTES);
    cache.freeRange(1, 0, 1, 1);
    gate.countDown();
    awaitReads();
    Buffer freed = cache.hold(slow, 1, 0, BLOCK_BYTES, "test");
    assertEquals(0, NativeMemory.getByte(freed.address()));
    freed.release("test");
    Buffer other = cache.hold(slow, 1, 1, BLOCK_BYTES, "test");
    assertEquals(9, NativeMemory.getByte(other.address()));
    other.release("test");
  }

  @Test
  void aSourceThatWantsItsOwnBlockIsTold() {
    AtomicReference<Throwable> told = new AtomicReference<>();
    AtomicReference<BlockSource> itself = new AtomicReference<>();
    itself.set(
        (objectId, blockId, address, sizeBytes) -> {
          told.set(
              assertThrows(
                  BufferStateException.class,
                  () -> cache.hold(itself.get(), 1, 0, BLOCK_BYTES, "test")));
          readPattern(objectId, blockId, address, sizeBytes);
        });
    cache.prefetch(itself.get(), 1, blocks(0, 1), BLOCK_BYTES);
    awaitReads();
    assertNotNull(told.get());
  }

  @Test
  void closingDropsWhatIsQueuedAndWaitsForWhatHasBegun() {
    CountDownLatch inside = new CountDownLatch(4);
    BlockSource slow =
        (objectId, blockId, address, sizeBytes) -> {
          inside.countDown();
          await(gate);
          // The memory is still the buffer's: POISON would show it if it had gone back.
          readPattern(objectId, blockId, address, sizeBytes);
        };
    for (int block = 0; block < 8; block++) {
      cache.prefetch(slow, 1, blocks(block, 1), BLOCK_BYTES);
    }
    await(inside);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread closer = new Thread(cache::close);
    closer.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
    closer.start();
    Waiting.until(
        "what is queued to be dropped", () -> cache.stats().usedBytes() <= 4L * BLOCK_BYTES);
    assertThrows(ClosedException.class, () -> cache.prefetch(slow, 1, blocks(9, 1), BLOCK_BYTES));
    assertEquals(4L * BLOCK_BYTES, cache.stats().usedBytes());
    assertTrue(closer.isAlive(), "close() did not wait");
    gate.countDown();
    Waiting.forEnd(closer);
    assertNull(failure.get());
    assertEquals(0, cache.stats().usedBytes());
    assertEquals(4, reads.get());
  }

  private static void await(CountDownLatch latch) {
    Waiting.forLatch("the test, or a read", latch);
  }
}
