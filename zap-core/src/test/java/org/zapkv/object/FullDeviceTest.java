// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.StoreFailedException;
import org.zapkv.error.StoreFullException;
import org.zapkv.pool.Compression;
import org.zapkv.pool.Transaction;

/** A device with no more room: said before anything changes, and nothing is lost. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class FullDeviceTest {
  private static final int BLOCK_BYTES = 4096;

  /** A trailer takes a unit. */
  private static final int TRAILER_BYTES = 512;

  private static final int DNODES_BYTES = 16 << 10;
  private static final long LIMIT_BYTES = 6 << 20;

  private static int fillUntilFull(ObjectSet objects, DataObject object, int firstBlock) {
    int block = firstBlock;
    while (true) {
      try (Transaction tx = objects.begin(16 * BLOCK_BYTES)) {
        for (int i = 0; i < 16; i++, block++) {
          TestObjects.fill(object, block, block + 1, tx);
        }
      } catch (StoreFullException e) {
        assertTrue(e.getMessage().contains("full"), e.getMessage());
        return block;
      }
    }
  }

  @Test
  void aTransactionIsRefusedBeforeItChangesAnything() {
    MemoryDevice device = new MemoryDevice("small", LIMIT_BYTES);
    int blocks;
    try (ObjectSet objects =
        ObjectSet.create(device, TestObjects.options().withCompression(Compression.NONE))) {
      try (Transaction tx = objects.begin(0)) {
        objects.create(ObjectType.MAP, BLOCK_BYTES, tx).close();
      }
      try (DataObject object = objects.open(1)) {
        blocks = fillUntilFull(objects, object, 0);
        int filled = blocks;
        assertTrue(
            (long) blocks * (BLOCK_BYTES + TRAILER_BYTES) > LIMIT_BYTES * 3 / 4,
            () -> "full too early: " + filled);
        objects.sync();
        assertThrows(StoreFullException.class, () -> objects.begin(1 << 20));
        for (int block = 0; block < blocks; block++) {
          TestObjects.assertFilled(object, block, block + 1);
        }
      }
      TestObjects.assertClean(objects);
    }
    try (ObjectSet objects =
            ObjectSet.open(device, TestObjects.options().withCompression(Compression.NONE));
        DataObject object = objects.open(1)) {
      for (int block = 0; block < blocks; block++) {
        TestObjects.assertFilled(object, block, block + 1);
      }
    }
  }

  /** Each changed block brings an indirect block of its own with it. */
  @Test
  void scatteredChangesAreRefusedInTime() {
    MemoryDevice device = new MemoryDevice("small", LIMIT_BYTES);
    try (ObjectSet objects =
        ObjectSet.create(device, TestObjects.options().withCompression(Compression.NONE))) {
      try (Transaction tx = objects.begin(0)) {
        objects.create(ObjectType.MAP, 512, tx).close();
      }
      try (DataObject object = objects.open(1)) {
        int blocks = fillScattered(objects, object);
        objects.sync();
        assertTrue(blocks > 500, () -> "full too early: " + blocks);
        for (int block = 0; block < blocks; block++) {
          TestObjects.assertFilled(object, block * 64L, block + 1);
        }
      }
      TestObjects.assertClean(objects);
    }
  }

  private static int fillScattered(ObjectSet objects, DataObject object) {
    for (int block = 0; ; block++) {
      try (Transaction tx = objects.begin(512)) {
        TestObjects.fill(object, block * 64L, block + 1, tx);
      } catch (StoreFullException e) {
        return block;
      }
    }
  }

  /** Each changed object brings a block of dnodes with it. */
  @Test
  void scatteredObjectsAreRefusedInTime() {
    MemoryDevice device = new MemoryDevice("small", LIMIT_BYTES);
    try (ObjectSet objects =
        ObjectSet.create(device, TestObjects.options().withCompression(Compression.NONE))) {
      try (Transaction tx = objects.begin(0)) {
        for (int i = 0; i < 120 * 64; i++) {
          objects.create(ObjectType.MAP, DNODES_BYTES, tx).close();
        }
      }
      objects.sync();
      int changed = 0;
      try {
        while (true) {
          try (Transaction tx = objects.begin(DNODES_BYTES);
              DataObject object = objects.open(1 + changed * 64L)) {
            TestObjects.fill(object, 0, changed, tx);
          }
          changed++;
        }
      } catch (StoreFullException e) {
        int filled = changed;
        assertTrue(filled > 40 && filled < 120, () -> "full at the wrong time: " + filled);
      }
      objects.sync();
      TestObjects.assertClean(objects);
    }
  }

  @Test
  void roomComesBackWhenSomethingIsFreed() {
    MemoryDevice device = new MemoryDevice("small", LIMIT_BYTES);
    try (ObjectSet objects =
        ObjectSet.create(device, TestObjects.options().withCompression(Compression.NONE))) {
      try (Transaction tx = objects.begin(0)) {
        objects.create(ObjectType.MAP, BLOCK_BYTES, tx).close();
      }
      try (DataObject object = objects.open(1)) {
        for (int round = 0; round < 5; round++) {
          int blocks = fillUntilFull(objects, object, 0);
          try (Transaction tx = objects.beginFreeing(0)) {
            object.freeRange(0, blocks, tx);
          }
          int filled = blocks;
          assertTrue(blocks > 1000, () -> "less and less room: " + filled);
        }
      }
      objects.sync();
      TestObjects.assertClean(objects);
    }
  }

  @Test
  void aTransactionThatSaidTooLittleIsNotWrittenAndTheDurableStateStays() throws Exception {
    MemoryDevice device = new MemoryDevice("small", LIMIT_BYTES);
    try (AutoCloseable silent = TestObjects.silence()) {
      assertTrue(silent != null);
      ObjectSet objects =
          ObjectSet.create(device, TestObjects.options().withCompression(Compression.NONE));
      DataObject object;
      try (Transaction tx = objects.begin(0)) {
        object = objects.create(ObjectType.MAP, BLOCK_BYTES, tx);
        TestObjects.fill(object, 0, 42, tx);
      }
      objects.sync();
      try (Transaction tx = objects.begin(0)) {
        for (int block = 0; block < (8 << 20) / BLOCK_BYTES; block++) {
          TestObjects.fill(object, block, block + 1, tx);
        }
      }
      StoreFullException full = assertThrows(StoreFullException.class, () -> objects.sync());
      assertTrue(full.getMessage().contains("waits for room"), full::getMessage);
      assertThrows(StoreFullException.class, () -> objects.begin(0));
      TestObjects.assertFilled(object, 1, 2);
      object.close();
      StoreFailedException failed = assertThrows(StoreFailedException.class, objects::close);
      assertTrue(failed.getCause() instanceof StoreFullException, failed::toString);
    }
    try (ObjectSet objects =
            ObjectSet.open(device, TestObjects.options().withCompression(Compression.NONE));
        DataObject object = objects.open(1)) {
      assertEquals(1, object.blockCount());
      TestObjects.assertFilled(object, 0, 42);
      TestObjects.assertClean(objects);
    }
  }

  /** Something else has filled the disk: at every write of a group in turn. */
  @Test
  void aGroupThatFindsNoRoomWaitsForIt() throws Exception {
    try (AutoCloseable silent = TestObjects.silence()) {
      assertTrue(silent != null);
      boolean wasFull = true;
      for (int at = 0; wasFull; at++) {
        wasFull = isFullAt(at);
      }
    }
  }

  private static boolean isFullAt(int at) {
    MemoryDevice memory = new MemoryDevice();
    HookedDevice device = new HookedDevice(memory);
    AtomicInteger writes = new AtomicInteger();
    AtomicBoolean isFull = new AtomicBoolean(true);
    try (ObjectSet objects = ObjectSet.create(device, TestObjects.options())) {
      DataObject object;
      try (Transaction tx = objects.begin(1 << 20)) {
        object = objects.create(ObjectType.MAP, BLOCK_BYTES, tx);
        for (int block = 0; block < 200; block++) {
          TestObjects.fill(object, block, block + 1, tx);
        }
      }
      device.beforeWrite(
          () -> {
            if (writes.getAndIncrement() >= at && isFull.get()) {
              throw new StoreFullException("no space left, says the test");
            }
          });
      boolean wasFull = false;
      try {
        objects.sync();
      } catch (StoreFullException e) {
        wasFull = true;
        assertThrows(StoreFullException.class, () -> objects.begin(0));
        TestObjects.assertFilled(object, 7, 8);
      }
      isFull.set(false);
      awaitRoom(objects);
      assertTrue(objects.syncedGroup() >= 2);
      try (Transaction tx = objects.begin(1 << 20)) {
        TestObjects.fill(object, 7, 1000, tx);
      }
      objects.sync();
      TestObjects.assertFilled(object, 7, 1000);
      object.close();
      TestObjects.assertClean(objects);
      return wasFull;
    }
  }

  private static void awaitRoom(ObjectSet objects) {
    Waiting.until("room for the group", () -> isSynced(objects));
  }

  private static boolean isSynced(ObjectSet objects) {
    try {
      objects.sync();
      return true;
    } catch (StoreFullException e) {
      return false;
    }
  }

  @Test
  void aDirectWriteThatDoesNotFitLeavesNoTrace() {
    MemoryDevice device = new MemoryDevice("small", LIMIT_BYTES);
    byte[] bytes = new byte[1 << 20];
    try (ObjectSet objects =
        ObjectSet.create(device, TestObjects.options().withCompression(Compression.NONE))) {
      try (Transaction tx = objects.begin(0);
          DataObject object = objects.create(ObjectType.VALUE, 1 << 20, tx)) {
        assertThrows(
            StoreFullException.class,
            () -> {
              for (int block = 0; block < 10; block++) {
                object.writeDirect(block, bytes, 0, bytes.length, tx);
              }
            });
        objects.destroy(object.objectId(), tx);
      }
      objects.sync();
      assertEquals(0, objects.statistics().allocatedBytes() / (1 << 20));
      TestObjects.assertClean(objects);
    }
  }
}
