// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Threads;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.CacheFullException;
import org.zapkv.error.ClosedException;

/** What happens when there is not enough memory. The budget is 4 MiB, 1 MiB of it reserve. */
final class MemoryPressureTest {
  private static final int BLOCK_BYTES = 64 << 10;
  private static final int MAIN_BLOCKS = (3 << 20) / BLOCK_BYTES;

  /**
   * Longer than a test may last, and than any machine is slow: where nobody is to wait in vain, or
   * not for as long as this.
   */
  private static final Duration LONG = Duration.ofMinutes(4);

  private static final int LIMIT_SECONDS = 120;

  private final AtomicReference<BufferCache> open = new AtomicReference<>();

  @AfterEach
  void close() {
    BufferCache cache = open.get();
    if (cache != null) {
      cache.close();
      assertEquals(0, cache.stats().usedBytes());
    }
  }

  private BufferCache create(BufferCache.Builder builder) {
    BufferCache cache = builder.budgetBytes(4L << 20).build();
    open.set(cache);
    return cache;
  }

  private static Buffer hold(BufferCache cache, long blockId) {
    return cache.hold(BufferCacheTest.pattern(), 0, blockId, BLOCK_BYTES, "test");
  }

  private static List<Buffer> holdAll(BufferCache cache) {
    List<Buffer> held = new ArrayList<>();
    for (int block = 0; block < MAIN_BLOCKS; block++) {
      held.add(hold(cache, block));
    }
    return held;
  }

  @Test
  void heldBuffersStayAndTheErrorSaysWhy() {
    BufferCache cache = create(BufferCache.builder().waitTimeout(Duration.ofMillis(20)));
    List<Buffer> held = holdAll(cache);
    CacheFullException e = assertThrows(CacheFullException.class, () -> hold(cache, MAIN_BLOCKS));
    assertTrue(e.getMessage().contains("budget=4194304"), e.getMessage());
    assertTrue(e.getMessage().contains("held=3145728"), e.getMessage());
    assertEquals(1, cache.stats().throttleCount());
    for (int block = 0; block < MAIN_BLOCKS; block++) {
      Buffer buffer = held.get(block);
      assertEquals((byte) block, NativeMemory.getByte(buffer.address() + BLOCK_BYTES - 1));
      assertSame(buffer, cache.holdIfCached(0, block, "again"));
      buffer.release("again");
      buffer.release("test");
    }
    hold(cache, MAIN_BLOCKS).release("test");
  }

  @Test
  void dirtyBuffersStayUntilCleaned() {
    BufferCache cache = create(BufferCache.builder().waitTimeout(Duration.ofMillis(20)));
    List<Buffer> held = holdAll(cache);
    for (Buffer buffer : held) {
      buffer.dirty(1);
      buffer.release("test");
    }
    CacheFullException e = assertThrows(CacheFullException.class, () -> hold(cache, 1000));
    assertTrue(e.getMessage().contains("dirty=3145728"), e.getMessage());
    held.get(7).clean(1);
    hold(cache, 1000).release("test");
    assertEquals(BufferState.UNCACHED, held.get(7).state());
    held.forEach(buffer -> buffer.clean(1));
  }

  /** Some readers of a store that has failed would have waited to the end for each block. */
  @Test
  @Timeout(LIMIT_SECONDS)
  void nobodyWaitsLongForAWriterThatHasFailed() {
    DirtyWriter failed =
        new DirtyWriter() {
          @Override
          public boolean writeOut(Buffer buffer, long group) {
            throw new AssertionError("it has failed");
          }

          @Override
          public boolean hasFailed() {
            return true;
          }
        };
    BufferCache cache = create(BufferCache.builder().dirtyWriter(failed).waitTimeout(LONG));
    List<Buffer> all = holdAll(cache);
    for (Buffer buffer : all) {
      buffer.dirty(1);
      buffer.release("test");
    }
    for (int i = 0; i < 2; i++) {
      CacheFullException e = assertThrows(CacheFullException.class, () -> hold(cache, MAIN_BLOCKS));
      assertTrue(e.getMessage().contains("never written any more"), e.getMessage());
    }
    all.forEach(buffer -> buffer.clean(1));
    hold(cache, MAIN_BLOCKS).release("test");
  }

