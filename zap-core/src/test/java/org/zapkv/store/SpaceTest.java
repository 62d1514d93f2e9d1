// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Space follows content: what is removed goes back to the file system. */
class SpaceTest {
  @TempDir Path directory;

  @Test
  void anEmptiedMapGivesItsSpaceBack() throws IOException {
    Path file = directory.resolve("s").resolve(StoreDirectory.BLOCKS_FILE);
    int entries = Integer.getInteger("zap.space.entries", 100_000);
    try (ZapStore store = ZapStore.open(directory.resolve("s"))) {
      ZapMap map = store.map("m");
      Batch batch = store.batch();
      Random random = new Random(3);
      for (int i = 0; i < entries; i++) {
        batch.put(map, Keys.utf8("key " + i), Seeds.bytes(random, 100));
        if (batch.size() == 100_000) {
          batch.commit();
        }
      }
      batch.commit();
      long loaded = Files.size(file);
      for (int i = 0; i < entries; i++) {
        batch.remove(map, Keys.utf8("key " + i));
        if (batch.size() == 10_000) {
          batch.commit();
        }
      }
      batch.commit();
      store.map("other").put("a", "b");
      store.sync();
      assertEquals(1, map.statistics().leafCount());
      assertTrue(Files.size(file) < loaded / 20, Files.size(file) + " of " + loaded);
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
  }

  @Test
  void overwritingDoesNotGrowTheFileForEver() throws IOException {
    Path file = directory.resolve("s").resolve(StoreDirectory.BLOCKS_FILE);
    try (ZapStore store = ZapStore.open(directory.resolve("s"))) {
      ZapMap map = store.map("m");
      long after = 0;
      for (int round = 0; round < 30; round++) {
        Batch batch = store.batch();
        for (int i = 0; i < 5000; i++) {
          batch.put(map, "key " + i, "value " + i + " of round " + round);
        }
        batch.put(map, "large", "x".repeat(500_000));
        batch.commit();
        if (round == 2) {
          after = Files.size(file);
        }
      }
      assertTrue(Files.size(file) <= 2 * after, Files.size(file) + " after " + after);
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
  }
}
