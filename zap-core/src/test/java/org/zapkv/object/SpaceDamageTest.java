// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.pool.Transaction;

/** A store whose space map is damaged in part, or whose file cannot be cut, takes changes. */
final class SpaceDamageTest {
  private static final int BLOCK_BYTES = 16 << 10;
  private static final int BLOCKS = (16 << 20) / BLOCK_BYTES;
  private static final int REGION_SHIFT = 22;
  private static final long REGION_BYTES = 1L << REGION_SHIFT;
  private static final int BITMAPS_BYTES = 2 * 4096;

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

  private void destroyBitmapsOf(int region) {
    try (BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build();
        IoMemory garbage = cache.allocateIo(BITMAPS_BYTES)) {
      memory.write(region * REGION_BYTES, garbage.address(), BITMAPS_BYTES);
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
      destroyBitmapsOf(1);
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
