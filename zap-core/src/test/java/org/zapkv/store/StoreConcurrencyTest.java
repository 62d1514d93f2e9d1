// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many threads on the same maps, with a small cache and groups that are written all the time. */
class StoreConcurrencyTest {
  @TempDir Path directory;

  private static void runAll(List<Callable<Void>> tasks) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(tasks.size());
    try {
      for (Future<Void> future : executor.invokeAll(tasks)) {
        future.get();
      }
    } finally {
      executor.shutdown();
    }
  }

  @Test
  void threadsWithKeysOfTheirOwn() throws Exception {
    long seed = Seeds.next();
    List<Map<String, String>> models = new ArrayList<>();
    try (ZapStore store =
        ZapStore.builder()
            .durability(Durability.NONE)
            .cacheBytes(4 << 20)
            .leafBytes(4096)
            .syncInterval(Duration.ofMillis(5))
            .open(directory.resolve("s"))) {
      ZapMap map = store.map("m");
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int t = 0; t < 6; t++) {
        Map<String, String> model = new HashMap<>();
        models.add(model);
        Random random = new Random(seed + t);
        String prefix = "thread " + t + " ";
        tasks.add(
            () -> {
              for (int i = 0; i < 8000; i++) {
                changeOne(map, model, random, prefix, i);
              }
              return null;
            });
      }
      runAll(tasks);
      Map<String, String> all = new HashMap<>();
      models.forEach(all::putAll);
      Map<String, String> seen = new HashMap<>();
      map.forEach(e -> seen.put(e.keyString(), e.valueString()));
      assertEquals(all, seen, "seed " + seed);
      assertEquals(all.size(), map.size());
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
  }

  private static void changeOne(
      ZapMap map, Map<String, String> model, Random random, String prefix, int i) {
    String key = prefix + random.nextInt(1200);
    int dice = random.nextInt(10);
    boolean growing = (i / 2000) % 2 == 0;
    if (dice < (growing ? 6 : 2)) {
      int length = random.nextInt(50) == 0 ? random.nextInt(6000) : random.nextInt(120);
      String value = ("" + i).repeat(1 + length / 4);
      map.put(key, value);
      model.put(key, value);
    } else if (dice < 8) {
      assertEquals(model.remove(key) != null, map.remove(key));
    } else {
      assertEquals(model.get(key), map.getString(key));
    }
  }

  @Test
  void aLargeValueIsReadWholeWhileItIsReplaced() throws Exception {
    try (ZapStore store =
        ZapStore.builder()
            .durability(Durability.NONE)
            .cacheBytes(8 << 20)
            .syncInterval(Duration.ofMillis(2))
            .open(directory.resolve("s"))) {
      ZapMap map = store.map("m");
      map.put("k", new byte[3000]);
      AtomicBoolean done = new AtomicBoolean();
      List<Callable<Void>> tasks = new ArrayList<>();
      tasks.add(
          () -> {
            try {
              for (int i = 1; i < 1500; i++) {
                byte[] value = new byte[1000 + 300 * (i % 1000)];
                java.util.Arrays.fill(value, (byte) i);
                map.put("k", value);
              }
            } finally {
              done.set(true);
            }
            return null;
          });
      for (int t = 0; t < 3; t++) {
        tasks.add(
            () -> {
              while (!done.get()) {
                byte[] value = map.get("k");
                for (byte b : value) {
                  assertEquals(value[0], b);
                }
              }
              return null;
            });
      }
      runAll(tasks);
      store.sync();
      assertEquals(List.of(), store.check((d, total) -> {}).problems());
    }
  }

  @Test
  void whatStaysDuringAWalkIsSeenExactlyOnce() throws Exception {
    try (ZapStore store = ZapStore.builder().leafBytes(4096).inMemory()) {
      ZapMap map = store.map("m");
      for (int i = 0; i < 2000; i++) {
        map.putLong("stays " + i, i);
      }
      AtomicBoolean done = new AtomicBoolean();
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int t = 0; t < 2; t++) {
        String prefix = "moves " + t + " ";
        tasks.add(
            () -> {
              while (!done.get()) {
                for (int i = 0; i < 3000; i++) {
                  map.put(prefix + i, "x".repeat(i % 60));
                }
                for (int i = 0; i < 3000; i++) {
                  map.remove(prefix + i);
                }
              }
              return null;
            });
      }
      tasks.add(
          () -> {
            try {
              for (int round = 0; round < 60; round++) {
                int[] seen = new int[2000];
                map.forEach(
                    e -> {
                      if (e.isLong()) {
                        seen[(int) e.longValue()]++;
                      }
                    });
                for (int count : seen) {
                  assertEquals(1, count);
                }
              }
            } finally {
              done.set(true);
            }
            return null;
          });
      runAll(tasks);
      assertTrue(store.check((d, total) -> {}).isClean());
    }
  }
}
