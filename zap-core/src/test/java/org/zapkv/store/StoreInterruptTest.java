// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.cache.testing.Threads;

/**
 * Threads that use a store in a file are interrupted at any moment: the store stays open and whole,
 * and nobody's interrupt is lost.
 */
@Tag("once")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StoreInterruptTest {
  private static final int WORKERS = 6;
  private static final int OPERATIONS = 5_000;

  /** Where the interrupter seldom gets a processor, the workers go on until so many have come. */
  private static final int INTERRUPTED = OPERATIONS / 100;

  /** What the interrupter and a worker share; guarded by itself. */
  private static final class Target {
    Thread thread;
    boolean interrupted;
    boolean finished;

    synchronized void begin() {
      thread = Thread.currentThread();
    }

    synchronized void finish() {
      finished = true;
      Thread.interrupted();
    }

    /** Between two calls of the worker, and within them. */
    synchronized void interrupt() {
      if (thread != null && !finished) {
        thread.interrupt();
        interrupted = true;
      }
    }

    /** After a call: the flag is as it was set; gives whether it was. */
    synchronized boolean checkFlag() {
      boolean was = interrupted;
      assertEquals(was, Thread.interrupted(), "the interrupt flag after the call");
      interrupted = false;
      return was;
    }

    synchronized boolean isFinished() {
      return finished;
    }
  }

  @TempDir Path directory;

  @ParameterizedTest(name = "direct {0}")
  @ValueSource(booleans = {false, true})
  void interruptsHarmNeitherTheStoreNorThemselves(boolean direct) throws Exception {
    long seed = Seeds.next();
    ZapStoreBuilder builder =
        ZapStore.builder()
            .cacheBytes(4 << 20)
            .leafBytes(4096)
            .directIo(direct)
            .durability(Durability.NONE);
    Map<String, String> model = new HashMap<>();
    try (ZapStore store = builder.open(directory.resolve("s"))) {
      fill(store, model);
      play(store, model, seed);
      assertHas(model, store);
    }
    try (ZapStore store = builder.open(directory.resolve("s"))) {
      assertHas(model, store);
    }
  }

  /** More than the cache holds, so that reads go to the file. */
  private static void fill(ZapStore store, Map<String, String> model) {
    Batch batch = store.batch();
    for (int worker = 0; worker < WORKERS; worker++) {
      for (int i = 0; i < 1000; i++) {
        String key = key(worker, i);
        batch.put(store.map("m"), key, "v".repeat(1500));
        model.put(key, "v".repeat(1500));
      }
    }
    batch.commit(Durability.SYNC);
  }

  private static String key(int worker, int number) {
    return worker + "-" + number;
  }

  private static void play(ZapStore store, Map<String, String> model, long seed) throws Exception {
    Target[] targets = new Target[WORKERS];
    AtomicInteger interrupted = new AtomicInteger();
    for (int i = 0; i < WORKERS; i++) {
      targets[i] = new Target();
    }
    Threads.run(
        WORKERS + 1,
        index -> {
          Random random = new Random(seed + index);
          if (index == WORKERS) {
            interruptUntilFinished(targets, random);
            return;
          }
          Map<String, String> mine = new HashMap<>();
          Target target = targets[index];
          target.begin();
          try {
            for (int i = 0; i <= OPERATIONS / WORKERS || interrupted.get() < INTERRUPTED; i++) {
              playOne(store, mine, index, random);
              if (target.checkFlag()) {
                interrupted.incrementAndGet();
              }
            }
          } catch (Throwable e) {
            throw new AssertionError("-Dzap.seed=" + seed, e);
          } finally {
            target.finish();
          }
          synchronized (model) {
            model.putAll(mine);
          }
        });
    model.values().removeIf(String::isEmpty);
  }

  /** Each worker has keys of its own; what it removed is the empty string in its model. */
  private static void playOne(ZapStore store, Map<String, String> mine, int worker, Random random) {
    ZapMap map = store.map("m");
    String key = key(worker, random.nextInt(1000));
    int dice = random.nextInt(100);
    if (dice < 40) {
      String expected = mine.getOrDefault(key, "v".repeat(1500));
      String found = map.getString(key);
      assertEquals(expected, found == null ? "" : found, key);
    } else if (dice < 70) {
      String value = "" + (char) ('a' + random.nextInt(26));
      mine.put(key, value.repeat(1 + random.nextInt(random.nextInt(20) == 0 ? 20_000 : 2000)));
      map.put(key, mine.get(key));
    } else if (dice < 85) {
      mine.put(key, "");
      map.remove(key);
    } else if (dice < 95) {
      String other = key(worker, random.nextInt(1000));
      mine.put(key, "batch");
      mine.put(other, "batch of two");
      store
          .batch()
          .put(map, key, "batch")
          .put(map, other, "batch of two")
          .commit(random.nextInt(5) == 0 ? Durability.SYNC : Durability.NONE);
      if (key.equals(other)) {
        mine.put(key, "batch of two");
      }
    } else if (dice < 96) {
      store.sync();
    } else {
      assertTrue(store.statistics().mapCount() > 0);
    }
  }

  private static void interruptUntilFinished(Target[] targets, Random random) {
    boolean going = true;
    while (going) {
      targets[random.nextInt(targets.length)].interrupt();
      for (int spin = random.nextInt(20_000); spin > 0; spin--) {
        Thread.onSpinWait();
      }
      going = false;
      for (Target target : targets) {
        going |= !target.isFinished();
      }
    }
  }

  private static void assertHas(Map<String, String> model, ZapStore store) {
    Map<String, String> seen = new HashMap<>();
    store.map("m").forEach(entry -> seen.put(entry.keyString(), entry.valueString()));
    assertEquals(model, seen);
    assertEquals(List.of(), store.check((done, total) -> {}).problems());
  }

  @Test
  void anInterruptedThreadMakesAStore(@TempDir Path directory) {
    Thread.currentThread().interrupt();
    try (ZapStore store = ZapStore.open(directory.resolve("new").resolve("store"))) {
      assertTrue(Thread.interrupted());
      store.map("m").put("key", "value");
      assertEquals("value", store.map("m").getString("key"));
    }
  }
}
