// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.memory.RetiredSlabs;
import org.zapkv.cache.testing.RetiredMemory;
import org.zapkv.cache.testing.Threads;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.ClosedException;
import org.zapkv.error.DeviceException;

/** Closing, leaks, and failures that several threads share. */
final class CloseTest {
  private static final BlockSource ZEROS =
      (objectId, blockId, address, sizeBytes) -> NativeMemory.fill(address, sizeBytes, (byte) 0);

  private static final BlockSource BLOCK_NUMBERS =
      (objectId, blockId, address, sizeBytes) -> {
        for (int i = 0; i < sizeBytes; i += 8) {
          NativeMemory.putLong(address + i, blockId);
        }
      };

  @Test
  void everythingAfterCloseIsAnError() {
    BufferCache cache = BufferCache.builder().build();
    Buffer buffer = cache.hold(ZEROS, 1, 1, 512, "a");
    buffer.release("a");
    cache.close();
    cache.close();
    assertEquals(0, cache.memory().mappedBytes());
    assertThrows(ClosedException.class, () -> cache.hold(ZEROS, 1, 1, 512, "a"));
    assertThrows(ClosedException.class, () -> cache.holdReserved(ZEROS, 1, 1, 512, "a"));
    assertThrows(ClosedException.class, () -> cache.holdIfCached(1, 1, "a"));
    assertThrows(ClosedException.class, () -> cache.find(1, 1));
    assertThrows(ClosedException.class, () -> cache.holdForFill(1, 1, 512, "a"));
    assertThrows(ClosedException.class, () -> cache.freeRange(1, 1, 1, 1));
    assertThrows(ClosedException.class, () -> cache.dropObject(1));
    assertThrows(ClosedException.class, () -> cache.allocateIo(512));
    assertThrows(ClosedException.class, () -> cache.resize(buffer, 1024, "a"));
    assertThrows(BufferStateException.class, buffer::address);
    assertThrows(BufferStateException.class, () -> buffer.release("a"));
    cache.awaitUserEvictions();
    assertEquals(0, cache.stats().usedBytes());
    assertEquals(List.of(), cache.outstandingHolds());
  }

  @Test
  void whatIsHeldAtCloseStaysUntilReleased() throws Exception {
    BufferCache cache = BufferCache.builder().traceHolds(true).build();
    Buffer held = cache.hold(ZEROS, 1, 1, 4096, "the leaker");
    AtomicInteger evicted = new AtomicInteger();
    held.setUser(evicted::incrementAndGet);
    held.dirty(1);
    IoMemory io = cache.allocateIo(4096);
    MemoryPressureTest.quietly(BufferCache.class, cache::close);
    NativeMemory.putLong(held.address(), 5);
    held.copyOut(1, io.address());
    assertEquals(5, NativeMemory.getLong(io.address()));
    List<String> leaks = cache.outstandingHolds();
    assertEquals(1, leaks.size());
    assertTrue(leaks.get(0).contains("the leaker"), leaks::toString);
    assertTrue(leaks.get(0).contains("whatIsHeldAtCloseStaysUntilReleased"), leaks::toString);
    assertThrows(BufferStateException.class, () -> held.release("somebody else"));
    held.release("the leaker");
    assertEquals(1, evicted.get());
    assertTrue(cache.memory().mappedBytes() > 0);
    io.close();
    io.close();
    assertThrows(BufferStateException.class, io::address);
    assertEquals(0, cache.memory().mappedBytes());
    assertEquals(0, cache.stats().usedBytes());
  }

