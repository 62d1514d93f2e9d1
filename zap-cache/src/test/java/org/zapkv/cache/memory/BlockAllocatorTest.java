// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.cache.testing.Threads;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.ClosedException;

/** The allocator against a model, and its errors. */
final class BlockAllocatorTest {
  private static final int MIB = 1 << 20;

  @ParameterizedTest
  @EnumSource(InitPolicy.class)
  void blocksNeverOverlapAndBytesStay(InitPolicy policy) throws Exception {
    Seeds.run(seed -> runAgainstModel(policy, new Random(seed)));
  }

  /** The model: what is out, by address; each block is filled with a byte of its own. */
  private static void runAgainstModel(InitPolicy policy, Random random) {
    BlockAllocator allocator = new BlockAllocator(5L * MIB, policy);
    TreeMap<Long, Integer> out = new TreeMap<>();
    long used = 0;
    int refusals = 0;
    for (int i = 0; i < 20_000; i++) {
      if (random.nextInt(100) < (i / 2000 % 2 == 0 ? 65 : 35) || out.isEmpty()) {
        int size = 1 + random.nextInt(1 << (9 + random.nextInt(12)));
        long address = allocator.allocate(size);
        if (address == 0) {
          refusals++;
          continue;
        }
        int block = BlockAllocator.blockBytes(size);
        assertEquals(0, address % Math.min(block, 4096));
        assertTrue(allocator.owns(address) && allocator.owns(address + block - 1));
        checkApart(out, address, block);
        checkFresh(policy, address, block);
        NativeMemory.fill(address, block, mark(address));
        out.put(address, size);
        used += block;
      } else {
        Long address = out.ceilingKey(out.firstKey() + random.nextInt(8 * MIB));
        address = address == null ? out.firstKey() : address;
        int size = out.remove(address);
        checkMarked(address, BlockAllocator.blockBytes(size));
        allocator.free(address, size);
        used -= BlockAllocator.blockBytes(size);
      }
      assertEquals(used, allocator.usedBytes());
      assertTrue(allocator.mappedBytes() <= allocator.capacityBytes());
    }
    assertTrue(refusals > 0, "never full");
    out.forEach(allocator::free);
    assertEquals(0, allocator.usedBytes());
    // All joined again: as many of the largest as fit.
    for (int i = 0; i < 5; i++) {
      assertNotEquals(0, allocator.allocate(MIB));
    }
    assertEquals(0, allocator.allocate(1));
  }

  private static byte mark(long address) {
    return (byte) (address >>> 9);
  }

  private static void checkApart(NavigableMap<Long, Integer> out, long address, int block) {
    Map.Entry<Long, Integer> below = out.lowerEntry(address + block);
    if (below != null) {
      assertTrue(below.getKey() + BlockAllocator.blockBytes(below.getValue()) <= address);
    }
  }

  private static void checkMarked(long address, int block) {
    for (int i = 0; i < block; i += 127) {
      assertEquals(mark(address), NativeMemory.getByte(address + i));
    }
    assertEquals(mark(address), NativeMemory.getByte(address + block - 1));
  }

  private static void checkFresh(InitPolicy policy, long address, int block) {
    for (int i = 0; i < block; i += Long.BYTES) {
      if (policy.zeroOnAlloc()) {
        assertEquals(0, NativeMemory.getLong(address + i));
      } else if (policy.poisons()) {
        assertEquals(InitPolicy.POISON_ALLOC_WORD, NativeMemory.getLong(address + i));
      }
    }
  }

  @Test
  void aReturnedBlockIsWipedIfThePolicySaysSo() {
    BlockAllocator allocator = new BlockAllocator(MIB, InitPolicy.INIT_ON_FREE);
    long address = allocator.allocate(4096);
    NativeMemory.fill(address, 4096, (byte) 9);
    allocator.free(address, 4096);
    // Still mapped, so it may be looked at.
    assertEquals(0, NativeMemory.getLong(address + 4088));
  }

  @Test
  void aWrongFreeIsAnError() {
    BlockAllocator allocator = new BlockAllocator(2L * MIB, InitPolicy.POISON);
    long address = allocator.allocate(4096);
    long other = allocator.allocate(4096);
    assertThrows(BufferStateException.class, () -> allocator.free(address, 8192));
    assertThrows(BufferStateException.class, () -> allocator.free(address, 512));
    assertThrows(BufferStateException.class, () -> allocator.free(address + 512, 4096));
    assertThrows(BufferStateException.class, () -> allocator.free(0, 4096));
    assertThrows(IllegalArgumentException.class, () -> allocator.free(address, 0));
    allocator.free(address, 4000);
    assertThrows(BufferStateException.class, () -> allocator.free(address, 4096));
    assertEquals(4096, allocator.usedBytes());
    allocator.free(other, 4096);
    assertThrows(BufferStateException.class, () -> allocator.free(other, 4096));
  }

  @Test
  void sizesOutOfRangeAreErrors() {
    BlockAllocator allocator = new BlockAllocator(MIB, InitPolicy.NONE);
    assertThrows(IllegalArgumentException.class, () -> allocator.allocate(0));
    assertThrows(IllegalArgumentException.class, () -> allocator.allocate(-1));
    assertThrows(IllegalArgumentException.class, () -> allocator.allocate(MIB + 1));
    assertThrows(IllegalArgumentException.class, () -> new BlockAllocator(-1, InitPolicy.NONE));
  }

  @Test
  void memoryIsMappedLateAndUnmappedWithTheLastBlock() {
    BlockAllocator allocator = new BlockAllocator(64L * MIB, InitPolicy.NONE);
    assertEquals(0, allocator.mappedBytes());
    long address = allocator.allocate(512);
    long mapped = allocator.mappedBytes();
    assertTrue(mapped > 0 && mapped < 64L * MIB);
    allocator.close();
    allocator.close();
    assertThrows(ClosedException.class, () -> allocator.allocate(512));
    assertEquals(mapped, allocator.mappedBytes());
    allocator.free(address, 512);
    assertEquals(0, allocator.mappedBytes());
    assertFalse(allocator.owns(address));
    assertThrows(BufferStateException.class, () -> allocator.free(address, 512));
  }

  @Test
  void threadsDoNotGetTheSameBlock() throws Exception {
    BlockAllocator allocator = new BlockAllocator(4L * MIB, InitPolicy.POISON);
    Seeds.run(
        seed ->
            Threads.run(
                4,
                index -> {
                  Random random = new Random(seed + index);
                  List<Long> mine = new ArrayList<>();
                  for (int i = 0; i < 20_000; i++) {
                    if (mine.size() < 20) {
                      long address = allocator.allocate(2048);
                      if (address != 0) {
                        NativeMemory.fill(address, 2048, (byte) (index + 1));
                        mine.add(address);
                      }
                    } else {
                      long address = mine.remove(random.nextInt(mine.size()));
                      assertEquals(index + 1, NativeMemory.getByte(address));
                      assertEquals(index + 1, NativeMemory.getByte(address + 2047));
                      allocator.free(address, 2048);
                    }
                  }
                  mine.forEach(address -> allocator.free(address, 2048));
                }));
    assertEquals(0, allocator.usedBytes());
  }
}
