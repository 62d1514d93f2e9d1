// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.zapkv.error.BufferStateException;

/** What {@link InitPolicy#POISON} finds, and that nothing else finds it. */
@Tag("once")
final class InitPolicyTest {
  private static final int MIB = 1 << 20;

  private BlockAllocator allocator = new BlockAllocator(MIB, InitPolicy.POISON);

  @AfterEach
  void close() {
    allocator.close();
  }

  /** A write to each place of a block that is free again, however it is handed out next. */
  @Test
  void aWriteAfterTheReturnIsFound() {
    for (int at : new int[] {0, 7, 8, 4088, 8191}) {
      long address = allocator.allocate(8192);
      allocator.free(address, 8192);
      NativeMemory.putByte(address + at, 0);
      BufferStateException e =
          assertThrows(BufferStateException.class, () -> allocator.allocate(MIB));
      String expected =
          "free memory was written to: address=0x"
              + Long.toHexString(address)
              + " offset="
              + at / 8 * 8
              + " size=1048576";
      assertTrue(e.getMessage().startsWith(expected), e.getMessage());
      assertEquals(0, allocator.usedBytes(), "the block is not lost");
      // Said once: the memory is as it should be again.
      allocator.free(allocator.allocate(MIB), MIB);
    }
  }

  @Test
  void aWriteToMemoryThatWasNeverHandedOutIsFound() {
    long address = allocator.allocate(512);
    NativeMemory.putLong(address + 512, 1);
    assertThrows(BufferStateException.class, () -> allocator.allocate(512));
    assertEquals(512, allocator.usedBytes());
  }

  /** So it is the policy that finds them: the same mistakes are not seen without it. */
  @ParameterizedTest
  @EnumSource(value = InitPolicy.class, names = "POISON", mode = EnumSource.Mode.EXCLUDE)
  void otherPoliciesFindNothing(InitPolicy policy) {
    BlockAllocator other = new BlockAllocator(MIB, policy);
    long address = other.allocate(8192);
    policy.checkWritten(address, 8192, "test");
    other.free(address, 8192);
    NativeMemory.putLong(address, 1);
    other.free(other.allocate(MIB), MIB);
    other.close();
  }

  @Test
  void wordsThatWereNotWrittenAreFound() {
    int size = 1000;
    long address = allocator.allocate(size);
    NativeMemory.fill(address, 504, (byte) 1);
    BufferStateException e =
        assertThrows(
            BufferStateException.class,
            () -> InitPolicy.POISON.checkWritten(address, size, "the owner"));
    assertEquals("the owner: left unwritten at offset=504 of sizeBytes=1000", e.getMessage());
    NativeMemory.fill(address, 992, (byte) 1);
    assertThrows(
        BufferStateException.class, () -> InitPolicy.POISON.checkWritten(address, size, "test"));
    NativeMemory.fill(address, size, (byte) 1);
    InitPolicy.POISON.checkWritten(address, size, "test");
  }

  @Test
  void freshMemoryIsDirtyIfTestsAskForIt() {
    String before = System.getProperty(InitPolicy.DIRTY_PROPERTY);
    System.setProperty(InitPolicy.DIRTY_PROPERTY, "true");
    try {
      BlockAllocator dirty = new BlockAllocator(MIB, InitPolicy.NONE);
      long address = dirty.allocate(MIB);
      long bits = 0;
      for (int at = 0; at < MIB; at += Long.BYTES) {
        bits += Long.bitCount(NativeMemory.getLong(address + at));
      }
      assertEquals(0.5, bits / (8.0 * MIB), 0.01);
      dirty.free(address, MIB);
      dirty.close();
    } finally {
      if (before == null) {
        System.clearProperty(InitPolicy.DIRTY_PROPERTY);
      } else {
        System.setProperty(InitPolicy.DIRTY_PROPERTY, before);
      }
    }
  }
}