  @Test
  void whoHoldsHasAName() {
    for (boolean traced : new boolean[] {false, true}) {
      try (BufferCache cache = BufferCache.builder().traceHolds(traced).build()) {
        Buffer held = cache.hold(ZEROS, 1, 1, 512, "a");
        assertThrows(NullPointerException.class, () -> cache.hold(ZEROS, 1, 1, 512, null));
        assertThrows(NullPointerException.class, () -> cache.holdReserved(ZEROS, 1, 2, 512, null));
        assertThrows(NullPointerException.class, () -> cache.holdIfCached(1, 1, null));
        assertThrows(NullPointerException.class, () -> cache.holdForFill(1, 3, 512, null));
        assertThrows(NullPointerException.class, () -> cache.holdNoFill(1, 4, 512, null));
        assertThrows(NullPointerException.class, () -> cache.resize(held, 1024, null));
        assertEquals(1, cache.stats().outstandingHolds());
        assertEquals(512, cache.stats().usedBytes());
        held.release("a");
      }
    }
  }

  /** Where nobody has read without a hold, nothing waits for the garbage collector. */
  @Test
  void theMemoryGoesBackAtOnceIfNobodyHasReadIt() {
    for (boolean isRead : new boolean[] {true, false}) {
      RetiredMemory.awaitNone();
      BufferCache cache = BufferCache.builder().build();
      Buffer read = cache.hold(ZEROS, 1, 1, 512, "a");
      read.release("a");
      Buffer held = cache.hold(ZEROS, 1, 2, 512, "b");
      if (isRead) {
        assertEquals(0L, read.read(NativeMemory::getLong));
      }
      try {
        MemoryPressureTest.quietly(BufferCache.class, cache::close);
      } catch (Exception e) {
        throw new AssertionError(e);
      }
      assertEquals(0, RetiredSlabs.retiredBytes(), "it is held still");
      assertEquals(0, NativeMemory.getLong(held.address()));
      held.release("b");
      assertEquals(isRead, RetiredSlabs.retiredBytes() > 0);
      assertEquals(0, read.readStamp());
    }
  }

  @Test
  void leaksAreNamedWithoutTracingToo() {
    try (BufferCache cache = BufferCache.builder().build()) {
      Buffer held = cache.hold(ZEROS, 1, 1, 512, "me");
      assertTrue(cache.outstandingHolds().get(0).contains("tag=me"));
      assertEquals(1, cache.stats().outstandingHolds());
      held.release("me");
      assertEquals(List.of(), cache.outstandingHolds());
    }
  }

  @Test
  void closingUnderHoldersAndLoaders() throws Exception {
    for (int round = 0; round < 60; round++) {
      BufferCache cache = BufferCache.builder().budgetBytes(4L << 20).build();
      int seed = round;
      AtomicInteger started = new AtomicInteger();
      MemoryPressureTest.quietly(
          BufferCache.class,
          () ->
              Threads.run(
                  4,
                  index -> {
                    if (index == 3) {
                      Waiting.until("the others to be at work", () -> started.get() >= 300);
                      cache.close();
                      return;
                    }
                    useUntilClosed(cache, new Random(seed * 31L + index), started);
                  }));
      assertEquals(0, cache.stats().usedBytes());
      assertEquals(0, cache.memory().mappedBytes());
    }
  }

  /**
   * Reading without a hold goes on through a close; what it finds then is never said to be valid.
   */
  @Test
  void closingUnderReadersWithoutAHold() throws Exception {
    for (int round = 0; round < 100; round++) {
      BufferCache cache = BufferCache.builder().budgetBytes(4L << 20).build();
      AtomicInteger started = new AtomicInteger();
      List<Buffer> buffers = new ArrayList<>();
      for (int block = 0; block < 100; block++) {
        Buffer buffer = cache.hold(BLOCK_NUMBERS, 1, block, 16384, "a");
        buffers.add(buffer);
        buffer.release("a");
      }
      Threads.run(
          3,
          index -> {
            if (index == 0) {
              Waiting.until("the others to read", () -> started.get() >= 200);
              cache.close();
            } else {
              readUntilClosed(cache, buffers, started);
            }
          });
      assertEquals(0, cache.stats().usedBytes());
      assertEquals(0, cache.memory().mappedBytes());
      assertTrue(cache.stats().retiredBytes() > 0, "still mapped for the readers");
      assertThrows(ClosedException.class, () -> cache.find(1, 1));
      byte[] bytes = new byte[16384];
      for (Buffer buffer : buffers) {
        assertEquals(0, buffer.readStamp());
        assertNull(buffer.read(address -> "something"));
        // Stale bytes, perhaps another cache's, but no fault: the buffer keeps the memory mapped.
        NativeMemory.copyToArray(buffer.unheldAddress(), bytes, 0, 16384);
        assertFalse(buffer.isValid(1L << 16));
      }
    }
  }