  /** A disk that is full until it is told otherwise. */
  private static final class FullDisk implements DirtyWriter {
    final AtomicBoolean full = new AtomicBoolean(true);

    @Override
    public boolean writeOut(Buffer buffer, long group) {
      return !full.get();
    }

    @Override
    public boolean hasNoRoom() {
      return full.get();
    }
  }

  private static List<Buffer> dirtyAll(BufferCache cache) {
    List<Buffer> all = holdAll(cache);
    for (Buffer buffer : all) {
      buffer.dirty(1);
      buffer.release("test");
    }
    return all;
  }

  /** It would have waited to the end. */
  @Test
  @Timeout(LIMIT_SECONDS)
  void nobodyWaitsLongForADiskThatIsFull() {
    FullDisk disk = new FullDisk();
    BufferCache cache = create(BufferCache.builder().dirtyWriter(disk).waitTimeout(LONG));
    dirtyAll(cache);
    CacheFullException e = assertThrows(CacheFullException.class, () -> hold(cache, MAIN_BLOCKS));
    assertTrue(e.isDiskFull());
    assertTrue(e.getMessage().contains("the disk has no room for"), e.getMessage());
    disk.full.set(false);
    hold(cache, MAIN_BLOCKS).release("test");
  }

  /** Who writes what is dirty cannot do without. */
  @Test
  @Timeout(LIMIT_SECONDS)
  void whoHasTheReserveWaitsAsLongAsEver() {
    FullDisk disk = new FullDisk();
    BufferCache cache =
        create(BufferCache.builder().dirtyWriter(disk).waitTimeout(Duration.ofMillis(1500)));
    dirtyAll(cache);
    List<IoMemory> taken = new ArrayList<>();
    CacheFullException e =
        assertThrows(
            CacheFullException.class,
            () -> {
              while (true) {
                taken.add(cache.allocateIo(BLOCK_BYTES));
              }
            });
    assertFalse(e.isDiskFull());
    assertFalse(taken.isEmpty());
    taken.forEach(IoMemory::close);
    disk.full.set(false);
  }

  /** What takes changes back gets on: what it changes gives room on the disk. */
  @Test
  @Timeout(LIMIT_SECONDS)
  void theReserveIsThereForWhatMustGetOn() {
    FullDisk disk = new FullDisk();
    BufferCache cache = create(BufferCache.builder().dirtyWriter(disk).waitTimeout(LONG));
    dirtyAll(cache);
    cache.withReserve(
        () -> {
          cache.withReserve(() -> hold(cache, MAIN_BLOCKS).release("test"));
          hold(cache, MAIN_BLOCKS + 1).release("test");
        });
    assertThrows(CacheFullException.class, () -> hold(cache, MAIN_BLOCKS));
    disk.full.set(false);
  }

  @Test
  void theReserveIsForThoseWhoMayUseIt() {
    BufferCache cache = create(BufferCache.builder().waitTimeout(Duration.ofMillis(20)));
    List<Buffer> held = holdAll(cache);
    assertThrows(CacheFullException.class, () -> hold(cache, 1000));
    Buffer reserved = cache.holdReserved(BufferCacheTest.pattern(), 0, 1000, BLOCK_BYTES, "sync");
    try (IoMemory io = cache.allocateIo(BLOCK_BYTES)) {
      NativeMemory.fill(io.address(), BLOCK_BYTES, (byte) 1);
      assertEquals(BLOCK_BYTES, cache.stats().ioBytes());
    }
    reserved.release("sync");
    // Guests go when they are released, so the reserve never fills up with what is cached.
    for (int i = 0; i < 100; i++) {
      cache
          .holdReserved(BufferCacheTest.pattern(), 0, 2000 + i, BLOCK_BYTES, "sync")
          .release("sync");
    }
    held.forEach(buffer -> buffer.release("test"));
  }

