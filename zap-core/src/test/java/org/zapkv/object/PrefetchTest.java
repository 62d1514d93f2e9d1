// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.WatchedDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.ClosedException;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;
import org.zapkv.pool.Transaction;

/** Blocks of an object read ahead: neighbours at once, each verified for itself. */
class PrefetchTest {
  private static final int BLOCK_BYTES = 16 << 10;
  private static final int BLOCKS = 64;
  private static final long[] ALL = LongStream.range(0, BLOCKS).toArray();

  private final MemoryDevice memory = new MemoryDevice();
  private final AtomicInteger reads = new AtomicInteger();
  private final AtomicLong unreadable = new AtomicLong(-1);
  private final WatchedDevice device =
      new WatchedDevice(
          memory,
          (write, offset, address, length, transfer) -> {
            if (!write && length >= BLOCK_BYTES) {
              reads.incrementAndGet();
              long bad = unreadable.get();
              if (bad >= offset && bad < offset + length) {
                throw new DeviceException("bad sector");
              }
            }
            transfer.run();
          });

  @BeforeEach
  void fill() {
    try (ObjectSet objects = ObjectSet.create(memory, TestObjects.options())) {
      try (Transaction tx = objects.begin(16 << 20);
          DataObject object = objects.create(ObjectType.VALUE, BLOCK_BYTES, tx)) {
        for (int block = 0; block < BLOCKS; block++) {
          TestObjects.fill(object, block, block + 1, tx);
        }
      }
      objects.sync();
      try (Transaction tx = objects.begin(16 << 20);
          DataObject object = objects.open(1)) {
        object.freeRange(40, 2, tx);
      }
    }
  }

  private static void awaitReads(ObjectSet objects) {
    // What is read ahead is held from the call on until it has been read.
    Waiting.until("the reads", () -> objects.cache().stats().outstandingHolds() == 0);
  }

  private static long contentOf(int block) {
    return block == 40 || block == 41 ? 0 : block + 1;
  }

  @Test
  void neighboursAreReadAtOnce() {
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options());
        DataObject object = objects.open(1)) {
      reads.set(0);
      object.prefetch(LongStream.range(0, BLOCKS + 10).toArray());
      awaitReads(objects);
      // Each batch of the cache is 256 KiB of neighbours.
      int perBatch = (256 << 10) / BLOCK_BYTES;
      assertTrue(reads.get() <= 2 * BLOCKS / perBatch, "reads=" + reads);
      assertEquals(BLOCKS, objects.cache().stats().prefetches());
      int before = reads.get();
      for (int block = 0; block < BLOCKS; block++) {
        TestObjects.assertContent(object, block, contentOf(block));
      }
      assertEquals(before, reads.get());
      assertEquals(BLOCKS, objects.cache().stats().prefetchesUsed());
      assertThrows(IllegalArgumentException.class, () -> object.prefetch(new long[] {-1}));
      DataObject other = objects.open(1);
      other.close();
      assertThrows(ClosedException.class, () -> other.prefetch(ALL));
    }
  }

  /** One that cannot be read, and one that is damaged, in the middle of a run. */
  @Test
  void aBadBlockDoesNotSpoilItsNeighbours() {
    long damaged = find(11);
    long bad = find(30);
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options());
        IoMemory io = objects.cache().allocateIo(512);
        DataObject object = objects.open(1)) {
      memory.read(damaged + 1024, io.address(), 512);
      NativeMemory.putLong(io.address(), ~NativeMemory.getLong(io.address()));
      memory.write(damaged + 1024, io.address(), 512);
      unreadable.set(bad + 5);
      object.prefetch(ALL);
      awaitReads(objects);
      int before = reads.get();
      for (int block = 0; block < BLOCKS; block++) {
        if (block != 11 && block != 30) {
          TestObjects.assertContent(object, block, contentOf(block));
        }
      }
      assertEquals(before, reads.get());
      assertThrows(CorruptException.class, () -> object.hold(11, "test"));
      assertThrows(DeviceException.class, () -> object.hold(30, "test"));
      unreadable.set(-1);
      TestObjects.assertFilled(object, 30, 31);
    }
  }

  @Test
  void blocksThatChangeMeanwhileAreNeverOld() {
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options());
        DataObject object = objects.open(1)) {
      for (int round = 0; round < 50; round++) {
        object.prefetch(ALL);
        try (Transaction tx = objects.begin(16 << 20)) {
          TestObjects.fill(object, round % 20, 1000 + round, tx);
          object.freeRange(20 + round % 20, 1, tx);
        }
        TestObjects.assertFilled(object, round % 20, 1000 + round);
        TestObjects.assertZeros(object, 20 + round % 20);
        objects.sync();
      }
      TestObjects.assertClean(objects);
    }
  }

  /** Where the device has the bytes of a block. */
  private long find(int block) {
    byte[] wanted = TestObjects.contentOf(block + 1, 512);
    try (ObjectSet objects = ObjectSet.open(memory, TestObjects.options());
        IoMemory io = objects.cache().allocateIo(512)) {
      byte[] found = new byte[512];
      for (long at = 0; at + 512 <= memory.sizeBytes(); at += 512) {
        memory.read(at, io.address(), 512);
        NativeMemory.copyToArray(io.address(), found, 0, 512);
        if (Arrays.equals(wanted, found)) {
          return at;
        }
      }
    }
    throw new AssertionError("block " + block + " is not on the device");
  }
}
