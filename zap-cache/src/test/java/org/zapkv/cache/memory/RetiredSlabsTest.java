// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.testing.RetiredMemory;

/** What becomes of the memory of an allocator that was read by others than the owners of blocks. */
final class RetiredSlabsTest {
  private static final long MIB = 1 << 20;

  /** Who is reachable is in here. */
  private final List<UnheldReaders> reachable = new ArrayList<>();

  @Test
  void memoryThatNobodyReadIsUnmappedAtOnce() {
    settle();
    useAndClose(new UnheldReaders(), 4 * MIB);
    assertEquals(0, RetiredSlabs.retiredBytes());
  }

  @Test
  void memoryStaysForReadersAndGoesWithThem() {
    settle();
    long address = useAndClose(reachableReaders(), 4 * MIB);
    assertEquals(MIB, RetiredSlabs.retiredBytes());
    System.gc();
    assertEquals(77, NativeMemory.getByte(address));
    reachable.clear();
    settle();
  }

  @Test
  void openingAndClosingAgainAndAgainTakesTheSameMemory() {
    settle();
    for (int i = 0; i < 100; i++) {
      useAndClose(reachableReaders(), 4 * MIB);
      assertEquals(MIB, RetiredSlabs.retiredBytes());
    }
  }

  @Test
  void memoryThatIsUsedAgainWaitsForAllItsReaders() {
    settle();
    useAndClose(reachableReaders(), 4 * MIB);
    BlockAllocator user = new BlockAllocator(64 * MIB, InitPolicy.NONE);
    long address = user.allocate(512);
    assertEquals(0, RetiredSlabs.retiredBytes());
    user.free(address, 512);
    user.close();
    assertEquals(MIB, RetiredSlabs.retiredBytes(), "read before, not by those of the last user");
    useAndClose(reachableReaders(), 4 * MIB);
    reachable.remove(0);
    awaitCleaner();
    assertEquals(MIB, RetiredSlabs.retiredBytes());
    reachable.clear();
    settle();
  }

  @Test
  void readersThatGoWhileTheMemoryIsInUseLeaveItToItsUser() {
    settle();
    useAndClose(reachableReaders(), 4 * MIB);
    BlockAllocator user = new BlockAllocator(4 * MIB, InitPolicy.NONE);
    long address = user.allocate(512);
    NativeMemory.putByte(address, 5);
    reachable.clear();
    awaitCleaner();
    assertEquals(5, NativeMemory.getByte(address));
    user.free(address, 512);
    user.close();
    // Nobody is left to wait for, once the cleaner has seen that; it takes its work in any order.
    settle();
  }

  @Test
  void aSmallerAllocatorTakesNoSlabThatIsTooLarge() {
    settle();
    useAndClose(reachableReaders(), 256 * MIB);
    long retired = RetiredSlabs.retiredBytes();
    assertTrue(retired > 4 * MIB, "retired " + retired);
    try (BlockAllocator small = new BlockAllocator(4 * MIB, InitPolicy.NONE);
        BlockAllocator large = new BlockAllocator(256 * MIB, InitPolicy.NONE)) {
      long address = small.allocate(512);
      assertTrue(small.mappedBytes() <= 4 * MIB);
      assertEquals(retired, RetiredSlabs.retiredBytes());
      small.free(address, 512);
      large.free(large.allocate(512), 512);
      assertEquals(0, RetiredSlabs.retiredBytes());
    }
  }

  private UnheldReaders reachableReaders() {
    UnheldReaders readers = new UnheldReaders();
    readers.begin();
    reachable.add(readers);
    return readers;
  }

  /** The address of a block that has gone back, with 77 as its first byte. */
  private static long useAndClose(UnheldReaders readers, long capacityBytes) {
    BlockAllocator allocator = new BlockAllocator(capacityBytes, InitPolicy.NONE, readers);
    long address = allocator.allocate(4096);
    NativeMemory.putByte(address, 77);
    allocator.free(address, 4096);
    allocator.close();
    return address;
  }

  /** Waits until what others retired before, and nobody can reach, is unmapped. */
  private static void settle() {
    RetiredMemory.awaitNone();
  }

  /** Waits until memory that is retired after the present, and forgotten, has gone. */
  private void awaitCleaner() {
    long before = RetiredSlabs.retiredBytes();
    retireMoreThan(before);
    RetiredMemory.awaitAtMost(before);
  }

  /** A method of its own, so that nothing of it is left in a frame. */
  private static void retireMoreThan(long bytes) {
    UnheldReaders readers = new UnheldReaders();
    readers.begin();
    BlockAllocator allocator = new BlockAllocator(512 * MIB, InitPolicy.NONE, readers);
    List<Long> addresses = new ArrayList<>();
    for (long got = 0; got <= bytes; got += MIB) {
      addresses.add(allocator.allocate((int) MIB));
    }
    addresses.forEach(address -> allocator.free(address, (int) MIB));
    allocator.close();
  }
}
