// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.CrashDevice;
import org.zapkv.error.StoreFailedException;
import org.zapkv.pool.Transaction;

/** A device of which much is free gets smaller by itself, unless it is told not to. */
final class AutoCompactTest {
  private static final int BLOCK_BYTES = 16 << 10;

  private final MemoryDevice memory = new MemoryDevice();

  private static long create(ObjectSet objects) {
    try (Transaction tx = objects.begin(0);
        DataObject object = objects.create(ObjectType.MAP, BLOCK_BYTES, tx)) {
      return object.objectId();
    }
  }

  private static void fill(ObjectSet objects, long id, int block) {
    try (DataObject object = objects.open(id);
        Transaction tx = objects.begin(BLOCK_BYTES)) {
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
      assertFilled(objects, keep, blocks);
    }
  }

  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void anIdleStoreGetsSmallWithoutBeingAsked() throws InterruptedException {
    int blocks = 1200;
    ObjectSetOptions options = TestObjects.options().withSyncInterval(Duration.ofMillis(2));
    try (ObjectSet objects = ObjectSet.create(memory, options)) {
      long keep = spreadOut(objects, blocks, 1);
      while (!isSmall(objects, memory)) {
        // Ends when the timeout interrupts it.
        Thread.sleep(1);
      }
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
