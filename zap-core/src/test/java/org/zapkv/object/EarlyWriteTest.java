// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.pool.Transaction;

/** A transaction changes far more than the cache holds. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class EarlyWriteTest {
  private static final int BLOCK_BYTES = 16 << 10;
  private static final int BLOCKS = (64 << 20) / BLOCK_BYTES;

  private static ObjectSetOptions tiny() {
    return TestObjects.options().withCacheBytes(ObjectSetOptions.MIN_CACHE_BYTES);
  }

  @Test
  void oneTransactionDirtiesSixteenTimesTheCache() {
    MemoryDevice device = new MemoryDevice();
    try (ObjectSet objects = ObjectSet.create(device, tiny())) {
      try (Transaction tx = objects.begin(64 << 20);
          DataObject object = objects.create(ObjectType.VALUE, BLOCK_BYTES, tx)) {
        for (int block = 0; block < BLOCKS; block++) {
          TestObjects.fill(object, block, block + 1, tx);
        }
        /* Written early, read back, changed again: all in the same group. */
        for (int block = 0; block < BLOCKS; block += 7) {
          TestObjects.assertFilled(object, block, block + 1);
          TestObjects.fill(object, block, -block - 1, tx);
        }
        object.freeRange(100, 50, tx);
        TestObjects.assertZeros(object, 120);
      }
      assertTrue(objects.cache().stats().writeOuts() > BLOCKS / 2);
      objects.sync();
      TestObjects.assertClean(objects);
      long allocated = objects.statistics().allocatedBytes();
      assertTrue(
          allocated < (66L << 20), () -> "space written in vain is given back: " + allocated);
    }
    try (ObjectSet objects = ObjectSet.open(device, tiny());
        DataObject object = objects.open(1)) {
      assertEquals(BLOCKS, object.blockCount());
      for (int block = 0; block < BLOCKS; block++) {
        long content = block % 7 == 0 ? -block - 1 : block + 1;
        TestObjects.assertContent(object, block, block >= 100 && block < 150 ? 0 : content);
      }
      TestObjects.assertClean(objects);
    }
  }

  @Test
  void blocksWrittenAgainAndAgainInOneGroupDoNotGrowTheDevice() {
    MemoryDevice device = new MemoryDevice();
    try (ObjectSet objects = ObjectSet.create(device, tiny())) {
      int blocks = (8 << 20) / BLOCK_BYTES;
      try (Transaction tx = objects.begin(8 << 20);
          DataObject object = objects.create(ObjectType.VALUE, BLOCK_BYTES, tx)) {
        for (int round = 0; round < 10; round++) {
          for (int block = 0; block < blocks; block++) {
            TestObjects.fill(object, block, 1L + (long) round * blocks + block, tx);
          }
        }
      }
      objects.sync();
      long size = device.sizeBytes();
      assertTrue(size < (20L << 20), () -> "8 MiB of blocks take " + size);
      TestObjects.assertClean(objects);
    }
  }
}
