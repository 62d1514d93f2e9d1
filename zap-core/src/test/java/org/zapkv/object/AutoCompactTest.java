// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.CrashDevice;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.cache.device.testing.ImageDevice;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.StoreFailedException;
import org.zapkv.pool.Transaction;

/** A device of which much is free gets smaller by itself, unless it is told not to. */
@Tag("once") // It is long, and runs on dirty memory.
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class AutoCompactTest {
  private static final int BLOCK_BYTES = 16 << 10;
  private static final int LARGE_BYTES = 128 << 10;
  private static final int GAP_BLOCKS = 5;

  private final MemoryDevice memory = new MemoryDevice();

  private static long create(ObjectSet objects) {
    return create(objects, BLOCK_BYTES);
  }

  private static long create(ObjectSet objects, int blockBytes) {
    try (Transaction tx = objects.begin(0);
        DataObject object = objects.create(ObjectType.MAP, blockBytes, tx)) {
      return object.objectId();
    }
  }

  private static void fill(ObjectSet objects, long id, int block) {
    try (DataObject object = objects.open(id);
        Transaction tx = objects.begin(LARGE_BYTES)) {
      TestObjects.fill(object, block, 1L + block, tx);
    }
  }

  /**
   * Two objects, the blocks of one between those of the other, which is then destroyed.
   *
   * @param dropped how many blocks of the other there are for one that stays
   */
  private static long spreadOut(ObjectSet objects, int blocks, int dropped) {
    long keep = create(objects);
    long drop = create(objects);
    for (int block = 0; block < blocks; block++) {
      fill(objects, keep, block);
      for (int i = 0; i < dropped; i++) {
        fill(objects, drop, block * dropped + i);
      }
      if (block % 16 == 15) {
        objects.sync();
      }
    }
    objects.sync();
    try (Transaction tx = objects.beginFreeing(0)) {
      objects.destroy(drop, tx);
    }
    objects.sync();
    return keep;
  }

  private static void assertFilled(ObjectSet objects, long id, int blocks) {
    try (DataObject object = objects.open(id)) {
      for (int block = 0; block < blocks; block++) {
        TestObjects.assertFilled(object, block, 1L + block);
      }
    }
    TestObjects.assertClean(objects);
  }

  private static boolean isSmall(ObjectSet objects, MemoryDevice device) {
    long live = objects.statistics().allocatedBytes();
    // Beside an eighth: what is not worth a group of its own, and the head of the store.
    return device.sizeBytes() <= live + live / 8 + (3 << 20);
  }

  @Test
  void aSyncWithNothingToWriteMovesDownWhatLiesHigh() {
    int blocks = 1200;
    try (ObjectSet objects = ObjectSet.create(memory, TestObjects.options())) {
      long keep = spreadOut(objects, blocks, 1);
      assertTrue(!isSmall(objects, memory));
      objects.sync();
      objects.sync();
      assertTrue(isSmall(objects, memory), () -> "still " + memory.sizeBytes());
      long moved = objects.statistics().movedBytes();
      assertTrue(moved > 0);
      objects.sync();
      assertEquals(moved, objects.statistics().movedBytes());
      assertFilled(objects, keep, blocks);
    }
  }

  @Test
  void aClosedStoreIsSmall() {
    int blocks = 1200;
    long keep;
    try (ObjectSet objects = ObjectSet.create(memory, TestObjects.options())) {
      keep = spreadOut(objects, blocks, 1);
    }
    try (ObjectSet objects = ObjectSet.open(memory, TestObjects.options())) {
      assertTrue(isSmall(objects, memory), () -> "still " + memory.sizeBytes());
      long live = objects.statistics().allocatedBytes();
      // Fewer gaps than an idle store has.
      assertTrue(
          memory.sizeBytes() <= live + live / 32 + (3 << 19),
          () -> live + " in " + memory.sizeBytes());
      assertFilled(objects, keep, blocks);
    }
  }

  @Test
  void anIdleStoreGetsSmallWithoutBeingAsked() {
    int blocks = 1200;
    ObjectSetOptions options = TestObjects.options().withSyncInterval(Duration.ofMillis(2));
    try (ObjectSet objects = ObjectSet.create(memory, options)) {
      long keep = spreadOut(objects, blocks, 1);
      Waiting.until("the store to be small", () -> isSmall(objects, memory));
      assertFilled(objects, keep, blocks);
    }
  }

  @Test
  void nothingMovesIfThatIsNotWanted() {
    int blocks = 1200;
    ObjectSetOptions options = TestObjects.options().withAutoCompact(false);
    try (ObjectSet objects = ObjectSet.create(memory, options)) {
      spreadOut(objects, blocks, 1);
      objects.sync();
      objects.sync();
      assertEquals(0, objects.statistics().movedBytes());
    }
    try (ObjectSet objects = ObjectSet.open(memory, options)) {
      assertTrue(!isSmall(objects, memory));
    }
  }

  /**
   * What is moved need not be in the cache: who reads it while it is being written must be led to
   * where it was.
   */
  @Test
  void whatIsMovedCanBeReadMeanwhile() throws Exception {
    int blocks = 40;
    long keep;
    try (ObjectSet objects =
        ObjectSet.create(memory, TestObjects.options().withAutoCompact(false))) {
      keep = spreadOut(objects, blocks, 12);
    }
    HookedDevice device = new HookedDevice(memory);
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      // Nothing of the object is in the cache yet. A group with changes comes before what is moved.
      create(objects);
      objects.sync();
      CountDownLatch letGo = new CountDownLatch(1);
      CountDownLatch writing = new CountDownLatch(1);
      AtomicReference<Thread> syncing = new AtomicReference<>();
      // What is moved is read by the syncing thread, and written by others.
      device.beforeRead(() -> syncing.set(Thread.currentThread()));
      device.beforeWrite(
          () -> {
            writing.countDown();
            Waiting.forLatch("the test", letGo);
          });
      CompletableFuture<Void> sync = CompletableFuture.runAsync(objects::sync);
      try {
        Waiting.forLatch("a write", writing);
        // It can go on no more then, as all writes are held.
        Waiting.untilItWaits("a write to end", syncing.get());
        try (DataObject object = objects.open(keep)) {
          for (int block = 0; block < blocks; block++) {
            TestObjects.assertFilled(object, block, 1L + block);
          }
        }
      } finally {
        letGo.countDown();
      }
      sync.get();
      assertTrue(objects.statistics().movedBytes() > 0);
      assertFilled(objects, keep, blocks);
    }
  }

  /**
   * What is free may be in pieces too small for what lies high, and the device cannot grow. Such a
   * block stays where it is for now; were room for it waited for, the store would count as full.
   */
  @Test
  void whatIsMovedDoesNotWaitForRoom() {
    int blocks = 60;
    int largeBlocks = 4;
    long small;
    long large;
    ImageDevice device = new DeviceImage().toDevice("full");
    try (ObjectSet objects =
        ObjectSet.create(device, TestObjects.options().withAutoCompact(false))) {
      small = create(objects);
      large = create(objects, LARGE_BYTES);
      spreadOut(objects, small, blocks);
      for (int block = 0; block < largeBlocks; block++) {
        fill(objects, large, block);
      }
    }
    device.limit(device.sizeBytes());
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      fill(objects, small, 0);
      objects.sync();
      objects.sync();
      assertTrue(objects.statistics().movedBytes() > 0);
      fill(objects, small, 0);
      objects.sync();
      assertFilled(objects, small, blocks);
      assertFilled(objects, large, largeBlocks);
    }
  }

  /** Blocks of an object with gaps between them, in which no large block has room. */
  private static void spreadOut(ObjectSet objects, long keep, int blocks) {
    long drop = create(objects);
    for (int block = 0; block < blocks; block++) {
      fill(objects, keep, block);
      for (int i = 0; i < GAP_BLOCKS; i++) {
        fill(objects, drop, block * GAP_BLOCKS + i);
      }
      objects.sync();
    }
    try (Transaction tx = objects.beginFreeing(0)) {
      objects.destroy(drop, tx);
    }
  }

  @Test
  void aCrashAtAnyWriteDoesNoHarm() throws Exception {
    int blocks = 40;
    long seed = TestObjects.seed();
    try (AutoCloseable silent = TestObjects.silence()) {
      assertTrue(silent != null);
      boolean crashed = true;
      for (int at = 0; crashed; at++) {
        CrashDevice device = new CrashDevice(seed + at);
        ObjectSet objects = ObjectSet.create(device, TestObjects.options());
        long keep = spreadOut(objects, blocks, 12);
        device.crashAfter(at);
        crashed = isCutShort(objects, at);
        device.restart();
        try (ObjectSet again = ObjectSet.open(device, TestObjects.options())) {
          assertFilled(again, keep, blocks);
        }
      }
    } catch (Throwable e) {
      throw new AssertionError("-Dzap.seed=" + seed, e);
    }
  }

  private static boolean isCutShort(ObjectSet objects, int crashAfter) {
    try {
      objects.sync();
      objects.sync();
      assertTrue(objects.statistics().movedBytes() > 0 && crashAfter > 1);
      return false;
    } catch (StoreFailedException e) {
      return true;
    } finally {
      objects.close();
    }
  }
}
