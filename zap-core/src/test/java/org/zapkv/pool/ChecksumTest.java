// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;

/**
 * The checksum is XXH64, knows the place of a block, and block pointers keep what they are told.
 */
final class ChecksumTest {

  @Test
  void isXxh64() {
    try (BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build();
        IoMemory memory = cache.allocateIo(512)) {
      assertEquals(0xEF46DB3751D8E999L, Checksum.of(memory.address(), 0, 0));
      byte[] text = "abc".getBytes(StandardCharsets.US_ASCII);
      NativeMemory.copyFromArray(text, 0, memory.address(), text.length);
      assertEquals(0x44BC2CF5AD770999L, Checksum.of(memory.address(), text.length, 0));
    }
  }

  @Test
  void seedsOfNeighboursDiffer() {
    Set<Long> seeds = new HashSet<>();
    int count = 0;
    for (long owner = 0; owner < 30; owner++) {
      for (long index = 0; index < 60; index++) {
        for (int level = 0; level < 6; level++) {
          for (long group = 1; group < 8; group++) {
            seeds.add(Checksum.seed(owner, index, level, group));
            count++;
          }
        }
      }
    }
    assertEquals(count, seeds.size());
  }

  @Test
  void aWholeBlockAtTheWrongPlaceIsRefused() {
    MemoryDevice device = new MemoryDevice();
    try (BufferCache cache = BufferCache.builder().budgetBytes(8 << 20).build();
        Pool pool =
            Pool.create(
                device,
                cache,
                Clock.systemUTC(),
                new UUID(1, 2),
                22,
                false,
                new byte[Pool.ROOT_BYTES]);
        IoMemory memory = cache.allocateIo(512)) {
      NativeMemory.fill(memory.address(), 512, (byte) 7);
      BlockPointer pointer =
          pool.writeNow(
              memory.address(), 512, new NewBlock(10, 20, 0, 2, new BlockForm(3, true, 1)));
      pool.read(pointer, memory.address(), 10, 20, 0);
      assertThrows(CorruptException.class, () -> pool.read(pointer, memory.address(), 11, 20, 0));
      assertThrows(CorruptException.class, () -> pool.read(pointer, memory.address(), 10, 21, 0));
      assertThrows(CorruptException.class, () -> pool.read(pointer, memory.address(), 10, 20, 1));
      BlockPointer later = pointer.movedTo(pointer.offsetBytes(), 0, 3, pointer.checksum());
      assertThrows(CorruptException.class, () -> pool.read(later, memory.address(), 10, 20, 0));
    }
  }

  @Test
  void pointersKeepWhatTheyAreTold() {
    try (BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build();
        IoMemory memory = cache.allocateIo(512)) {
      BlockPointer pointer =
          new BlockPointer(1L << 40, 1L << 41, 4096, 4096, 1L << 50, -5, 0, 1, 3, true);
      pointer.encode(memory.address());
      assertEquals(pointer, BlockPointer.decode(memory.address()));
      assertNull(pointer.problem(3));
      assertNotNull(pointer.problem(2));
      BlockPointer.HOLE.encode(memory.address());
      assertTrue(BlockPointer.decode(memory.address()).isHole());
      assertNotNull(new BlockPointer(512, 0, 4096, 4096, 1, 0, 9, 1, 0, false).problem(0));
      assertNotNull(new BlockPointer(512, 0, 4096, 4096, 1, 0, 0, 9, 0, false).problem(0));
      assertNotNull(new BlockPointer(512, 0, 4096, 1 << 30, 1, 0, 0, 1, 0, false).problem(0));
      assertNotNull(new BlockPointer(512, 0, 0, 0, 1, 0, 0, 1, 0, false).problem(0));
    }
  }
}
