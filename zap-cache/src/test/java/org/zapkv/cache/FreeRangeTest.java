// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Threads;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.DeviceException;

/** Freeing blocks in every state. */
final class FreeRangeTest {
  private static final BlockSource ONES =
      (objectId, blockId, address, sizeBytes) -> NativeMemory.fill(address, sizeBytes, (byte) 1);

  private final BufferCache cache = BufferCache.builder().budgetBytes(4L << 20).build();

  @AfterEach
  void close() {
    assertEquals(0, cache.stats().outstandingHolds());
    cache.close();
    assertEquals(0, cache.stats().usedBytes());
    assertEquals(0, cache.stats().dirtyBytes());
  }

  private Buffer hold(long blockId) {
    return cache.hold(ONES, 1, blockId, 1024, this);
  }

  private static void assertAllBytes(int expected, Buffer buffer) {
    for (int i = 0; i < buffer.sizeBytes(); i++) {
      assertEquals(expected, NativeMemory.getByte(buffer.address() + i), "byte " + i);
    }
  }

  private int byteAt(Buffer buffer, long group) {
    try (IoMemory io = cache.allocateIo(1024)) {
      buffer.copyOut(group, io.address());
      return NativeMemory.getByte(io.address() + 1023);
    }
  }

  @Test
  void anUnheldBufferIsDestroyed() {
    Buffer buffer = hold(5);
    AtomicInteger evicted = new AtomicInteger();
    buffer.setUser(evicted::incrementAndGet);
    buffer.dirty(3);
    buffer.release(this);
    cache.freeRange(1, 0, 5, 3);
    cache.freeRange(1, 6, 5000, 3);
    cache.freeRange(2, 0, Long.MAX_VALUE, 3);
    assertEquals(BufferState.CACHED, buffer.state());
    cache.freeRange(1, 5, 1, 3);
    assertEquals(BufferState.UNCACHED, buffer.state());
    assertEquals(1, evicted.get());
    assertThrows(BufferStateException.class, () -> byteAt(buffer, 3));
    assertEquals(0, cache.stats().usedBytes());
  }

  @Test
  void aHeldBufferBecomesZerosAndStaysUsable() {
    Buffer buffer = hold(5);
    AtomicInteger evicted = new AtomicInteger();
    BufferUser user = evicted::incrementAndGet;
    buffer.setUser(user);
    buffer.dirty(3);
    cache.freeRange(1, 0, Long.MAX_VALUE, 3);
    assertFalse(buffer.isDirty(3));
    assertAllBytes(0, buffer);
    // The number is handed out again: the same buffer, with the old user.
    Buffer again = cache.holdForFill(1, 5, 1024, "new");
    assertSame(buffer, again);
    assertSame(user, again.user());
    assertEquals(0, evicted.get());
    again.release("new");
    buffer.release(this);
  }

  @Test
  void anOlderGroupKeepsItsBytesWhenAHeldBufferIsFreed() {
    Buffer buffer = hold(5);
    buffer.dirty(3);
    cache.freeRange(1, 5, 1, 4);
    assertEquals(0, NativeMemory.getByte(buffer.address()));
    assertEquals(1, byteAt(buffer, 3));
    assertTrue(buffer.dirty(4));
    NativeMemory.fill(buffer.address(), 1024, (byte) 4);
    buffer.release(this);
    assertEquals(1, byteAt(buffer, 3));
    assertEquals(4, byteAt(buffer, 4));
    buffer.clean(3);
    cache.freeRange(1, 5, 1, 4);
    assertEquals(BufferState.UNCACHED, buffer.state());
  }

  @Test
  void anOlderGroupKeepsItsBytesWhenAnUnheldBufferIsFreed() {
    Buffer old = hold(5);
    AtomicInteger evicted = new AtomicInteger();
    old.setUser(evicted::incrementAndGet);
    old.dirty(3);
    old.dirty(4);
    old.release(this);
    cache.freeRange(1, 5, 1, 4);
    assertEquals(1, evicted.get());
    Buffer fresh = cache.holdForFill(1, 5, 1024, this);
    assertNotSame(old, fresh);
    assertEquals(BufferState.FILL, fresh.state());
    NativeMemory.fill(fresh.address(), 1024, (byte) 9);
    fresh.fillDone();
    assertEquals(1, byteAt(old, 3));
    old.clean(3);
    assertEquals(BufferState.UNCACHED, old.state());
    assertSame(fresh, hold(5));
    fresh.release(this);
    fresh.release(this);
  }

