// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.pool.Transaction;

/** Narrow windows between threads, held open by a device that waits. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class WindowTest {
  private static final int BLOCK_BYTES = 16 << 10;

  private final HookedDevice device = new HookedDevice(new MemoryDevice());

  private static DataObject newObject(ObjectSet objects, int blocks) {
    try (Transaction tx = objects.begin(0)) {
      DataObject object = objects.create(ObjectType.MAP, BLOCK_BYTES, tx);
      for (int block = 0; block < blocks; block++) {
        TestObjects.fill(object, block, block + 1, tx);
      }
      return object;
    }
  }

  /**
   * Everything of the group is written and clean, its uberblock is not: what does a reader find?
   */
  @Test
  void aBlockFreedAndWrittenAgainInAGroupIsFoundBeforeTheGroupIsDurable() {
    // Nothing is synced but when it is asked for here.
    ObjectSetOptions options =
        TestObjects.options()
            .withCacheBytes(ObjectSetOptions.MIN_CACHE_BYTES)
            .withDirtyLimitBytes(64 << 20);
    try (ObjectSet objects = ObjectSet.create(device, options);
        DataObject object = newObject(objects, 1000)) {
      objects.sync();
      CountDownLatch inFlush = new CountDownLatch(1);
      CountDownLatch goOn = new CountDownLatch(1);
      device.beforeFlush(
          () -> {
            inFlush.countDown();
            Waiting.forLatch("the test", goOn);
          });
      // After that: the syncing thread may still have been asked for more than there was to sync.
      try (Transaction tx = objects.begin(0)) {
        object.freeRange(5, 3, tx);
        TestObjects.fill(object, 6, 77, tx);
      }
      objects.requestSync();
      Waiting.forLatch("the flush", inFlush);
      try {
        assertTrue(isEvicted(objects, object, 6), "the block stays in the cache: nothing tested");
        TestObjects.assertZeros(object, 5);
        TestObjects.assertFilled(object, 6, 77);
        TestObjects.assertZeros(object, 7);
      } finally {
        goOn.countDown();
      }
      objects.sync();
      TestObjects.assertFilled(object, 6, 77);
    }
  }

  /** Reads other blocks until one has left the cache. */
  private static boolean isEvicted(ObjectSet objects, DataObject object, long blockId) {
    for (int round = 0; round < 20; round++) {
      for (int block = 100; block < 1000; block++) {
        TestObjects.assertFilled(object, block, block + 1);
      }
      Buffer cached = objects.cache().holdIfCached(object.objectId(), blockId, "window");
      if (cached == null) {
        return true;
      }
      cached.release("window");
    }
    return false;
  }

  /** A block is moved, and its old place used again, while somebody is about to read it there. */
  @Test
  void aBlockMovedWhileItIsReadIsFoundAtItsNewPlace() {
    MovedBlock moved = prepareMove();
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options());
        DataObject small = objects.open(moved.objectId);
        DataObject large = objects.open(1)) {
      Thread[] reader = new Thread[1];
      device.beforeRead(
          () -> {
            if (Thread.currentThread() == reader[0] && reading.getCount() > 0) {
              reading.countDown();
              Waiting.forLatch("the test", goOn);
            }
          });
      /* The large object goes; the small one is written after it, at the end; then it is moved. */
      try (Transaction tx = objects.begin(0)) {
        TestObjects.fill(small, 0, 4321, tx);
        large.freeRange(0, 1000, tx);
      }
      objects.sync();
      objects.cache().freeRange(small.objectId(), 0, 1, objects.openGroup());
      CompletableFuture<Boolean> read = new CompletableFuture<>();
      reader[0] =
          new Thread(
              () -> {
                try {
                  TestObjects.assertFilled(small, 0, 4321);
                  read.complete(true);
                } catch (Throwable e) {
                  read.completeExceptionally(e);
                }
              });
      reader[0].start();
      Waiting.forLatch("the read", reading);
      long before = objects.syncedGroup();
      objects.sync();
      assertTrue(objects.syncedGroup() > before, "nothing was moved");
      try (Transaction tx = objects.begin(0)) {
        for (int block = 0; block < 1000; block++) {
          TestObjects.fill(large, block, -block - 1, tx);
        }
      }
      objects.sync();
      goOn.countDown();
      assertEquals(true, read.get(180, TimeUnit.SECONDS));
      TestObjects.assertClean(objects);
    } catch (Exception e) {
      throw new AssertionError(e);
    } finally {
      goOn.countDown();
    }
  }

  private record MovedBlock(long objectId) {}

  private MovedBlock prepareMove() {
    try (ObjectSet objects = ObjectSet.create(device, TestObjects.options());
        DataObject large = newObject(objects, 600)) {
      assertEquals(1, large.objectId());
      objects.sync();
      try (DataObject small = newObject(objects, 1)) {
        return new MovedBlock(small.objectId());
      }
    }
  }
}
