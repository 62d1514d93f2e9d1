// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Several threads on disjoint keys of one map, while it is synced and checked. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ZapConcurrencyTest {
  private static final int THREADS = 4;
  private static final int OPERATIONS = 15_000;

  /** One thread's keys and what it knows to be under them. */
  private static final class Worker {
    private final TestMap map;
    private final int id;
    private final Random random;
    private final Map<Integer, ZapValue> model = new HashMap<>();

    Worker(TestMap map, int id, long seed) {
      this.map = map;
      this.id = id;
      this.random = new Random(seed);
    }

    private byte[] key(int number) {
      return TestMap.key("t" + id + "-" + number);
    }

    void run() {
      int keySpace = 50;
      for (int i = 0; i < OPERATIONS; i++) {
        if (i % 500 == 0) {
          keySpace = 5 << random.nextInt(8);
        }
        operation(random.nextInt(keySpace));
      }
    }

    private void operation(int number) {
      byte[] key = key(number);
      switch (random.nextInt(5)) {
        case 0, 1 -> assertEquals(model.remove(number), map.remove(key));
        case 2 -> {
          ZapValue value = value();
          assertEquals(model.put(number, value), map.put(key, value));
        }
        case 3 -> {
          ZapValue value = value();
          assertEquals(model.putIfAbsent(number, value) == null, map.add(key, value));
        }
        default -> assertEquals(model.get(number), map.get(key));
      }
    }

    private ZapValue value() {
      if (random.nextInt(3) != 0) {
        return ZapValue.ofLong(random.nextLong());
      }
      byte[] bytes = new byte[random.nextInt(60)];
      random.nextBytes(bytes);
      return ZapValue.ofBytes(bytes);
    }
  }

  @ParameterizedTest
  @CsvSource({"9,4", "10,16", "14,16"})
  void everyThreadFindsWhatItWrote(int blockShift, int budgetMiB) {
    Seeds.run(
        random -> {
          ZapParameters parameters =
              ZapParameters.DEFAULT.withFatBlockShift(blockShift).withSaltSource(random::nextLong);
          long budget = (long) budgetMiB << 20;
          try (TestMap map = TestMap.create(parameters, budget, new ReusingLeafCreator())) {
            List<Worker> workers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
              workers.add(new Worker(map, i, random.nextLong()));
            }
            run(map, workers);
            verify(map, workers);
            map.reopen();
            verify(map, workers);
          }
        });
  }

  private static void run(TestMap map, List<Worker> workers) throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS + 1);
    try {
      Future<?> keeper = threads.submit(() -> keep(map, done));
      List<Future<?>> running = new ArrayList<>();
      workers.forEach(worker -> running.add(threads.submit(worker::run)));
      try {
        for (Future<?> worker : running) {
          worker.get();
        }
      } finally {
        done.set(true);
      }
      keeper.get();
    } finally {
      threads.shutdown();
    }
  }

  /** Syncs, checks, and walks. */
  private static void keep(TestMap map, AtomicBoolean done) {
    while (!done.get()) {
      map.object().endGroup();
      map.object().writeEndedGroup();
      assertEquals(List.of(), map.problems());
      assertFalse(map.zap().statistics().leafCount() < 0);
      map.content();
    }
  }

  private static void verify(TestMap map, List<Worker> workers) {
    long total = 0;
    for (Worker worker : workers) {
      worker.model.forEach((number, value) -> assertEquals(value, map.get(worker.key(number))));
      total += worker.model.size();
    }
    assertEquals(total, map.zap().count());
    assertEquals(total, map.content().size());
    map.assertSound();
  }
}