  @Test
  void aWaiterGoesOnWhenABufferIsReleased() throws Exception {
    BufferCache cache = create(BufferCache.builder().waitTimeout(LONG));
    for (int round = 0; round < 30; round++) {
      List<Buffer> held = holdAll(cache);
      long throttles = cache.stats().throttleCount();
      int extra = 1000 + round;
      Threads.run(
          3,
          index -> {
            if (index < 2) {
              hold(cache, extra + index * 100L).release("test");
            } else {
              Waiting.until(
                  "two to wait for memory", () -> cache.stats().throttleCount() >= throttles + 2);
              held.get(3).release("test");
            }
          });
      held.remove(3);
      held.forEach(buffer -> buffer.release("test"));
    }
  }

  @Test
  void anInterruptDoesNotEndTheWaitAndIsKept() throws Exception {
    BufferCache cache = create(BufferCache.builder().waitTimeout(LONG));
    List<Buffer> held = holdAll(cache);
    AtomicReference<Thread> waiter = new AtomicReference<>();
    Threads.run(
        2,
        index -> {
          if (index == 0) {
            waiter.set(Thread.currentThread());
            Thread.currentThread().interrupt();
            hold(cache, 1000).release("test");
            assertTrue(Thread.interrupted());
          } else {
            Waiting.until("one to wait for memory", () -> cache.stats().throttleCount() > 0);
            for (int i = 0; i < 1000; i++) {
              waiter.get().interrupt();
            }
            held.get(0).release("test");
          }
        });
    held.remove(0);
    held.forEach(buffer -> buffer.release("test"));
  }

  @Test
  void closingEndsTheWait() throws Exception {
    BufferCache cache = create(BufferCache.builder().waitTimeout(LONG));
    List<Buffer> held = holdAll(cache);
    quietly(
        BufferCache.class,
        () ->
            Threads.run(
                2,
                index -> {
                  if (index == 0) {
                    assertThrows(ClosedException.class, () -> hold(cache, 1000));
                  } else {
                    Waiting.until(
                        "the other to wait for memory", () -> cache.stats().throttleCount() > 0);
                    cache.close();
                  }
                }));
    held.forEach(buffer -> buffer.release("test"));
  }

  @Test
  void dirtyBuffersAreWrittenOutWhenNothingElseCanGo() {
    Map<Long, Byte> disk = new ConcurrentHashMap<>();
    Set<Long> asked = ConcurrentHashMap.newKeySet();
    BufferCache cache =
        create(
            BufferCache.builder()
                .waitTimeout(Duration.ofMillis(20))
                .dirtyWriter(
                    (buffer, group) -> {
                      assertEquals(BufferState.EVICTING, buffer.state());
                      assertNotNull(buffer.user());
                      assertEquals(1, group);
                      if (asked.add(buffer.blockId())) {
                        return false;
                      }
                      disk.put(buffer.blockId(), NativeMemory.getByte(buffer.address()));
                      return true;
                    }));
    AtomicInteger evicted = new AtomicInteger();
    int blocks = 4 * MAIN_BLOCKS;
    for (int block = 0; block < blocks; block++) {
      Buffer buffer = cache.holdForFill(0, block, BLOCK_BYTES, "test");
      NativeMemory.fill(buffer.address(), BLOCK_BYTES, (byte) (block + 1));
      buffer.fillDone();
      buffer.setUser(evicted::incrementAndGet);
      assertTrue(buffer.dirty(1));
      buffer.release("test");
    }
    assertTrue(disk.size() >= 3 * MAIN_BLOCKS, disk::toString);
    assertEquals(disk.size(), evicted.get());
    assertEquals(disk.size(), cache.stats().writeOuts());
    disk.forEach((block, value) -> assertEquals((byte) (block + 1), value));
    for (long block = 0; block < blocks; block++) {
      Buffer left = cache.holdIfCached(0, block, "test");
      assertEquals(disk.containsKey(block), left == null);
      if (left != null) {
        assertTrue(left.isDirty(1));
        left.release("test");
      }
    }
  }

