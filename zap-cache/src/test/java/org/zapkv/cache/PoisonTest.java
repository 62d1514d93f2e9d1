// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.BufferStateException;

/** Canaries: mistakes that a cache under POISON must find, and one under NONE does not. */
@Tag("once")
final class PoisonTest {
  private static final int BLOCK_BYTES = 4096;

  /** Leaves the last word unwritten, as after a short read. */
  private static final BlockSource BROKEN =
      (objectId, blockId, address, sizeBytes) ->
          NativeMemory.fill(address, sizeBytes - Long.BYTES, (byte) 1);

  private static BufferCache cache(InitPolicy policy) {
    return BufferCache.builder().budgetBytes(4 << 20).initPolicy(policy).build();
  }

  @Test
  void aSourceThatLeavesATailIsFound() {
    try (BufferCache cache = cache(InitPolicy.POISON)) {
      BufferStateException e =
          assertThrows(
              BufferStateException.class, () -> cache.hold(BROKEN, 3, 7, BLOCK_BYTES, "test"));
      assertTrue(e.getMessage().contains("object=3 block=7"), e.getMessage());
      assertTrue(e.getMessage().contains("left unwritten at offset=4088"), e.getMessage());
      assertEquals(0, cache.stats().usedBytes());
    }
  }

  @Test
  void aFillThatLeavesATailIsFound() {
    try (BufferCache cache = cache(InitPolicy.POISON)) {
      Buffer buffer = cache.holdForFill(3, 7, BLOCK_BYTES, "test");
      NativeMemory.fill(buffer.address(), BLOCK_BYTES - Long.BYTES, (byte) 1);
      assertThrows(BufferStateException.class, buffer::fillDone);
      NativeMemory.putLong(buffer.address() + BLOCK_BYTES - Long.BYTES, 1);
      buffer.fillDone();
      buffer.release("test");
    }
  }

  @Test
  void aWriteAfterTheReleaseIsFound() {
    try (BufferCache cache = cache(InitPolicy.POISON)) {
      writeAfterTheEnd(cache);
      BufferStateException e =
          assertThrows(BufferStateException.class, () -> cache.allocateIo(1 << 20));
      assertTrue(e.getMessage().contains("free memory was written to"), e.getMessage());
      assertEquals(0, cache.stats().usedBytes());
    }
  }

  @Test
  void withoutPoisonNothingIsFound() {
    try (BufferCache cache = cache(InitPolicy.NONE)) {
      cache.hold(BROKEN, 3, 7, BLOCK_BYTES, "test").release("test");
      cache.freeRange(3, 7, 1, 1);
      writeAfterTheEnd(cache);
      cache.allocateIo(1 << 20).close();
    }
  }

  private static void writeAfterTheEnd(BufferCache cache) {
    Buffer buffer = cache.holdForFill(1, 1, BLOCK_BYTES, "test");
    long address = buffer.address();
    NativeMemory.fill(address, BLOCK_BYTES, (byte) 1);
    buffer.fillDone();
    buffer.release("test");
    cache.freeRange(1, 1, 1, 1);
    NativeMemory.putLong(address + 64, 1);
  }
}
