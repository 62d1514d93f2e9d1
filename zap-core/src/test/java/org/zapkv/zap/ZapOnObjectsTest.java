// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.object.DataObject;
import org.zapkv.object.ObjectSet;
import org.zapkv.object.ObjectSetOptions;
import org.zapkv.object.ObjectType;
import org.zapkv.pool.Transaction;

/** Maps on the real object layer, with less cache than data, synced all the time. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ZapOnObjectsTest {
  private static final int THREADS = 3;
  private static final int BATCHES = 150;
  private static final int BATCH_OPERATIONS = 40;
  private static final int KEY_SPACE = 6000;
  private static final long EXPECTED_BYTES = 1 << 20;

  private static final ObjectSetOptions OPTIONS =
      ObjectSetOptions.defaults()
          .withCacheBytes(ObjectSetOptions.MIN_CACHE_BYTES)
          .withSyncInterval(Duration.ofMillis(20));

  /** One thread's keys in a shared map. */
  private static final class Worker {
    private final ObjectSet objects;
    private final Zap zap;
    private final int id;
    private final Random random;
    private final Map<Integer, ZapValue> model = new HashMap<>();

    Worker(ObjectSet objects, Zap zap, int id, long seed) {
      this.objects = objects;
      this.zap = zap;
      this.id = id;
      this.random = new Random(seed);
    }

    static byte[] key(int id, int number) {
      return TestMap.key("worker " + id + " key " + number);
    }

    void run() {
      for (int batch = 0; batch < BATCHES; batch++) {
        boolean shrinking = batch > BATCHES * 3 / 4;
        try (Transaction tx = objects.begin(EXPECTED_BYTES)) {
          for (int i = 0; i < BATCH_OPERATIONS; i++) {
            operation(tx, random.nextInt(KEY_SPACE), shrinking);
          }
        }
      }
    }

    private void operation(Transaction tx, int number, boolean shrinking) {
      byte[] key = key(id, number);
      if (random.nextInt(10) < (shrinking ? 9 : 2)) {
        assertEquals(model.remove(number), zap.remove(key, tx));
      } else {
        byte[] bytes = new byte[random.nextInt(300)];
        random.nextBytes(bytes);
        ZapValue value = ZapValue.ofBytes(bytes);
        assertEquals(model.put(number, value), zap.put(key, value, tx));
      }
      int other = random.nextInt(KEY_SPACE);
      assertEquals(model.get(other), zap.get(key(id, other)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 12, 14})
  void everythingIsThereAfterReopening(int blockShift) {
    Seeds.run(
        random -> {
          ZapParameters parameters = ZapParameters.DEFAULT.withFatBlockShift(blockShift);
          try (MemoryDevice device = new MemoryDevice()) {
            List<Worker> workers = new ArrayList<>();
            long objectId;
            try (ObjectSet objects = ObjectSet.create(device, OPTIONS)) {
              Zap zap = create(objects, parameters);
              objectId = zap.object().objectId();
              for (int i = 0; i < THREADS; i++) {
                workers.add(new Worker(objects, zap, i, random.nextLong()));
              }
              run(workers);
              verify(zap, workers);
              zap.close();
              // The thread that syncs holds blocks too, as long as it has something to do.
              objects.sync();
              objects.sync();
              Waiting.until(
                  "nothing to be held", () -> objects.cache().outstandingHolds().isEmpty());
            }
            try (ObjectSet objects = ObjectSet.open(device, OPTIONS);
                DataObject object = objects.open(objectId)) {
              Zap zap = Zap.open(object, parameters);
              verify(zap, workers);
              zap.close();
            }
          }
        });
  }

  private static Zap create(ObjectSet objects, ZapParameters parameters) {
    try (Transaction tx = objects.begin(EXPECTED_BYTES)) {
      DataObject object = objects.create(ObjectType.MAP, MicroLayout.STEP_BYTES, tx);
      return Zap.create(object, parameters, tx);
    }
  }

  private static void run(List<Worker> workers) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> running = new ArrayList<>();
      workers.forEach(worker -> running.add(threads.submit(worker::run)));
      for (Future<?> worker : running) {
        worker.get();
      }
    } finally {
      threads.shutdown();
    }
  }

  private static void verify(Zap zap, List<Worker> workers) {
    long total = 0;
    for (Worker worker : workers) {
      worker.model.forEach(
          (number, value) -> assertEquals(value, zap.get(Worker.key(worker.id, number))));
      total += worker.model.size();
    }
    assertEquals(total, zap.count());
    assertEquals(List.of(), FixtureTest.problems(zap));
    try (ZapCursor cursor = zap.cursor()) {
      long walked = 0;
      while (cursor.next()) {
        walked++;
      }
      assertEquals(total, walked);
    }
  }
}