  /** A writer that stages its output in the cache's memory, as most have to. */
  @Test
  void aWriterThatTakesMemoryIsNotEnteredAgain() {
    AtomicReference<BufferCache> itself = new AtomicReference<>();
    AtomicInteger depth = new AtomicInteger();
    AtomicInteger deepest = new AtomicInteger();
    BufferCache cache =
        create(
            BufferCache.builder()
                .dirtyWriter(
                    (buffer, group) -> {
                      deepest.accumulateAndGet(depth.incrementAndGet(), Math::max);
                      try (IoMemory io = itself.get().allocateIo(BLOCK_BYTES)) {
                        buffer.copyOut(group, io.address());
                        return true;
                      } finally {
                        depth.decrementAndGet();
                      }
                    }));
    itself.set(cache);
    for (int block = 0; block < 3 * MAIN_BLOCKS; block++) {
      Buffer buffer = hold(cache, block);
      buffer.dirty(1);
      buffer.release("test");
    }
    assertTrue(cache.stats().writeOuts() > 0);
    assertEquals(1, deepest.get());
  }

  /** Its last holder goes just as a free waits for the memory to copy an older group aside. */
  @Test
  void aBufferStaysWhileItIsFreed() {
    BufferCache cache = create(BufferCache.builder());
    List<Buffer> held = holdAll(cache);
    Buffer freed = held.remove(0);
    freed.dirty(3);
    AtomicInteger evicted = new AtomicInteger();
    Buffer victim = held.remove(0);
    victim.setUser(
        () -> {
          freed.release("test");
          freed.clean(3);
          cache.freeRange(0, 0, 1, 4);
          assertEquals(BufferState.CACHED, freed.state());
          evicted.incrementAndGet();
        });
    victim.release("test");
    cache.freeRange(0, 0, 1, 4);
    assertEquals(1, evicted.get());
    assertSame(freed, cache.holdIfCached(0, 0, "again"));
    assertEquals(0, NativeMemory.getByte(freed.address() + BLOCK_BYTES - 1));
    freed.release("again");
    held.forEach(buffer -> buffer.release("test"));
  }

  @Test
  void hotBlocksSurviveAScan() {
    BufferCache cache = create(BufferCache.builder());
    for (int round = 0; round < 20; round++) {
      for (int block = 0; block < 10; block++) {
        hold(cache, block).release("test");
      }
      for (int block = 0; block < 40; block++) {
        hold(cache, 100 + round * 40 + block).release("test");
      }
    }
    long misses = cache.stats().misses();
    for (int block = 0; block < 10; block++) {
      hold(cache, block).release("test");
    }
    assertTrue(cache.stats().misses() - misses <= 3, "hot blocks were evicted by a scan");
  }

  /** Recycled memory is full of old bytes; none of them may show. */
  @ParameterizedTest
  @EnumSource(InitPolicy.class)
  void aHoleIsWhatItsSourceWrote(InitPolicy policy) {
    BufferCache cache = create(BufferCache.builder().initPolicy(policy));
    for (int block = 0; block < 200; block++) {
      Buffer buffer = cache.holdForFill(1, block, BLOCK_BYTES, "test");
      NativeMemory.fill(buffer.address(), BLOCK_BYTES, (byte) 0x77);
      buffer.fillDone();
      buffer.release("test");
    }
    BlockSource hole =
        (objectId, blockId, address, sizeBytes) -> NativeMemory.fill(address, sizeBytes, (byte) 0);
    for (int block = 0; block < 200; block++) {
      int size = 512 * (1 + block % 7);
      Buffer buffer = cache.hold(hole, 2, block, size, "test");
      checkAll(buffer, 0, size, 0);
      Buffer larger = cache.resize(buffer, size + 1536, "test");
      checkAll(larger, 0, size + 1536, 0);
      larger.release("test");
      buffer.release("test");
    }
  }

  private static void checkAll(Buffer buffer, int from, int to, int expected) {
    for (int i = from; i < to; i++) {
      assertEquals(expected, NativeMemory.getByte(buffer.address() + i));
    }
  }

  /** An action that may throw. */
  interface Action {
    /**
     * Does it.
     *
     * @throws Exception if it fails
     */
    void run() throws Exception;
  }

  /** Runs something whose warnings are wanted, and not shown. */
  static void quietly(Class<?> logger, Action action) throws Exception {
    java.util.logging.Logger log = java.util.logging.Logger.getLogger(logger.getName());
    log.setUseParentHandlers(false);
    try {
      action.run();
    } finally {
      log.setUseParentHandlers(true);
    }
    assertFalse(Thread.currentThread().isInterrupted());
  }
}
