// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.memory.BlockAllocator;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.cache.testing.Threads;
import org.zapkv.error.ClosedException;
import org.zapkv.error.EndOfDeviceException;

/** What every device must do. For a device: a subclass that makes an empty one. */
@Tag("once")
public abstract class BlockDeviceContract {
  private static final int MAX_BYTES = 1 << 20;

  private final BlockAllocator allocator = new BlockAllocator(8L << 20, InitPolicy.POISON);

  /** The device under test, empty at first. */
  protected BlockDevice device = new MemoryDevice();

  /**
   * Makes an empty device.
   *
   * @return the device; the contract closes it
   * @throws Exception if that fails
   */
  protected abstract BlockDevice create() throws Exception;

  @BeforeEach
  final void open() throws Exception {
    device = create();
  }

  @AfterEach
  final void close() {
    device.close();
    allocator.close();
  }

  /**
   * Writes an array.
   *
   * @param offsetBytes where to
   * @param bytes what
   */
  protected final void write(long offsetBytes, byte... bytes) {
    long address = allocator.allocate(MAX_BYTES);
    try {
      NativeMemory.copyFromArray(bytes, 0, address, bytes.length);
      device.write(offsetBytes, address, bytes.length);
    } finally {
      allocator.free(address, MAX_BYTES);
    }
  }

  /**
   * Reads an array.
   *
   * @param offsetBytes from where
   * @param lengthBytes how much
   * @return what is there
   */
  protected final byte[] read(long offsetBytes, int lengthBytes) {
    long address = allocator.allocate(MAX_BYTES);
    try {
      device.read(offsetBytes, address, lengthBytes);
      byte[] bytes = new byte[lengthBytes];
      NativeMemory.copyToArray(address, bytes, 0, lengthBytes);
      return bytes;
    } finally {
      allocator.free(address, MAX_BYTES);
    }
  }

  @Test
  final void randomWritesReadBackAsInAnArray() throws Exception {
    Seeds.run(
        seed -> {
          Random random = new Random(seed);
          byte[] model = new byte[3 << 20];
          int size = 0;
          for (int i = 0; i < 300; i++) {
            int offset = random.nextInt(2 << 20);
            byte[] bytes = new byte[random.nextInt(1 << random.nextInt(20))];
            random.nextBytes(bytes);
            if (random.nextInt(10) == 0) {
              device.truncate(offset);
              if (offset < size) {
                Arrays.fill(model, offset, size, (byte) 0);
                size = offset;
              }
            } else if (bytes.length > 0) {
              write(offset, bytes);
              System.arraycopy(bytes, 0, model, offset, bytes.length);
              size = Math.max(size, offset + bytes.length);
            }
            assertEquals(size, device.sizeBytes());
            if (size > 0) {
              int from = random.nextInt(size);
              int length = Math.min(size - from, random.nextInt(100_000));
              assertArrayEquals(Arrays.copyOfRange(model, from, from + length), read(from, length));
            }
          }
          device.flush();
        });
  }

  @Test
  final void aGapReadsAsZeros() {
    write(300_000, (byte) 1);
    assertArrayEquals(new byte[300_000], read(0, 300_000));
    assertEquals(300_001, device.sizeBytes());
  }

  @Test
  final void readingPastTheEndIsAnError() {
    write(0, new byte[100]);
    assertThrows(EndOfDeviceException.class, () -> read(0, 101));
    assertThrows(EndOfDeviceException.class, () -> read(1000, 1));
    assertEquals(100, read(0, 100).length);
    assertEquals(0, read(100, 0).length);
    assertEquals(0, read(1000, 0).length);
    write(1000);
    assertEquals(100, device.sizeBytes());
  }

  @Test
  final void whatWasCutOffDoesNotComeBack() {
    byte[] ones = new byte[200_000];
    Arrays.fill(ones, (byte) 1);
    write(0, ones);
    device.truncate(70_000);
    device.truncate(100_000);
    assertEquals(70_000, device.sizeBytes());
    write(199_999, (byte) 2);
    byte[] expected = new byte[200_000];
    Arrays.fill(expected, 0, 70_000, (byte) 1);
    expected[199_999] = 2;
    assertArrayEquals(expected, read(0, 200_000));
    device.truncate(0);
    assertEquals(0, device.sizeBytes());
  }

  @Test
  final void wrongArgumentsAreErrors() {
    assertThrows(IllegalArgumentException.class, () -> device.read(-1, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> device.write(0, 0, -1));
    assertThrows(IllegalArgumentException.class, () -> device.write(Long.MAX_VALUE, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> device.truncate(-1));
  }

  @Test
  final void thereIsRoomAndAName() {
    assertTrue(device.growableBytes() > 0);
    assertFalse(device.name().isEmpty());
  }

  @Test
  final void useAfterCloseIsAnError() {
    write(0, (byte) 1);
    device.close();
    device.close();
    assertThrows(ClosedException.class, () -> read(0, 1));
    assertThrows(ClosedException.class, () -> write(0, (byte) 1));
    assertThrows(ClosedException.class, () -> read(0, 0));
    assertThrows(ClosedException.class, () -> write(0));
    assertThrows(ClosedException.class, () -> device.flush());
    assertThrows(ClosedException.class, () -> device.truncate(0));
    assertThrows(ClosedException.class, () -> device.sizeBytes());
    assertThrows(ClosedException.class, () -> device.growableBytes());
  }

  /** Threads are interrupted all the time; each works on a part of its own and checks it. */
  @Test
  final void interruptsDoNoHarm() throws Exception {
    int threads = 3;
    int part = 1 << 18;
    Seeds.run(
        seed ->
            Threads.run(
                threads,
                index -> {
                  Random random = new Random(seed + index);
                  byte[] model = new byte[part];
                  write((long) index * part, model);
                  for (int i = 0; i < 3000; i++) {
                    boolean flag = random.nextInt(3) != 0;
                    if (flag) {
                      Thread.currentThread().interrupt();
                    }
                    int at = random.nextInt(part - 4096);
                    int length = 1 + random.nextInt(4095);
                    if (random.nextBoolean()) {
                      byte[] bytes = new byte[length];
                      random.nextBytes(bytes);
                      write((long) index * part + at, bytes);
                      System.arraycopy(bytes, 0, model, at, length);
                    } else if (random.nextInt(200) == 0) {
                      device.flush();
                      assertTrue(device.sizeBytes() >= part);
                    } else {
                      assertArrayEquals(
                          Arrays.copyOfRange(model, at, at + length),
                          read((long) index * part + at, length));
                    }
                    assertEquals(flag, Thread.interrupted(), "the interrupt flag");
                  }
                  assertArrayEquals(model, read((long) index * part, part));
                }));
  }
}
