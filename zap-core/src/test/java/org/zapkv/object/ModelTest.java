// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.MemoryDevice;

/** Random operations against a model, with syncs, reopens and checks in between. */
final class ModelTest {

  @Test
  void randomOperationsWithSyncsAndReopens() {
    long seed = TestObjects.seed();
    SplittableRandom random = new SplittableRandom(seed);
    MemoryDevice device = new MemoryDevice();
    ObjectModel model = new ObjectModel(random);
    try {
      ObjectSet objects = ObjectSet.create(device, TestObjects.options(), 22);
      for (int round = 0; round < 60; round++) {
        for (int i = random.nextInt(30); i >= 0; i--) {
          model.transaction(objects);
        }
        if (random.nextInt(3) == 0) {
          objects.sync();
        }
        if (random.nextInt(3) == 0) {
          model.verify(objects);
        }
        if (random.nextInt(4) == 0) {
          objects.close();
          objects = ObjectSet.open(device, TestObjects.options());
          TestObjects.assertClean(objects);
          model.verify(objects);
        }
      }
      model.destroyAll(objects);
      objects.sync();
      objects.sync();
      TestObjects.assertClean(objects);
      objects.close();
      objects = ObjectSet.open(device, TestObjects.options());
      int[] count = new int[1];
      objects.forEachObject((id, type, birth, blocks, bytes) -> count[0]++);
      assertEquals(0, count[0]);
      objects.close();
    } catch (Throwable e) {
      throw new AssertionError("-Dzap.seed=" + seed, e);
    }
  }
}
