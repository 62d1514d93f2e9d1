// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.WatchedDevice;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.DeviceException;
import org.zapkv.error.StoreFailedException;
import org.zapkv.pool.Transaction;

/** How a group is written: neighbours at once, several writes in flight. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WriteBackTest {
  private static final int BLOCK_BYTES = 16 << 10;
  private static final int BLOCKS = (8 << 20) / BLOCK_BYTES;

  private final MemoryDevice memory = new MemoryDevice();
  private final AtomicReference<WatchedDevice.Watcher> watcher =
      new AtomicReference<>((write, offset, address, length, transfer) -> transfer.run());
  private final WatchedDevice device =
      new WatchedDevice(
          memory,
          (write, offset, address, length, transfer) ->
              watcher.get().around(write, offset, address, length, transfer));

  private static void fill(ObjectSet objects, int blockBytes, int blocks, int content) {
    try (Transaction tx = objects.begin(16 << 20);
        DataObject object = objects.create(ObjectType.VALUE, blockBytes, tx)) {
      for (int block = 0; block < blocks; block++) {
        TestObjects.fill(object, block, content + block, tx);
      }
    }
  }

  private static void check(ObjectSet objects, long objectId, int blocks, int content) {
    try (DataObject object = objects.open(objectId)) {
      for (int block = 0; block < blocks; block++) {
        TestObjects.assertFilled(object, block, content + block);
      }
    }
  }

  /** The first two writes wait for each other; what they write stays dirty meanwhile. */
  @Test
  void neighboursAreWrittenAtOnceAndSeveralWritesAreInFlight() {
    try (ObjectSet objects =
        ObjectSet.create(device, TestObjects.options().withCacheBytes(64 << 20))) {
      fill(objects, BLOCK_BYTES, BLOCKS, 1);
      long dirtyBytes = objects.cache().stats().dirtyBytes();
      assertTrue(dirtyBytes >= 8 << 20);
      CountDownLatch bothInside = new CountDownLatch(2);
      AtomicInteger writes = new AtomicInteger();
      AtomicLong bytes = new AtomicLong();
      AtomicBoolean cleanedEarly = new AtomicBoolean();
      watcher.set(
          (write, offset, address, length, transfer) -> {
            if (length >= BLOCK_BYTES && write) {
              int number = writes.incrementAndGet();
              bytes.addAndGet(length);
              // Before the second is inside neither has ended, and so nothing may be clean.
              if (number <= 2 && objects.cache().stats().dirtyBytes() < dirtyBytes) {
                cleanedEarly.set(true);
              }
              bothInside.countDown();
              // Else it is one write at a time.
              Waiting.forLatch("another write meanwhile", bothInside);
            }
            transfer.run();
          });
      objects.sync();
      assertEquals(0, bothInside.getCount());
      assertTrue(bytes.get() / writes.get() >= 128 << 10, bytes + " bytes in " + writes);
      assertFalse(cleanedEarly.get(), "a block was clean before it was written");
      TestObjects.assertClean(objects);
    }
    try (ObjectSet objects = ObjectSet.open(memory, TestObjects.options())) {
      check(objects, 1, BLOCKS, 1);
    }
  }

  /** Else the device would have to copy what it writes past the page cache. */
  @Test
  void aRunLiesInMemoryAsOnTheDevice() {
    int alignment = 4096;
    BlockDevice aligned =
        (BlockDevice)
            Proxy.newProxyInstance(
                BlockDevice.class.getClassLoader(),
                new Class<?>[] {BlockDevice.class},
                (proxy, method, arguments) ->
                    method.getName().equals("alignmentBytes")
                        ? alignment
                        : method.invoke(device, arguments));
    AtomicInteger runs = new AtomicInteger();
    AtomicInteger shifted = new AtomicInteger();
    try (ObjectSet objects = ObjectSet.create(aligned, TestObjects.options())) {
      watcher.set(
          (write, offset, address, length, transfer) -> {
            // What is written early is no run: it comes from where the block is in the cache.
            if (write && length > alignment) {
              runs.incrementAndGet();
              shifted.addAndGet(offset % alignment == 0 ? 0 : 1);
              assertEquals(offset % alignment, address % alignment);
            }
            transfer.run();
          });
      for (int round = 0; round < 40; round++) {
        fill(objects, 512, 3, 1);
        fill(objects, 4096 + 512, 20, 1);
        objects.sync();
      }
      TestObjects.assertClean(objects);
    }
    assertTrue(runs.get() >= 40, runs + " runs");
    assertTrue(shifted.get() > 0, "all began at the alignment");
  }

  /** A slow write holds up those behind it, not what is in its place in the ring. */
  @Test
  void blocksOfEverySizeGoThroughTheRing() {
    int[] sizes = {512, 1 << 20, 4096, 1 << 19, 1536, 1 << 18, 3 << 17, BLOCK_BYTES};
    AtomicInteger turn = new AtomicInteger();
    watcher.set(
        (write, offset, address, length, transfer) -> {
          for (int i = turn.getAndIncrement() % 3 * 20_000; i > 0; i--) {
            Thread.onSpinWait();
          }
          transfer.run();
        });
    try (ObjectSet objects = ObjectSet.create(device, TestObjects.options())) {
      for (int round = 0; round < 3; round++) {
        for (int size : sizes) {
          fill(objects, size, Math.max(3, Math.min(200, (2 << 20) / size)), size);
        }
        objects.sync();
      }
      TestObjects.assertClean(objects);
    }
    try (ObjectSet objects = ObjectSet.open(memory, TestObjects.options())) {
      for (int i = 0; i < 3 * sizes.length; i++) {
        int size = sizes[i % sizes.length];
        check(objects, i + 1, Math.max(3, Math.min(200, (2 << 20) / size)), size);
      }
      TestObjects.assertClean(objects);
    }
  }

  @Test
  void aFailedWriteFailsTheGroup() throws Exception {
    DeviceException full = new DeviceException("injected");
    AtomicInteger writes = new AtomicInteger();
    try (AutoCloseable quiet = TestObjects.silence()) {
      Objects.requireNonNull(quiet);
      // Not before it is asked for: the watcher has to be there.
      ObjectSetOptions options = TestObjects.options().withDirtyLimitBytes(64 << 20);
      ObjectSet objects = ObjectSet.create(device, options);
      fill(objects, BLOCK_BYTES, 10, 1);
      objects.sync();
      fill(objects, BLOCK_BYTES, BLOCKS, 1000);
      watcher.set(
          (write, offset, address, length, transfer) -> {
            if (write && writes.incrementAndGet() == 5) {
              throw full;
            }
            transfer.run();
          });
      StoreFailedException failed = assertThrows(StoreFailedException.class, objects::sync);
      assertSame(full, failed.getCause());
      watcher.set((write, offset, address, length, transfer) -> transfer.run());
      assertThrows(StoreFailedException.class, objects::sync);
      objects.close();
      assertEquals(0, objects.cache().stats().usedBytes());
    }
    try (ObjectSet objects = ObjectSet.open(memory, TestObjects.options())) {
      check(objects, 1, 10, 1);
      TestObjects.assertClean(objects);
    }
  }

  /** Moved to the front of the device: whoever reads such a block before it is there, reads it. */
  @Test
  void aBlockThatIsMovedCanBeReadMeanwhile() {
    int first = BLOCKS - 24;
    ReentrantLock one = new ReentrantLock();
    AtomicInteger found = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    try (ObjectSet objects =
        ObjectSet.create(device, TestObjects.options().withCacheBytes(64 << 20))) {
      fill(objects, BLOCK_BYTES, BLOCKS, 1);
      objects.sync();
      try (DataObject object = objects.open(1)) {
        try (Transaction tx = objects.beginFreeing(0)) {
          object.freeRange(0, first, tx);
        }
        watcher.set(
            (write, offset, address, length, transfer) -> {
              if (write && length >= BLOCK_BYTES) {
                // One thread at a time: they would free what the others read.
                one.lock();
                try {
                  for (int block = first; block < BLOCKS; block++) {
                    objects.cache().freeRange(1, block, 1, 0);
                    TestObjects.assertFilled(object, block, 1 + block);
                    found.incrementAndGet();
                  }
                } catch (RuntimeException | AssertionError e) {
                  failure.compareAndSet(null, e);
                } finally {
                  one.unlock();
                }
              }
              transfer.run();
            });
        objects.sync();
        objects.sync();
      }
      watcher.set((write, offset, address, length, transfer) -> transfer.run());
      TestObjects.assertClean(objects);
    }
    assertNull(failure.get(), () -> "" + failure.get());
    assertTrue(found.get() >= 48, () -> "found: " + found);
  }
}
