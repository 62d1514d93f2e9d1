// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Updates of the same entries for ever take no more space for ever. The test says when a group is
 * written, several times in each round: what the file has then does not depend on how long it
 * takes.
 */
class OverwriteTest {
  private static final int ENTRIES = Integer.getInteger("zap.overwrite.entries", 20_000);
  private static final int ROUNDS = Integer.getInteger("zap.overwrite.rounds", 10);
  private static final int VALUE_BYTES = 100;
  private static final int BATCH = 1000;

  /** A group is written after so many batches. */
  private static final int GROUP_BATCHES = 5;

  @TempDir Path directory;

  @Test
  @Tag("once")
  void theFileLevelsOff() throws IOException {
    Path file = directory.resolve("s").resolve(StoreDirectory.BLOCKS_FILE);
    long seed = Seeds.next();
    Random random = new Random(seed);
    List<Long> sizes = new ArrayList<>();
    try (ZapStore store =
        ZapStore.builder().syncInterval(Duration.ofHours(1)).open(directory.resolve("s"))) {
      ZapMap map = store.map("m");
      overwrite(store, map, random, false);
      for (int round = 1; round <= ROUNDS; round++) {
        overwrite(store, map, random, true);
        sizes.add(Files.size(file));
      }
      print(store, sizes);
      long early = sizes.subList(0, ROUNDS / 2).stream().mapToLong(Long::longValue).max().orElse(0);
      long late =
          sizes.subList(ROUNDS / 2, ROUNDS).stream().mapToLong(Long::longValue).max().orElse(0);
      assertTrue(late <= early + early / 4, () -> "-Dzap.seed=" + seed + " sizes: " + sizes);
      CompactReport report = store.compact((done, total) -> {});
      long live = store.statistics().pool().allocatedBytes();
      long after = report.fileBytesAfter();
      assertTrue(after <= live + live / 10 + (1 << 20), () -> after + " with " + live + " in use");
      assertEquals(ENTRIES, map.size());
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
      System.out.println("OverwriteTest, compacted: " + report + " with " + live + " in use");
    }
  }

  private static void overwrite(ZapStore store, ZapMap map, Random random, boolean inNoOrder) {
    Batch batch = store.batch();
    int batches = 0;
    for (int i = 0; i < ENTRIES; i++) {
      int number = inNoOrder ? random.nextInt(ENTRIES) : i;
      batch.put(map, Keys.utf8("key " + number), Seeds.bytes(random, VALUE_BYTES));
      if (batch.size() == BATCH) {
        batch.commit(Durability.NONE);
        batches++;
        if (batches % GROUP_BATCHES == 0) {
          store.sync();
        }
      }
    }
    batch.commit();
    store.sync();
  }

  private static void print(ZapStore store, List<Long> sizes) {
    StringBuilder line = new StringBuilder("OverwriteTest, MiB after rounds:");
    for (int round = 1; round <= ROUNDS; round += Math.max(1, ROUNDS / 20)) {
      line.append(' ').append(round).append(": ").append(sizes.get(round - 1) >> 20);
    }
    line.append(", last: ").append(sizes.get(ROUNDS - 1) >> 20);
    line.append(", in use: ").append(store.statistics().pool().allocatedBytes() >> 20);
    System.out.println(line);
  }
}