  @Test
  void aBufferBeingReadComesOutAsZeros() throws Exception {
    for (boolean failing : new boolean[] {false, true}) {
      CountDownLatch reading = new CountDownLatch(1);
      CountDownLatch freed = new CountDownLatch(1);
      long block = failing ? 1 : 0;
      Threads.run(
          2,
          index -> {
            if (index == 0) {
              Buffer buffer =
                  cache.hold(
                      (objectId, blockId, address, sizeBytes) -> {
                        NativeMemory.fill(address, sizeBytes, (byte) 1);
                        reading.countDown();
                        Waiting.forLatch("the block to be freed", freed);
                        if (failing) {
                          throw new DeviceException("the block has gone");
                        }
                      },
                      1,
                      block,
                      1024,
                      "reader");
              assertEquals(0, NativeMemory.getByte(buffer.address() + 1023));
              buffer.release("reader");
            } else {
              Waiting.forLatch("the read to begin", reading);
              assertNull(cache.holdIfCached(1, block, "x"));
              cache.freeRange(1, 0, Long.MAX_VALUE, 1);
              freed.countDown();
            }
          });
    }
  }

  @Test
  void aBufferBeingFilledComesOutAsZeros() {
    Buffer buffer = cache.holdForFill(1, 5, 1024, this);
    NativeMemory.fill(buffer.address(), 1024, (byte) 1);
    cache.freeRange(1, 5, 1, 1);
    buffer.fillDone();
    assertEquals(0, NativeMemory.getByte(buffer.address()));
    buffer.release(this);
  }

  @Test
  void aBufferBeingFilledIsNoLongerDirtyInTheGroup() {
    Buffer buffer = cache.holdForFill(1, 5, 1024, this);
    buffer.dirty(3);
    cache.freeRange(1, 5, 1, 3);
    assertFalse(buffer.isDirty(3));
    NativeMemory.fill(buffer.address(), 1024, (byte) 1);
    buffer.fillDone();
    assertFalse(buffer.isDirty(3));
    assertAllBytes(0, buffer);
    assertTrue(buffer.dirty(3));
    buffer.release(this);
    cache.freeRange(1, 5, 1, 3);
    assertEquals(BufferState.UNCACHED, buffer.state());
  }

  @Test
  void aDroppedObjectTakesBuffersWithoutIdentityAlong() {
    Buffer freed = hold(1);
    freed.dirty(1);
    freed.release(this);
    cache.freeRange(1, 1, 1, 2);
    Buffer old = hold(2);
    old.dirty(1);
    cache.resize(old, 2048, this).release(this);
    old.release(this);
    Buffer heldOld = hold(3);
    heldOld.dirty(1);
    cache.resize(heldOld, 2048, this).release(this);
    Buffer other = cache.hold(ONES, 2, 2, 1024, this);
    other.dirty(1);
    cache.resize(other, 2048, this).release(this);
    other.release(this);
    cache.dropObject(1);
    assertEquals(BufferState.UNCACHED, freed.state());
    assertEquals(BufferState.UNCACHED, old.state());
    assertFalse(heldOld.isDirty(1));
    assertAllBytes(1, heldOld);
    heldOld.release(this);
    assertEquals(BufferState.UNCACHED, heldOld.state());
    assertEquals(1, byteAt(other, 1));
    other.clean(1);
  }

  @Test
  void anObjectIsDroppedInAllGroups() {
    Buffer unheld = hold(1);
    unheld.dirty(1);
    unheld.dirty(2);
    unheld.dirty(3);
    unheld.release(this);
    Buffer other = cache.hold(ONES, 2, 1, 1024, this);
    cache.dropObject(1);
    assertEquals(BufferState.UNCACHED, unheld.state());
    assertEquals(1024, cache.stats().usedBytes());
    other.release(this);
  }

  /** Blocks are freed and handed out again under threads that hold them: never stale bytes. */
  @Test
  void freeingRacesWithHoldingAndLoading() throws Exception {
    AtomicInteger generation = new AtomicInteger();
    Threads.run(
        3,
        index -> {
          for (int i = 0; i < 20_000; i++) {
            if (index == 0) {
              // The source first, as an object layer has to do it.
              generation.incrementAndGet();
              cache.freeRange(1, 0, 2, 1);
              continue;
            }
            int before = generation.get();
            Buffer buffer =
                cache.hold(
                    (objectId, blockId, address, sizeBytes) -> {
                      NativeMemory.fill(address, sizeBytes, (byte) 0);
                      NativeMemory.putInt(address, generation.get());
                    },
                    1,
                    i % 2,
                    1024,
                    this);
            int found = NativeMemory.getInt(buffer.address());
            // Zero: freed under the hold or in flight; else read after the last free but one.
            assertTrue(found == 0 || found >= before - 1, found + " < " + before);
            buffer.release(this);
          }
        });
  }
}
