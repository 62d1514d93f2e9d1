// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.device.FileDevice;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.CrashDevice;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.ClosedException;
import org.zapkv.error.StoreFailedException;
import org.zapkv.pool.PoolStatistics;
import org.zapkv.pool.Transaction;

/**
 * Groups: when they are synced, what waits for what, what happens when it fails, how files shrink.
 */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SyncTest {
  private static final int BLOCK_BYTES = 16 << 10;

  @TempDir Path directory;

  private static long newObject(ObjectSet objects) {
    try (Transaction tx = objects.begin(0);
        DataObject object = objects.create(ObjectType.MAP, BLOCK_BYTES, tx)) {
      return object.objectId();
    }
  }

  private static long write(ObjectSet objects, long id, int block, long content) {
    try (DataObject object = objects.open(id);
        Transaction tx = objects.begin(BLOCK_BYTES)) {
      TestObjects.fill(object, block, content, tx);
      return tx.group();
    }
  }

  @Test
  void aSyncWithoutChangesWritesNothing() {
    try (ObjectSet objects = ObjectSet.create(new MemoryDevice(), TestObjects.options())) {
      objects.sync();
      objects.awaitSynced(objects.openGroup());
      assertEquals(1, objects.syncedGroup());
      assertEquals(2, objects.openGroup());
    }
  }

  @Test
  void awaitSyncedWaitsForTheGroupOfAChange() {
    try (ObjectSet objects = ObjectSet.create(new MemoryDevice(), TestObjects.options())) {
      long id = newObject(objects);
      long group = write(objects, id, 0, 1);
      assertEquals(2, group);
      objects.awaitSynced(group);
      assertEquals(2, objects.syncedGroup());
      assertEquals(3, write(objects, id, 0, 2));
      assertTrue(objects.statistics().dirtyBytes() >= BLOCK_BYTES);
      objects.sync();
      assertEquals(0, objects.statistics().dirtyBytes());
    }
  }

  @Test
  void changesAreSyncedByThemselvesAfterTheInterval() {
    ObjectSetOptions options = TestObjects.options().withSyncInterval(Duration.ofMillis(5));
    try (ObjectSet objects = ObjectSet.create(new MemoryDevice(), options)) {
      long group = write(objects, newObject(objects), 0, 1);
      Waiting.until("group " + group, () -> objects.syncedGroup() >= group);
    }
  }

  @Test
  void manyDirtyBlocksAreSyncedEarly() {
    ObjectSetOptions options = TestObjects.options().withDirtyLimitBytes(1 << 20);
    try (ObjectSet objects = ObjectSet.create(new MemoryDevice(), options)) {
      long id = newObject(objects);
      for (int block = 0; block < 1000; block++) {
        write(objects, id, block, block + 1);
        long dirty = objects.statistics().dirtyBytes();
        assertTrue(dirty <= (2 << 20) + 2 * BLOCK_BYTES, () -> "dirty: " + dirty);
      }
      assertTrue(objects.syncedGroup() > 5);
    }
  }

  @Test
  void aGroupIsNotSyncedWhileATransactionIsOpenAndTheOthersWait() {
    try (ObjectSet objects = ObjectSet.create(new MemoryDevice(), TestObjects.options())) {
      long id = newObject(objects);
      Transaction open = objects.begin(0);
      CountDownLatch begun = new CountDownLatch(1);
      long[] group = new long[1];
      objects.requestSync();
      Thread other =
          new Thread(
              () -> {
                /* Waits only if the switch has begun: both orders are right. */
                try (Transaction tx = objects.begin(0)) {
                  group[0] = tx.group();
                }
                begun.countDown();
              });
      other.start();
      assertFalse(objects.syncedGroup() >= open.group());
      try (DataObject object = objects.open(id)) {
        TestObjects.fill(object, 0, 5, open);
      }
      open.close();
      open.close();
      Waiting.forLatch("the other transaction", begun);
      assertTrue(group[0] >= open.group());
      objects.awaitSynced(open.group());
    }
  }

  /** However much is dirty by then: the end of the long one may be far. */
  @Test
  void shortTransactionsGoOnBesideALongOneThatHoldsUpTheSync() {
    ObjectSetOptions options = TestObjects.options().withDirtyLimitBytes(1 << 20);
    try (ObjectSet objects = ObjectSet.create(new MemoryDevice(), options)) {
      long id = newObject(objects);
      try (Transaction tx = objects.begin(64 << 20)) {
        long group = 0;
        for (int block = 0; block < 160; block++) {
          group = write(objects, id, block, block + 1);
        }
        assertEquals(tx.group(), group);
        assertTrue(objects.statistics().dirtyBytes() > 2 << 20);
        assertEquals(tx.group() - 1, objects.syncedGroup());
      }
      objects.sync();
      TestObjects.assertClean(objects);
    }
  }

  @Test
  void aFailedWriteIsForGoodAndReadsGoOn() throws Exception {
    CrashDevice device = new CrashDevice(1);
    try (AutoCloseable silent = TestObjects.silence()) {
      assertTrue(silent != null);
      ObjectSet objects = ObjectSet.create(device, TestObjects.options());
      long id = newObject(objects);
      write(objects, id, 0, 1);
      objects.sync();
      write(objects, id, 0, 2);
      device.crashAfter(1);
      assertThrows(StoreFailedException.class, objects::sync);
      StoreFailedException failed =
          assertThrows(StoreFailedException.class, () -> objects.begin(0));
      assertTrue(failed.getMessage().contains("power lost"), failed.getMessage());
      assertThrows(StoreFailedException.class, () -> objects.awaitSynced(objects.openGroup()));
      try (DataObject object = objects.open(id)) {
        TestObjects.assertFilled(object, 0, 2);
      }
      objects.close();
    }
    device.restart();
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options());
        DataObject object = objects.open(1)) {
      TestObjects.assertFilled(object, 0, 1);
      TestObjects.assertClean(objects);
    }
  }

  @Test
  void closingSaysThatChangesAreLostIfNobodyWasTold() throws Exception {
    CrashDevice device = new CrashDevice(1);
    try (AutoCloseable silent = TestObjects.silence()) {
      assertTrue(silent != null);
      ObjectSet objects = ObjectSet.create(device, TestObjects.options());
      write(objects, newObject(objects), 0, 1);
      device.crashAfter(0);
      assertThrows(StoreFailedException.class, objects::close);
      objects.close();
    }
  }

  @Test
  void afterCloseEverythingIsRefused() {
    ObjectSet objects = ObjectSet.create(new MemoryDevice(), TestObjects.options());
    long id = newObject(objects);
    DataObject object = objects.open(id);
    objects.close();
    objects.close();
    List<Runnable> calls = new ArrayList<>();
    calls.add(() -> objects.begin(0));
    calls.add(() -> objects.beginFreeing(0));
    calls.add(() -> objects.open(id));
    calls.add(objects::openGroup);
    calls.add(objects::syncedGroup);
    calls.add(objects::requestSync);
    calls.add(objects::sync);
    calls.add(() -> objects.awaitSynced(1));
    calls.add(objects::statistics);
    calls.add(() -> objects.check(CheckProgress.NONE));
    calls.add(() -> objects.forEachObject((objectId, type, birth, blocks, bytes) -> {}));
    calls.add(() -> object.hold(0, "tag"));
    for (Runnable call : calls) {
      assertThrows(ClosedException.class, call::run);
    }
    object.close();
  }

  @Test
  void theFileShrinksAfterFreeing() throws Exception {
    Path file = directory.resolve("blocks.zap");
    long full;
    try (FileDevice device = FileDevice.open(file);
        ObjectSet objects = ObjectSet.create(device, TestObjects.options())) {
      long id = newObject(objects);
      for (int block = 0; block < 2000; block++) {
        write(objects, id, block, block + 1);
      }
      objects.sync();
      full = Files.size(file);
      assertTrue(full > 2000L * BLOCK_BYTES);
      try (DataObject object = objects.open(id);
          Transaction tx = objects.beginFreeing(0)) {
        object.freeRange(1, 2000, tx);
      }
      objects.sync();
      objects.sync();
      long left = Files.size(file);
      assertTrue(left < full / 20, () -> "left: " + left);
      TestObjects.assertClean(objects);
      PoolStatistics statistics = objects.statistics();
      assertEquals(left, statistics.deviceBytes());
      assertTrue(statistics.allocatedBytes() < 100_000, statistics::toString);
      assertEquals(0, statistics.pendingFreeBytes());
    }
    try (FileDevice device = FileDevice.open(file);
        ObjectSet objects = ObjectSet.open(device, TestObjects.options());
        DataObject object = objects.open(1)) {
      TestObjects.assertFilled(object, 0, 1);
      TestObjects.assertZeros(object, 1);
      TestObjects.assertClean(objects);
    }
  }

  @Test
  void overwritingTheSameBlocksDoesNotGrowTheFile() {
    MemoryDevice device = new MemoryDevice();
    try (ObjectSet objects = ObjectSet.create(device, TestObjects.options())) {
      long id = newObject(objects);
      for (int round = 0; round < 200; round++) {
        for (int block = 0; block < 20; block++) {
          write(objects, id, block, round + 1);
        }
        objects.sync();
      }
      long size = device.sizeBytes();
      assertTrue(size < 192 * 1024 + 4 * 20 * BLOCK_BYTES, () -> "size: " + size);
    }
  }

  @Test
  void aModelOnAFileWithReopens() {
    long seed = TestObjects.seed();
    ObjectModel model = new ObjectModel(new SplittableRandom(seed));
    Path file = directory.resolve("model.zap");
    try {
      try (FileDevice device = FileDevice.open(file)) {
        ObjectSet.create(device, TestObjects.options(), 22).close();
      }
      for (int round = 0; round < 10; round++) {
        try (FileDevice device = FileDevice.open(file);
            ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
          model.verifyObjects(objects);
          model.verify(objects);
          for (int i = 0; i < 50; i++) {
            model.transaction(objects);
          }
        }
      }
    } catch (Throwable e) {
      throw new AssertionError("-Dzap.seed=" + seed, e);
    }
  }
}
