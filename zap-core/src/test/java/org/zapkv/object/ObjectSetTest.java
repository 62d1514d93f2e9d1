// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.pool.Transaction;

/** The object set end to end on a memory device: what is written is there after a reopen. */
final class ObjectSetTest {

  @Test
  void anEmptyStoreOpensAgain() {
    MemoryDevice device = new MemoryDevice();
    try (ObjectSet objects = ObjectSet.create(device, TestObjects.options())) {
      assertEquals(1, objects.syncedGroup());
      TestObjects.assertClean(objects);
    }
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      assertEquals(1, objects.syncedGroup());
      TestObjects.assertClean(objects);
    }
  }

  @Test
  void blocksOfManySizesAreThereAfterAReopen() {
    MemoryDevice device = new MemoryDevice();
    int[] sizes = {512, 4096, 16384, 131072, 1 << 20};
    try (ObjectSet objects = ObjectSet.create(device, TestObjects.options())) {
      try (Transaction tx = objects.begin(2 << 20)) {
        for (int size : sizes) {
          try (DataObject object = objects.create(ObjectType.MAP, size, tx)) {
            TestObjects.fill(object, 0, size, tx);
            TestObjects.fill(object, 3, size + 1, tx);
          }
        }
      }
      objects.sync();
      TestObjects.assertClean(objects);
    }
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      for (int i = 0; i < sizes.length; i++) {
        try (DataObject object = objects.open(i + 1)) {
          assertEquals(sizes[i], object.blockSizeBytes());
          assertEquals(4, object.blockCount());
          assertEquals(ObjectType.MAP, object.type());
          TestObjects.assertFilled(object, 0, sizes[i]);
          TestObjects.assertZeros(object, 1);
          TestObjects.assertFilled(object, 3, sizes[i] + 1);
          TestObjects.assertZeros(object, 1000);
        }
      }
      TestObjects.assertClean(objects);
      assertTrue(objects.statistics().allocatedBytes() > 0);
    }
  }
}
