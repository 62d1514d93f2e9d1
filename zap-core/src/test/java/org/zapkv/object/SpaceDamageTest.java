// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.error.StoreFullException;
import org.zapkv.pool.Transaction;

/** A store whose space map is damaged in part, or whose file cannot be cut, takes changes. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SpaceDamageTest {
  private static final int BLOCK_BYTES = 16 << 10;
  private static final int BLOCKS = (16 << 20) / BLOCK_BYTES;
  private static final int REGION_SHIFT = 22;
  private static final long REGION_BYTES = 1L << REGION_SHIFT;
  private static final int BITMAPS_BYTES = 2 * 4096;
  private static final int NODES_OFFSET = (128 << 10) + BITMAPS_BYTES;
  private static final int NODES_BYTES = 2 * (16 << 10);
  private static final int USED_BYTES = 18 << 20;
  private static final int MANY_GROUPS = 20;

  private final MemoryDevice memory = new MemoryDevice();

  private void fillFourRegions() {
    try (ObjectSet objects = ObjectSet.create(memory, TestObjects.options(), REGION_SHIFT)) {
      try (Transaction tx = objects.begin(0)) {
        objects.create(ObjectType.MAP, BLOCK_BYTES, tx).close();
      }
      overwrite(objects, 1);
    }
    assertTrue(memory.sizeBytes() > 4 * REGION_BYTES);
  }

  private static void overwrite(ObjectSet objects, int content) {
    try (DataObject object = objects.open(1)) {
      for (int block = 0; block < BLOCKS; block++) {
        try (Transaction tx = objects.begin(BLOCK_BYTES)) {
          TestObjects.fill(object, block, content + block, tx);
        }
      }
    }
    objects.sync();
  }

  private static void assertContent(ObjectSet objects, int content) {
    try (DataObject object = objects.open(1)) {
      for (int block = 0; block < BLOCKS; block++) {
        TestObjects.assertFilled(object, block, content + block);
      }
    }
  }

  private void destroy(long offset, int bytes) {
    try (BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build();
        IoMemory garbage = cache.allocateIo(bytes)) {
      memory.write(offset, garbage.address(), bytes);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRegionWithoutBitmapIsPassedOver(boolean unreadable) throws Exception {
    fillFourRegions();
    HookedDevice device = new HookedDevice(memory);
    if (unreadable) {
      device.unreadable(REGION_BYTES, REGION_BYTES + BITMAPS_BYTES);
    } else {
      destroy(REGION_BYTES, BITMAPS_BYTES);
    }
    try (AutoCloseable silent = TestObjects.silence();
        ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      assertTrue(silent != null);
      for (int round = 2; round < 5; round++) {
        overwrite(objects, round * BLOCKS);
        assertContent(objects, round * BLOCKS);
      }
      CheckReport report = objects.check(CheckProgress.NONE);
      assertEquals(1, report.problemCount(), () -> "" + report.problems());
      assertTrue(unreadable || report.problems().get(0).text().contains("region 1"));
      assertEquals(0, report.doublyUsedBytes());
    }
    try (AutoCloseable silent = TestObjects.silence();
        ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      assertTrue(silent != null);
      assertContent(objects, 4 * BLOCKS);
      overwrite(objects, 5 * BLOCKS);
      assertContent(objects, 5 * BLOCKS);
    }
  }

  /** A bitmap in the first case, the index node in the second. */
  @ParameterizedTest
  @CsvSource({"4194304,4202496", "139264,172032"})
  void whatIsFreedWhereNothingCanBeReadForAWhileIsFreedLater(long from, long to) throws Exception {
    fillFourRegions();
    HookedDevice device = new HookedDevice(memory);
    device.unreadable(from, to);
    try (AutoCloseable silent = TestObjects.silence();
        ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      assertTrue(silent != null);
      if (from == REGION_BYTES) {
        overwrite(objects, BLOCKS);
        overwrite(objects, 2 * BLOCKS);
        assertContent(objects, 2 * BLOCKS);
      } else {
        assertContent(objects, 1);
        assertThrows(StoreFullException.class, () -> overwrite(objects, BLOCKS));
      }
      device.unreadable(0, 0);
      objects.sync();
      assertTrue(objects.statistics().allocatedBytes() < USED_BYTES);
      TestObjects.assertClean(objects);
      overwrite(objects, 3 * BLOCKS);
      assertContent(objects, 3 * BLOCKS);
      TestObjects.assertClean(objects);
    }
  }

  /** All that is there can be read; nobody knows any more where there is room. */
  @Test
  void aStoreWithoutIndexNodeCanBeRead() throws Exception {
    fillFourRegions();
    destroy(NODES_OFFSET, NODES_BYTES);
    try (AutoCloseable silent = TestObjects.silence();
        ObjectSet objects = ObjectSet.open(memory, TestObjects.options())) {
      assertTrue(silent != null);
      assertContent(objects, 1);
      StoreFullException full =
          assertThrows(StoreFullException.class, () -> overwrite(objects, BLOCKS));
      assertTrue(full.getMessage().contains("what says where there is room"), full::getMessage);
      assertFalse(objects.check(CheckProgress.NONE).isClean());
      assertContent(objects, 1);
    }
  }

  /** Somewhen nothing is read again, as it would be with each group, and what was freed is lost. */
  @Test
  void whatCanNeverBeReadIsGivenUp() throws Exception {
    fillFourRegions();
    HookedDevice device = new HookedDevice(memory);
    device.unreadable(REGION_BYTES, REGION_BYTES + BITMAPS_BYTES);
    try (AutoCloseable silent = TestObjects.silence();
        ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      assertTrue(silent != null);
      overwrite(objects, BLOCKS);
      for (int i = 0; i < MANY_GROUPS; i++) {
        objects.sync();
      }
      device.unreadable(0, 0);
      long group = objects.statistics().syncedGroup();
      objects.sync();
      assertEquals(group, objects.statistics().syncedGroup());
      CheckReport report = objects.check(CheckProgress.NONE);
      assertEquals(0, report.doublyUsedBytes());
      assertTrue(report.leakedBytes() > REGION_BYTES / 2, () -> "" + report.problems());
    }
  }

  /** The group is durable by then, so nobody is told that it failed. */
  @Test
  void aFileThatCannotBeCutIsCutLater() throws Exception {
    AtomicInteger refused = new AtomicInteger();
    HookedDevice device = new HookedDevice(memory);
    try (AutoCloseable silent = TestObjects.silence();
        ObjectSet objects = ObjectSet.create(device, TestObjects.options())) {
      assertTrue(silent != null);
      try (Transaction tx = objects.begin(0)) {
        objects.create(ObjectType.MAP, BLOCK_BYTES, tx).close();
      }
      overwrite(objects, 1);
      long full = memory.sizeBytes();
      device.beforeTruncate(
          () -> {
            refused.incrementAndGet();
            throw HookedDevice.failure();
          });
      free(objects, 1);
      objects.sync();
      objects.sync();
      assertTrue(refused.get() > 0);
      assertEquals(full, memory.sizeBytes());
      device.noActions();
      free(objects, 0);
      objects.sync();
      objects.sync();
      assertFalse(memory.sizeBytes() > full / 10, () -> "size " + memory.sizeBytes());
      TestObjects.assertClean(objects);
    }
  }

  private static void free(ObjectSet objects, long first) {
    try (DataObject object = objects.open(1);
        Transaction tx = objects.beginFreeing(0)) {
      object.freeRange(first, BLOCKS, tx);
    }
  }
}