  private static void readUntilClosed(
      BufferCache cache, List<Buffer> buffers, AtomicInteger started) {
    int last = 0;
    // A while after the close as well: the memory may be another cache's by then.
    for (int after = 0; after < 50; ) {
      for (Buffer buffer : buffers) {
        long stamp = buffer.readStamp();
        if (stamp != 0) {
          long seen = NativeMemory.getLong(buffer.unheldAddress() + 16376);
          if (buffer.isValid(stamp)) {
            assertEquals(buffer.blockId(), seen);
          }
          started.incrementAndGet();
        }
        Long read = buffer.read(NativeMemory::getLong);
        assertTrue(read == null || read == buffer.blockId());
      }
      try {
        cache.find(1, last++ % 100);
      } catch (ClosedException e) {
        after++;
      }
    }
  }

  /** A clean() that close() overtakes takes its count off a buffer that has gone. */
  @Test
  void closingUnderTheThreadThatSyncs() throws Exception {
    for (int round = 0; round < 200; round++) {
      BufferCache cache = BufferCache.builder().budgetBytes(4L << 20).build();
      for (int block = 0; block < 500; block++) {
        Buffer buffer = cache.hold(ZEROS, 1, block, 512, "a");
        buffer.dirty(1);
        buffer.release("a");
      }
      // In the order of the walk that close() makes, so that the two meet.
      List<Buffer> dirty = new ArrayList<>();
      cache.index().forEach(dirty::add);
      Threads.run(
          2,
          index -> {
            if (index == 0) {
              cache.close();
            } else {
              dirty.forEach(buffer -> buffer.clean(1));
            }
          });
      CacheStats stats = cache.stats();
      assertEquals(0, stats.usedBytes());
      assertEquals(0, stats.cachedBytes());
      assertEquals(0, stats.dirtyBytes());
      assertEquals(0, cache.memory().mappedBytes());
    }
  }

  private static void useUntilClosed(BufferCache cache, Random random, AtomicInteger started) {
    while (true) {
      Buffer buffer;
      try {
        buffer = cache.hold(ZEROS, 1, random.nextInt(300), 16384, "user");
      } catch (ClosedException e) {
        return;
      }
      started.incrementAndGet();
      try {
        assertEquals(0, NativeMemory.getLong(buffer.address() + 16376));
        if (random.nextInt(50) == 0) {
          buffer.dirty(1);
        }
        if (random.nextInt(10) == 0) {
          cache.freeRange(1, buffer.blockId(), 1, 1);
        }
      } catch (ClosedException e) {
        // Closed between the two; the hold is still good.
      } finally {
        buffer.release("user");
      }
    }
  }

  @Test
  void aFailedReadReachesEveryWaiterAndIsTriedAgain() throws Exception {
    try (BufferCache cache = BufferCache.builder().build()) {
      AtomicInteger reads = new AtomicInteger();
      AtomicInteger failures = new AtomicInteger();
      BlockSource flaky =
          (objectId, blockId, address, sizeBytes) -> {
            NativeMemory.fill(address, sizeBytes, (byte) 3);
            if (reads.incrementAndGet() % 2 == 1) {
              throw new DeviceException("flaky");
            }
          };
      Threads.run(
          4,
          index -> {
            for (int i = 0; i < 5000; i++) {
              try {
                Buffer buffer = cache.hold(flaky, 1, i, 512, "x");
                assertEquals(3, NativeMemory.getByte(buffer.address()));
                buffer.release("x");
              } catch (DeviceException e) {
                failures.incrementAndGet();
              }
            }
          });
      assertTrue(failures.get() >= 2500, "failures " + failures);
      assertEquals(0, cache.stats().outstandingHolds());
    }
  }

