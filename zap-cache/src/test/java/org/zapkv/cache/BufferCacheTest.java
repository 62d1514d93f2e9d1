// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.DeviceException;

/** Holding, releasing, loading and filling, on one thread. */
final class BufferCacheTest {
  private final BufferCache cache = BufferCache.builder().budgetBytes(8L << 20).build();

  @AfterEach
  void close() {
    cache.close();
    assertEquals(0, cache.stats().usedBytes());
  }

  static BlockSource pattern() {
    return (objectId, blockId, address, sizeBytes) ->
        NativeMemory.fill(address, sizeBytes, (byte) (objectId * 31 + blockId));
  }

  @Test
  void aBlockIsReadOnceAndItsBytesStay() {
    Buffer first = cache.hold(pattern(), 1, 2, 4096, "a");
    assertEquals(33, NativeMemory.getByte(first.address() + 4095));
    Buffer second = cache.hold(pattern(), 1, 2, 4096, "b");
    assertSame(first, second);
    first.release("a");
    second.release("b");
    assertSame(first, cache.holdIfCached(1, 2, "c"));
    first.release("c");
    assertEquals(1, cache.stats().misses());
    assertEquals(2, cache.stats().hits());
    assertNull(cache.holdIfCached(1, 3, "c"));
  }

  @Test
  void anUnheldBufferRefusesItsAddressAndAnotherRelease() {
    Buffer buffer = cache.hold(pattern(), 1, 2, 4096, "a");
    buffer.release("a");
    assertThrows(BufferStateException.class, buffer::address);
    assertThrows(BufferStateException.class, () -> buffer.release("a"));
    assertThrows(BufferStateException.class, () -> buffer.dirty(1));
  }

  @Test
  void aFailedReadLeavesNothing() {
    BlockSource failing =
        (objectId, blockId, address, sizeBytes) -> {
          throw new DeviceException("no");
        };
    assertThrows(DeviceException.class, () -> cache.hold(failing, 1, 2, 512, "a"));
    assertEquals(0, cache.stats().usedBytes());
    cache.hold(pattern(), 1, 2, 512, "a").release("a");
  }

  @Test
  void aFilledBufferIsCached() {
    Buffer buffer = cache.holdForFill(1, 2, 512, "a");
    assertEquals(BufferState.FILL, buffer.state());
    NativeMemory.fill(buffer.address(), 512, (byte) 7);
    buffer.fillDone();
    buffer.release("a");
    Buffer again = cache.holdForFill(1, 2, 512, "b");
    assertSame(buffer, again);
    assertEquals(BufferState.CACHED, again.state());
    again.release("b");
  }

  @Test
  void versionsOfGroupsAreKeptApart() {
    Buffer buffer = cache.hold(pattern(), 0, 0, 1536, "a");
    assertEquals(true, buffer.dirty(1));
    NativeMemory.fill(buffer.address(), 1536, (byte) 1);
    assertEquals(false, buffer.dirty(1));
    assertEquals(true, buffer.dirty(2));
    NativeMemory.fill(buffer.address(), 1536, (byte) 2);
    try (IoMemory io = cache.allocateIo(1536)) {
      buffer.copyOut(1, io.address());
      assertEquals(1, NativeMemory.getByte(io.address() + 1535));
      buffer.copyOut(2, io.address());
      assertEquals(2, NativeMemory.getByte(io.address() + 1535));
    }
    assertEquals(2048, cache.stats().dirtyBytes());
    assertEquals(2048, cache.stats().frozenBytes());
    assertEquals(2048, cache.stats().cachedBytes());
    assertEquals(0, cache.stats().cleanBytes());
    buffer.clean(1);
    buffer.clean(2);
    assertEquals(0, cache.stats().dirtyBytes());
    assertEquals(0, cache.stats().frozenBytes());
    buffer.release("a");
  }

  @Test
  void aResizedBufferLeavesItsIdentityToTheNewOne() {
    Buffer old = cache.hold(pattern(), 1, 0, 512, "a");
    old.dirty(5);
    Buffer resized = cache.resize(old, 1024, "b");
    assertNotSame(old, resized);
    assertEquals(31, NativeMemory.getByte(resized.address() + 511));
    assertEquals(0, NativeMemory.getByte(resized.address() + 512));
    assertSame(resized, cache.holdIfCached(1, 0, "c"));
    resized.release("c");
    old.release("a");
    try (IoMemory io = cache.allocateIo(512)) {
      old.copyOut(5, io.address());
      assertEquals(31, NativeMemory.getByte(io.address()));
    }
    old.clean(5);
    assertEquals(BufferState.UNCACHED, old.state());
    resized.release("b");
  }

  @Test
  void freeingAHeldBufferZeroesItAndKeepsItsUser() {
    BufferUser user = () -> {};
    Buffer buffer = cache.hold(pattern(), 1, 7, 512, "a");
    assertNull(buffer.setUser(user));
    cache.freeRange(1, 0, 100, 1);
    assertEquals(0, NativeMemory.getByte(buffer.address()));
    assertSame(user, buffer.user());
    assertEquals(BufferState.CACHED, buffer.state());
    buffer.release("a");
    cache.freeRange(1, 0, Long.MAX_VALUE, 1);
    assertEquals(BufferState.UNCACHED, buffer.state());
    assertNull(cache.holdIfCached(1, 7, "a"));
    assertNotNull(cache.outstandingHolds());
  }
}
