// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.pool.Transaction;

/** Writers, readers and removers go on while group after group is synced. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ConcurrentWritersTest {
  private static final int WRITERS = 4;
  private static final int BLOCKS = 400;
  private static final int TRANSACTIONS = 1500;

  @Test
  void withRoomInTheCache() {
    run(TestObjects.options());
  }

  @Test
  void withACacheMuchTooSmall() {
    run(TestObjects.options().withCacheBytes(ObjectSetOptions.MIN_CACHE_BYTES));
  }

  private static void run(ObjectSetOptions options) {
    long seed = TestObjects.seed();
    MemoryDevice device = new MemoryDevice();
    ObjectSetOptions busy =
        options.withSyncInterval(Duration.ofMillis(1)).withDirtyLimitBytes(256 << 10);
    List<long[]> models = new ArrayList<>();
    try {
      long groups;
      try (ObjectSet objects = ObjectSet.create(device, busy, 22)) {
        runWriters(objects, seed, models);
        objects.sync();
        TestObjects.assertClean(objects);
        groups = objects.syncedGroup();
      }
      assertTrue(groups > 20, () -> "too few groups to say anything: " + groups);
      try (ObjectSet objects = ObjectSet.open(device, options)) {
        for (int writer = 0; writer < WRITERS; writer++) {
          verify(objects, writer + 1, models.get(writer));
        }
        TestObjects.assertClean(objects);
      }
    } catch (Exception | AssertionError e) {
      throw new AssertionError("-Dzap.seed=" + seed, e);
    }
  }

  private static void runWriters(ObjectSet objects, long seed, List<long[]> models)
      throws InterruptedException, ExecutionException {
    try (Transaction tx = objects.begin(0)) {
      for (int writer = 0; writer < WRITERS; writer++) {
        objects.create(ObjectType.MAP, writer % 2 == 0 ? 16384 : 4096, tx).close();
      }
    }
    AtomicBoolean stop = new AtomicBoolean();
    ExecutorService executor = Executors.newCachedThreadPool();
    try {
      List<Future<long[]>> writers = new ArrayList<>();
      for (int writer = 0; writer < WRITERS; writer++) {
        long objectId = writer + 1L;
        writers.add(executor.submit(() -> write(objects, objectId, seed + objectId)));
      }
      Future<?> churn = executor.submit(() -> churn(objects, seed, stop));
      try {
        for (Future<long[]> writer : writers) {
          models.add(writer.get());
        }
      } finally {
        stop.set(true);
      }
      churn.get();
    } finally {
      executor.shutdown();
    }
  }

  /** One writer for each object: its model is exact at any time. */
  private static long[] write(ObjectSet objects, long objectId, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long[] model = new long[BLOCKS];
    try (DataObject object = objects.open(objectId)) {
      for (int i = 0; i < TRANSACTIONS; i++) {
        try (Transaction tx = objects.begin(64 << 10)) {
          for (int k = random.nextInt(4); k >= 0; k--) {
            change(object, model, random, tx);
          }
        }
        int block = random.nextInt(BLOCKS);
        TestObjects.assertContent(object, block, model[block]);
      }
    }
    return model;
  }

  private static void change(
      DataObject object, long[] model, SplittableRandom random, Transaction tx) {
    int block = random.nextInt(random.nextBoolean() ? 10 : BLOCKS);
    if (random.nextInt(8) == 0) {
      int count = Math.min(BLOCKS - block, 1 + random.nextInt(20));
      object.freeRange(block, count, tx);
      Arrays.fill(model, block, block + count, 0);
    } else {
      model[block] = random.nextLong() | 1;
      TestObjects.fill(object, block, model[block], tx);
    }
  }

  /** Objects come and go meanwhile. */
  private static void churn(ObjectSet objects, long seed, AtomicBoolean stop) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Long> ids = new ArrayList<>();
    while (!stop.get()) {
      try (Transaction tx = objects.begin(64 << 10)) {
        try (DataObject object = objects.create(ObjectType.VALUE, 4096, tx)) {
          for (int block = random.nextInt(80); block >= 0; block--) {
            byte[] bytes = TestObjects.contentOf(object.objectId() + block, 4096);
            object.writeDirect(block, bytes, 0, bytes.length, tx);
          }
          ids.add(object.objectId());
        }
        if (ids.size() > 10) {
          objects.destroy(ids.remove(random.nextInt(ids.size())), tx);
        }
      }
      long id = ids.get(random.nextInt(ids.size()));
      try (DataObject object = objects.open(id)) {
        TestObjects.assertFilled(object, 0, id);
      }
    }
  }

  private static void verify(ObjectSet objects, long objectId, long[] model) {
    try (DataObject object = objects.open(objectId)) {
      for (int block = 0; block < BLOCKS; block++) {
        TestObjects.assertContent(object, block, model[block]);
      }
      assertEquals(ObjectType.MAP, object.type());
    }
  }
}
