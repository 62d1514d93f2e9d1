// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.BlockRead;
import org.zapkv.cache.BlockSource;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.WatchedDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.BufferStateException;

/**
 * The second seed defect: an I/O path that gives its reference up before its I/O has ended, so that
 * a reclaim frees the memory under the device. Each of these paths is broken in this way, and each
 * is caught at its first use, by checks that are always on.
 */
final class EarlyReleaseTest {
  private static final int BYTES = 4096;

  private final BufferCache cache = BufferCache.builder().budgetBytes(4L << 20).build();
  private final MemoryDevice disk = new MemoryDevice();

  @AfterEach
  void nothingIsOut() {
    assertEquals(0, cache.stats().ioBytes());
    cache.close();
    assertEquals(0, cache.stats().usedBytes());
  }

  private static void says(String what, BufferStateException e) {
    assertTrue(e.getMessage().contains(what), e.getMessage());
  }

  /** The device takes the queue's pin off in the middle of the transfer. */
  @Test
  void aPinTakenOffTooEarlyFailsTheTransfer() {
    AtomicReference<IoMemory> victim = new AtomicReference<>();
    WatchedDevice broken =
        new WatchedDevice(
            disk,
            (write, offset, address, length, transfer) -> {
              victim.get().unpin();
              transfer.run();
            });
    try (IoQueue queue = new IoQueue(broken, 1)) {
      IoMemory memory = cache.allocateIo(BYTES);
      victim.set(memory);
      IoTicket ticket = queue.write(0, memory, 0, BYTES);
      memory.close();
      says("without a pin", assertThrows(BufferStateException.class, ticket::await));
      says("without a pin", assertThrows(BufferStateException.class, queue::drain));
      says("after its end", assertThrows(BufferStateException.class, memory::address));
      says("after its end", assertThrows(BufferStateException.class, memory::pin));
    }
  }

  /** An owner that thinks of the pin of its I/O as its own. */
  @Test
  void unpinningWhatOneOnlyOwnsIsCaught() {
    try (IoMemory memory = cache.allocateIo(BYTES)) {
      says("without a pin", assertThrows(BufferStateException.class, memory::unpin));
      memory.pin();
      memory.unpin();
      says("without a pin", assertThrows(BufferStateException.class, memory::unpin));
      NativeMemory.putLong(memory.address(), 1);
    }
  }

  /** A path without a pin, whose owner closes the memory when it has begun. */
  @Test
  void memoryThatWasClosedUnderAnUnpinnedTransferCannotBeUsed() {
    IoMemory memory = cache.allocateIo(BYTES);
    Runnable transfer = () -> disk.write(0, memory.address(), BYTES);
    memory.close();
    says("after its end", assertThrows(BufferStateException.class, transfer::run));
    memory.close();
    assertEquals(0, disk.sizeBytes());
  }

  /** A path that writes from a buffer, and releases it before. */
  @Test
  void aBufferReleasedBeforeItsTransferCannotBeUsed() {
    Buffer buffer = cache.holdForFill(1, 1, BYTES, "io");
    NativeMemory.fill(buffer.address(), BYTES, (byte) 1);
    buffer.fillDone();
    buffer.release("io");
    assertThrows(BufferStateException.class, () -> disk.write(0, buffer.address(), BYTES));
    says("needs a hold", assertThrows(BufferStateException.class, () -> buffer.release("io")));
    assertEquals(0, disk.sizeBytes());
  }

  /** A source that says that a block is read, and goes on reading into it. */
  @Test
  void aReadThatWasEndedCannotGoOn() {
    List<BufferStateException> caught = new ArrayList<>();
    BlockSource source =
        new BlockSource() {
          @Override
          public void read(long objectId, long blockId, long address, int sizeBytes) {
            NativeMemory.fill(address, sizeBytes, (byte) 0);
          }

          @Override
          public void readAll(List<BlockRead> reads) {
            BlockRead read = reads.get(0);
            NativeMemory.fill(read.address(), read.sizeBytes(), (byte) 1);
            read.done();
            caught.add(assertThrows(BufferStateException.class, read::address));
            caught.add(assertThrows(BufferStateException.class, read::done));
          }
        };
    cache.prefetch(source, 1, new long[] {1}, BYTES);
    Waiting.until("the read to end", () -> cache.stats().outstandingHolds() == 0);
    // It waits for the source as well, which goes on after that.
    cache.close();
    assertEquals(2, caught.size());
  }
}
