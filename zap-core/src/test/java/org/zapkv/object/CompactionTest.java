// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.CrashDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.error.ClosedException;
import org.zapkv.error.StoreFailedException;
import org.zapkv.pool.Transaction;

/** What lies high is moved down and the device gets smaller; what is stored stays the same. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class CompactionTest {
  private static final int BLOCK_BYTES = 16 << 10;
  private static final int REGION_SHIFT = 22;

  private final MemoryDevice memory = new MemoryDevice();

  /** Nothing moves but by a compaction. */
  private static ObjectSetOptions options() {
    return TestObjects.options().withAutoCompact(false);
  }

  private static long create(ObjectSet objects) {
    try (Transaction tx = objects.begin(0);
        DataObject object = objects.create(ObjectType.MAP, BLOCK_BYTES, tx)) {
      return object.objectId();
    }
  }

  private static void fill(ObjectSet objects, long id, int block, long content) {
    try (DataObject object = objects.open(id);
        Transaction tx = objects.begin(BLOCK_BYTES)) {
      TestObjects.fill(object, block, content, tx);
    }
  }

  private static void free(ObjectSet objects, long id, int block) {
    try (DataObject object = objects.open(id);
        Transaction tx = objects.beginFreeing(BLOCK_BYTES)) {
      object.freeRange(block, 1, tx);
    }
  }

  private static void destroy(ObjectSet objects, long id) {
    try (Transaction tx = objects.beginFreeing(0)) {
      objects.destroy(id, tx);
    }
  }

  /** Two objects whose blocks lie between each other; one of them goes. */
  private static long interleaved(ObjectSet objects, int blocks) {
    long keep = create(objects);
    long drop = create(objects);
    for (int block = 0; block < blocks; block++) {
      fill(objects, keep, block, 1 + block);
      fill(objects, drop, block, 1 + block);
      if (block % 16 == 15) {
        objects.sync();
      }
    }
    objects.sync();
    destroy(objects, drop);
    objects.sync();
    return keep;
  }

  private static void compact(ObjectSet objects) {
    Compaction compaction = objects.compaction();
    while (compaction.step()) {
      assertTrue(compaction.passedBytes() <= compaction.totalBytes());
    }
    assertTrue(compaction.endBytes() <= compaction.beginBytes());
  }

  private static void assertFilled(ObjectSet objects, long id, int blocks) {
    try (DataObject object = objects.open(id)) {
      for (int block = 0; block < blocks; block++) {
        TestObjects.assertFilled(object, block, 1 + block);
      }
    }
  }

  @Test
  void theDeviceIsAsSmallAsItGets() {
    int blocks = 1500;
    try (ObjectSet objects = ObjectSet.create(memory, options(), REGION_SHIFT)) {
      long keep = interleaved(objects, blocks);
      long before = memory.sizeBytes();
      long reclaimable = objects.statistics().reclaimableBytes();
      assertTrue(reclaimable > before / 3, () -> reclaimable + " of " + before);
      compact(objects);
      long live = objects.statistics().allocatedBytes();
      long after = memory.sizeBytes();
      assertTrue(after < live + live / 20 + (1 << 20), () -> after + " with " + live + " in use");
      assertTrue(objects.statistics().reclaimableBytes() < 1 << 20);
      assertFilled(objects, keep, blocks);
      TestObjects.assertClean(objects);
      Compaction again = objects.compaction();
      assertTrue(!again.step() || again.movedBytes() < live / 20, "moved again");
    }
    try (ObjectSet objects = ObjectSet.open(memory, options())) {
      assertFilled(objects, 1, blocks);
    }
  }

  /** Changes between the steps and during them: of blocks that are moved, of objects that go. */
  @Test
  void othersChangeTheSameObjectsMeanwhile() throws Exception {
    long seed = TestObjects.seed();
    SplittableRandom random = new SplittableRandom(seed);
    int blocks = 1200;
    try (ObjectSet objects =
        ObjectSet.create(memory, options().withDirtyLimitBytes(1 << 20), REGION_SHIFT)) {
      long keep = interleaved(objects, blocks);
      long changed = create(objects);
      Map<Integer, Long> model = new HashMap<>();
      AtomicBoolean stop = new AtomicBoolean();
      CompletableFuture<Void> writer =
          CompletableFuture.runAsync(
              () -> {
                long churned = 0;
                while (!stop.get()) {
                  change(objects, changed, random, model);
                  churned = churn(objects, churned);
                }
              });
      try {
        for (int round = 0; round < 3; round++) {
          compact2(objects);
        }
      } finally {
        stop.set(true);
      }
      writer.get(180, TimeUnit.SECONDS);
      assertFilled(objects, keep, blocks);
      try (DataObject object = objects.open(changed)) {
        model.forEach((block, content) -> TestObjects.assertContent(object, block, content));
      }
      compact2(objects);
      TestObjects.assertClean(objects);
    } catch (Throwable e) {
      throw new AssertionError("-Dzap.seed=" + seed, e);
    }
  }

  private static void compact2(ObjectSet objects) {
    Compaction compaction = objects.compaction();
    for (int i = 0; i < 50 && compaction.step(); i++) {
      assertTrue(compaction.movedBytes() >= 0);
    }
  }

  private static void change(
      ObjectSet objects, long id, SplittableRandom random, Map<Integer, Long> model) {
    int block = random.nextInt(300);
    if (random.nextInt(4) == 0) {
      free(objects, id, block);
      model.put(block, 0L);
    } else {
      long content = 1L + random.nextInt(1 << 30);
      fill(objects, id, block, content);
      model.put(block, content);
    }
  }

  /** An object comes, the one before goes, so that its number is used again. */
  private static long churn(ObjectSet objects, long before) {
    if (before != 0) {
      destroy(objects, before);
    }
    long id = create(objects);
    fill(objects, id, 0, id);
    return id;
  }

  @Test
  void aCrashAtAnyWriteDoesNoHarm() throws Exception {
    int blocks = 120;
    long seed = TestObjects.seed();
    try (AutoCloseable silent = TestObjects.silence()) {
      assertTrue(silent != null);
      boolean crashed = true;
      for (int at = 0; crashed; at++) {
        CrashDevice device = new CrashDevice(seed + at);
        ObjectSet objects = ObjectSet.create(device, options());
        long keep = interleaved(objects, blocks);
        device.crashAfter(at);
        crashed = isCutShort(objects);
        device.restart();
        try (ObjectSet again = ObjectSet.open(device, options())) {
          assertFilled(again, keep, blocks);
          TestObjects.assertClean(again);
        }
      }
    } catch (Throwable e) {
      throw new AssertionError("-Dzap.seed=" + seed, e);
    }
  }

  private static boolean isCutShort(ObjectSet objects) {
    try {
      compact(objects);
      return false;
    } catch (StoreFailedException e) {
      return true;
    } finally {
      objects.close();
    }
  }

  /** What cannot be read stays where it is; all else is moved. */
  @Test
  void aBadSpotIsPassedOver() throws Exception {
    int blocks = 600;
    long keep;
    try (ObjectSet objects = ObjectSet.create(memory, options(), REGION_SHIFT)) {
      keep = interleaved(objects, blocks);
    }
    HookedDevice device = new HookedDevice(memory);
    long spot = memory.sizeBytes() * 9 / 10;
    device.unreadable(spot, spot + BLOCK_BYTES);
    try (AutoCloseable silent = TestObjects.silence();
        ObjectSet objects = ObjectSet.open(device, options().withCacheBytes(4 << 20))) {
      assertTrue(silent != null);
      compact(objects);
      device.unreadable(0, 0);
      assertFilled(objects, keep, blocks);
      TestObjects.assertClean(objects);
    }
  }

  @Test
  void aClosedStoreIsNotCompacted() {
    ObjectSet objects = ObjectSet.create(memory, options(), REGION_SHIFT);
    interleaved(objects, 1500);
    Compaction compaction = objects.compaction();
    assertTrue(compaction.step());
    objects.close();
    assertThrows(ClosedException.class, compaction::step);
    assertThrows(ClosedException.class, objects::compaction);
    assertEquals(compaction.endBytes(), memory.sizeBytes());
  }
}
