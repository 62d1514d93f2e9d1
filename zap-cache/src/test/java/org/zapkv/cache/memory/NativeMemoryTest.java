// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Byte order, ranges, and views. */
final class NativeMemoryTest {
  /** Takes the two threads longer than it takes to start one. */
  private static final int ADDITIONS = 2_000_000;

  private final BlockAllocator allocator = new BlockAllocator(1 << 20, InitPolicy.INIT_ON_ALLOC);
  private final long address = allocator.allocate(8192);

  @AfterEach
  void free() {
    allocator.free(address, 8192);
    allocator.close();
  }

  @Test
  void numbersAreLittleEndianAtAnyAddress() {
    for (int shift = 0; shift < 8; shift++) {
      long at = address + shift;
      NativeMemory.putLong(at, 0x8877665544332211L);
      assertEquals(0x11, NativeMemory.getByte(at));
      assertEquals(0x88, NativeMemory.getUnsignedByte(at + 7));
      assertEquals((short) 0x8877, NativeMemory.getShort(at + 6));
      assertEquals(0x8877, NativeMemory.getUnsignedShort(at + 6));
      assertEquals(0x88776655, NativeMemory.getInt(at + 4));
      assertEquals(0x88776655L, NativeMemory.getUnsignedInt(at + 4));
      assertEquals(0x8877665544332211L, NativeMemory.getLong(at));
      NativeMemory.putInt(at, 0xA4A3A2A1);
      NativeMemory.putShort(at + 4, 0xB2B1);
      NativeMemory.putByte(at + 6, 0xC1);
      assertEquals(0x88C1B2B1A4A3A2A1L, NativeMemory.getLong(at));
    }
  }

  @Test
  void noAdditionIsLost() throws Exception {
    NativeMemory.putLong(address, 5);
    Runnable adding =
        () -> {
          for (int i = 0; i < ADDITIONS; i++) {
            NativeMemory.addLong(address, i % 2 == 0 ? 3 : -1);
          }
        };
    Thread other = new Thread(adding);
    other.start();
    adding.run();
    other.join();
    assertEquals(5 + 2 * ADDITIONS, NativeMemory.getLongVolatile(address));
    assertEquals(5 + 2 * ADDITIONS, NativeMemory.getLong(address));
  }

  @Test
  void arraysAreCopiedAndTheirBoundsChecked() {
    byte[] source = new byte[1000];
    Arrays.setAll(new int[1000], i -> source[i] = (byte) i);
    NativeMemory.copyFromArray(source, 10, address, 990);
    byte[] destination = new byte[1000];
    NativeMemory.copyToArray(address, destination, 10, 990);
    assertArrayEquals(
        Arrays.copyOfRange(source, 10, 1000), Arrays.copyOfRange(destination, 10, 1000));
    NativeMemory.copyFromArray(source, 1000, address, 0);
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> NativeMemory.copyFromArray(source, 11, address, 990));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> NativeMemory.copyToArray(address, destination, -1, 2));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> NativeMemory.copyToArray(address, destination, 0, -1));
  }

  @Test
  void copiesMayOverlap() {
    for (int i = 0; i < 100; i++) {
      NativeMemory.putByte(address + i, i);
    }
    NativeMemory.copy(address, address + 3, 97);
    assertEquals(96, NativeMemory.getByte(address + 99));
    NativeMemory.fill(address, 100, (byte) -1);
    assertEquals(255, NativeMemory.getUnsignedByte(address + 99));
    assertEquals(0, NativeMemory.getByte(address + 100));
  }

  @Test
  void aViewSharesTheMemory() {
    ByteBuffer view = NativeMemory.view(address, 4096);
    assertTrue(view.isDirect());
    assertEquals(4096, view.capacity());
    assertEquals(4096, view.remaining());
    assertEquals(0, view.alignmentOffset(0, 4096));
    view.putLong(8, 0x0102030405060708L);
    assertEquals(0x0102030405060708L, NativeMemory.getLong(address + 8));
    assertThrows(IndexOutOfBoundsException.class, () -> view.get(4096));
    assertThrows(IllegalArgumentException.class, () -> NativeMemory.view(address, -1));
  }
}
