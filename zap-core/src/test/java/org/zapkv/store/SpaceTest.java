// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Space follows content: what is removed goes back to the file system. */
@Tag("once") // It is long, and runs on dirty memory.
class SpaceTest {
  @TempDir Path directory;

  @Test
  void anEmptiedMapGivesItsSpaceBack() throws IOException {
    Path file = directory.resolve("s").resolve(StoreDirectory.BLOCKS_FILE);
    int entries = Integer.getInteger("zap.space.entries", 100_000);
    try (ZapStore store = open()) {
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
      store.sync();
      long loaded = Files.size(file);
      for (int i = 0; i < entries; i++) {
        batch.remove(map, Keys.utf8("key " + i));
        if (batch.size() == 10_000) {
          batch.commit();
        }
      }
      batch.commit();
      store.sync();
      store.map("other").put("a", "b");
      store.sync();
      // The second one has nothing to write and tidies up.
      store.sync();
      assertEquals(1, map.statistics().leafCount());
      assertTrue(Files.size(file) < loaded / 20, Files.size(file) + " of " + loaded);
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
  }

  /** What removals at random leave is spread over all leaves. */
  @Test
  void spaceFollowsWhatIsLeftAfterRandomRemovals() throws IOException {
    Path file = directory.resolve("s").resolve(StoreDirectory.BLOCKS_FILE);
    int entries = Integer.getInteger("zap.space.entries", 100_000);
    try (ZapStore store = open()) {
      ZapMap map = store.map("m");
      load(store, map, entries);
      long loaded = allocatedBytes(store);
      long loadedFile = Files.size(file);
      long loadedLeaves = map.statistics().leafCount();
      List<Integer> order = new ArrayList<>();
      for (int i = 0; i < entries; i++) {
        order.add(i);
      }
      Collections.shuffle(order, new Random(5));
      int left = entries / 100;
      Batch batch = store.batch();
      for (int number : order.subList(left, entries)) {
        batch.remove(map, Keys.utf8("key " + number));
        if (batch.size() == 10_000) {
          batch.commit();
        }
      }
      batch.commit();
      long after = allocatedBytes(store);
      System.out.println(
          "SpaceTest, 99 % of "
              + entries
              + " entries removed at random: allocated "
              + loaded
              + " -> "
              + after
              + ", file "
              + loadedFile
              + " -> "
              + Files.size(file)
              + ", leaves "
              + loadedLeaves
              + " -> "
              + map.statistics().leafCount());
      assertTrue(after <= loaded / 20, after + " of " + loaded);
      assertTrue(Files.size(file) <= loadedFile / 4, Files.size(file) + " of " + loadedFile);
      assertEquals(left, map.size());
      for (int number : order.subList(0, left)) {
        assertNotNull(map.get(Keys.utf8("key " + number)));
      }
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
      load(store, map, entries);
      long again = allocatedBytes(store);
      assertTrue(again <= loaded * 11 / 10, again + " after " + loaded);
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
  }

  /**
   * The test says when a group is written: what the file has does not depend on how long it takes.
   */
  private ZapStore open() {
    return ZapStore.builder()
        .durability(Durability.NONE)
        .syncInterval(Duration.ofHours(1))
        .open(directory.resolve("s"));
  }

  private static void load(ZapStore store, ZapMap map, int entries) {
    Batch batch = store.batch();
    Random random = new Random(3);
    for (int i = 0; i < entries; i++) {
      batch.put(map, Keys.utf8("key " + i), Seeds.bytes(random, 100));
      if (batch.size() == 10_000) {
        batch.commit();
      }
    }
    batch.commit();
  }

  private static long allocatedBytes(ZapStore store) {
    // The second one gives back what the group before the first one freed.
    store.sync();
    store.sync();
    return store.statistics().pool().allocatedBytes();
  }

  @Test
  void overwritingDoesNotGrowTheFileForEver() throws IOException {
    Path file = directory.resolve("s").resolve(StoreDirectory.BLOCKS_FILE);
    try (ZapStore store = open()) {
      ZapMap map = store.map("m");
      long after = 0;
      for (int round = 0; round < 30; round++) {
        Batch batch = store.batch();
        for (int i = 0; i < 5000; i++) {
          batch.put(map, "key " + i, "value " + i + " of round " + round);
        }
        batch.put(map, "large", "x".repeat(500_000));
        batch.commit();
        store.sync();
        if (round == 2) {
          after = Files.size(file);
        }
      }
      assertTrue(Files.size(file) <= 2 * after, Files.size(file) + " after " + after);
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
  }
}