  /** What a source throws without declaring it, as one in Kotlin may. */
  @Test
  void anUndeclaredFailureLeavesNoBufferBehind() {
    try (BufferCache cache = BufferCache.builder().build()) {
      BlockSource failing =
          (objectId, blockId, address, sizeBytes) -> throwAny(new IOException("undeclared"));
      assertThrows(IOException.class, () -> cache.hold(failing, 1, 1, 512, "a"));
      assertEquals(0, cache.stats().usedBytes());
      cache.hold(ZEROS, 1, 1, 512, "a").release("a");
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <E extends Throwable> void throwAny(Throwable failure) throws E {
    throw (E) failure;
  }

  @Test
  void aGivenUpFillLeavesTheBlockToOthers() throws Exception {
    try (BufferCache cache = BufferCache.builder().build()) {
      Threads.run(
          4,
          index -> {
            for (int i = 0; i < 3000; i++) {
              if (index == 0) {
                Buffer buffer = cache.holdForFill(1, i, 512, "fill");
                if (buffer.state() == BufferState.FILL) {
                  NativeMemory.fill(buffer.address(), 512, (byte) 9);
                  if (i % 2 == 0) {
                    buffer.fillFailed();
                    assertThrows(BufferStateException.class, buffer::address);
                  } else if (i % 3 == 0) {
                    NativeMemory.fill(buffer.address(), 512, (byte) 0);
                    buffer.fillDone();
                  }
                }
                buffer.release("fill");
              } else {
                Buffer buffer = cache.hold(ZEROS, 1, i, 512, "hold");
                assertEquals(0, NativeMemory.getByte(buffer.address()));
                buffer.release("hold");
              }
            }
          });
      assertEquals(0, cache.stats().outstandingHolds());
      assertFalse(cache.stats().misses() == 0);
    }
  }

  @Test
  void misuseIsAnErrorThatNamesTheBuffer() {
    try (BufferCache cache = BufferCache.builder().build()) {
      Buffer buffer = cache.hold(ZEROS, 7, 8, 512, "a");
      BufferStateException size =
          assertThrows(BufferStateException.class, () -> cache.hold(ZEROS, 7, 8, 1024, "b"));
      assertTrue(size.getMessage().contains("object=7 block=8"), size.getMessage());
      assertThrows(BufferStateException.class, buffer::fillDone);
      assertThrows(BufferStateException.class, buffer::fillFailed);
      assertThrows(BufferStateException.class, () -> buffer.copyOut(1, buffer.address()));
      buffer.dirty(2);
      assertThrows(BufferStateException.class, () -> buffer.dirty(1));
      buffer.dirty(3);
      buffer.dirty(4);
      assertThrows(BufferStateException.class, () -> buffer.dirty(5));
      buffer.clean(2);
      buffer.clean(2);
      assertTrue(buffer.dirty(5));
      Buffer resized = cache.resize(buffer, 1024, "c");
      assertThrows(BufferStateException.class, () -> cache.resize(buffer, 2048, "d"));
      assertThrows(BufferStateException.class, () -> buffer.dirty(6));
      resized.release("c");
      buffer.release("a");
      for (long group = 3; group <= 5; group++) {
        buffer.clean(group);
      }
      assertEquals(BufferState.UNCACHED, buffer.state());
      Buffer filling = cache.holdForFill(7, 9, 512, "a");
      assertThrows(BufferStateException.class, () -> cache.hold(ZEROS, 7, 9, 512, "a"));
      filling.release("a");
      assertEquals(1024, cache.stats().usedBytes());
    }
  }
}
