// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.cache.testing.Threads;
import org.zapkv.error.BufferStateException;

/** Blocks that are written past the cache. */
final class NoFillTest {
  private final BufferCache cache = BufferCache.builder().budgetBytes(8L << 20).build();
  private final BlockSource source = BufferCacheTest.pattern();

  @AfterEach
  void close() {
    cache.close();
    assertEquals(0, cache.stats().usedBytes());
    assertEquals(0, cache.stats().outstandingHolds());
  }

  @Test
  void nothingIsCachedAndNothingTaken() {
    Buffer buffer = cache.holdNoFill(1, 2, 4096, "w");
    assertEquals(BufferState.NOFILL, buffer.state());
    assertEquals(0, cache.stats().usedBytes());
    assertEquals(0, cache.stats().cachedBytes());
    assertEquals(1, cache.stats().outstandingHolds());
    assertNull(cache.holdIfCached(1, 2, "r"));
    assertEquals(0, buffer.readStamp());
    assertNull(buffer.read(address -> "bytes"));
    buffer.release("w");
    assertEquals(BufferState.UNCACHED, buffer.state());
    assertNull(cache.find(1, 2));
    Buffer read = cache.hold(source, 1, 2, 4096, "r");
    assertNotSame(buffer, read);
    read.release("r");
  }

  @Test
  void aCleanBlockThatNobodyHoldsGivesWayAndItsUserIsEvicted() {
    Buffer cached = cache.hold(source, 1, 2, 4096, "r");
    AtomicInteger evicted = new AtomicInteger();
    cached.setUser(evicted::incrementAndGet);
    cached.release("r");
    Buffer buffer = cache.holdNoFill(1, 2, 4096, "w");
    assertEquals(BufferState.NOFILL, buffer.state());
    assertEquals(BufferState.UNCACHED, cached.state());
    assertEquals(1, evicted.get());
    assertEquals(0, cache.stats().usedBytes());
    buffer.release("w");
  }

  @Test
  void aHeldOrDirtyBlockIsGivenOutAsItIs() {
    Buffer held = cache.hold(source, 1, 2, 4096, "r");
    assertSame(held, cache.holdNoFill(1, 2, 4096, "w"));
    assertEquals(BufferState.CACHED, held.state());
    held.dirty(1);
    held.release("r");
    held.release("w");
    assertSame(held, cache.holdNoFill(1, 2, 4096, "w"));
    held.release("w");
    assertThrows(BufferStateException.class, () -> cache.holdNoFill(1, 2, 512, "w"));
    held.clean(1);
  }

  @Test
  void theWriterItselfCannotHaveTheBlockMeanwhile() {
    Buffer buffer = cache.holdNoFill(1, 2, 4096, "w");
    assertThrows(BufferStateException.class, () -> cache.hold(source, 1, 2, 4096, "w"));
    assertThrows(BufferStateException.class, () -> cache.holdForFill(1, 2, 4096, "w"));
    assertThrows(BufferStateException.class, () -> cache.holdNoFill(1, 2, 4096, "w"));
    buffer.release("w");
  }

  @Test
  void freeingPassesOverIt() {
    Buffer buffer = cache.holdNoFill(1, 2, 4096, "w");
    cache.freeRange(1, 0, 10, 1);
    cache.dropObject(1);
    assertEquals(BufferState.NOFILL, buffer.state());
    buffer.release("w");
  }

  /** Whoever waits for the block reads it from the source, where it is the new one by then. */
  @Test
  void nobodyKeepsAnOldBlockThroughADirectWrite() throws Exception {
    Seeds.run(
        seed -> {
          int blocks = 8;
          AtomicLongArray stored = new AtomicLongArray(blocks);
          AtomicLongArray written = new AtomicLongArray(blocks);
          BlockSource device =
              (objectId, blockId, address, sizeBytes) -> {
                NativeMemory.fill(address, sizeBytes, (byte) 0);
                NativeMemory.putLong(address, stored.get((int) blockId));
              };
          AtomicInteger direct = new AtomicInteger();
          Threads.run(
              4,
              index -> {
                Random random = new Random(seed + index);
                for (int i = 0; i < 20_000; i++) {
                  int block = random.nextInt(blocks);
                  if (index == 0) {
                    write(stored, written, block, direct);
                  } else if (index == 1 && random.nextInt(4) == 0) {
                    cache.freeRange(1, block, 1, 1);
                  } else {
                    long atLeast = written.get(block);
                    Buffer buffer = cache.hold(device, 1, block, 512, "r");
                    long seen = NativeMemory.getLong(buffer.address());
                    buffer.release("r");
                    assertTrue(seen >= atLeast || seen == 0, seen + " after " + atLeast);
                  }
                }
              });
          assertTrue(direct.get() > 100, "direct writes " + direct);
        });
  }

  private void write(
      AtomicLongArray stored, AtomicLongArray written, int block, AtomicInteger direct) {
    Buffer buffer = cache.holdNoFill(1, block, 512, "w");
    try {
      if (buffer.state() == BufferState.NOFILL) {
        stored.incrementAndGet(block);
        direct.incrementAndGet();
      }
    } finally {
      buffer.release("w");
    }
    written.set(block, Math.max(written.get(block), stored.get(block)));
  }
}
