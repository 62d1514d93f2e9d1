// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.error.ClosedException;

/** What is done at the edges: at the same moment, while closing, with names that are none. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("once") // It is long, and runs on dirty memory.
class StoreEdgesTest {
  private static final String UNPAIRED = "\ud800";

  @Test
  void mapFromManyThreadsAtOnceIsOneMap() throws Exception {
    int threads = 8;
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try (ZapStore store = ZapStore.inMemory()) {
      CyclicBarrier barrier = new CyclicBarrier(threads);
      for (int round = 0; round < 200; round++) {
        String name = "map " + round;
        List<Callable<ZapMap>> tasks = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
          String key = "key " + t;
          tasks.add(
              () -> {
                barrier.await();
                ZapMap map = store.map(name);
                map.putLong(key, 1);
                return map;
              });
        }
        for (Future<ZapMap> map : executor.invokeAll(tasks)) {
          assertSame(store.map(name), map.get());
        }
        assertEquals(threads, store.map(name).size());
      }
      assertEquals(200, store.mapNames().size());
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    } finally {
      executor.shutdown();
    }
  }

  @Test
  void aTextWithoutUtf8FormIsRefused() {
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap map = store.map("?");
      map.put("?", "v");
      assertThrows(IllegalArgumentException.class, () -> store.map(UNPAIRED));
      assertThrows(IllegalArgumentException.class, () -> store.existingMap(UNPAIRED));
      assertThrows(IllegalArgumentException.class, () -> map.put(UNPAIRED, "w"));
      assertThrows(IllegalArgumentException.class, () -> map.put("k", "a" + UNPAIRED));
      assertThrows(IllegalArgumentException.class, () -> map.get("\udc00"));
      assertThrows(IllegalArgumentException.class, () -> store.batch().remove(map, UNPAIRED));
      map.put("\ud83d\ude00", "paired \ud83d\ude00");
      assertEquals("paired \ud83d\ude00", map.getString("\ud83d\ude00"));
      assertEquals("v", map.getString("?"));
      assertEquals(2, map.size());
    }
  }

  @Test
  void aMapThatIsKnownIsNotGivenOutAfterClose() {
    ZapStore store = ZapStore.inMemory();
    store.map("m");
    store.close();
    assertThrows(ClosedException.class, () -> store.map("m"));
    assertThrows(ClosedException.class, () -> store.existingMap("m"));
  }

  @Test
  void anIntervalWithoutEndIsFine() {
    try (ZapStore store =
        ZapStore.builder().syncInterval(ChronoUnit.FOREVER.getDuration()).inMemory()) {
      store.map("m").put("k", "v");
      store.sync();
      assertEquals("v", store.map("m").getString("k"));
    }
  }

  @Test
  void aCheckFindsNothingWrongWhileTheStoreChanges() throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(2);
    AtomicBoolean done = new AtomicBoolean();
    try (ZapStore store = ZapStore.builder().syncInterval(Duration.ofMillis(1)).inMemory()) {
      ZapMap map = store.map("m");
      List<Future<?>> writers = new ArrayList<>();
      for (int t = 0; t < 2; t++) {
        Random random = new Random(t);
        int id = t;
        writers.add(
            executor.submit(
                () -> {
                  for (int i = 0; !done.get(); i++) {
                    String key = "key " + id + " " + random.nextInt(60);
                    if (random.nextInt(3) == 0) {
                      map.remove(key);
                    } else {
                      map.put(key, new byte[3000 + random.nextInt(4000)]);
                    }
                    if (i % 50 == 0) {
                      store.map("map " + id + " " + i % 5000).putLong("k", 1);
                    }
                  }
                }));
      }
      try {
        for (int i = 0; i < 60; i++) {
          assertEquals(List.of(), store.check((d, t) -> {}).problems());
        }
      } finally {
        done.set(true);
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
    } finally {
      executor.shutdown();
    }
  }

  @Test
  void aCheckThatIsInsideWhenTheStoreIsClosedIsFinished() throws Exception {
    HookedDevice device = new HookedDevice(new MemoryDevice()).outlivingClose();
    try (ZapStore store = ZapStore.builder().create(device, "test")) {
      for (int i = 0; i < 20; i++) {
        store.map("map " + i).put("k", "v".repeat(5000));
      }
    }
    ZapStore store = ZapStore.builder().open(device, "test");
    Thread closer = new Thread(store::close);
    StoreCheckReport report =
        store.check(
            (done, total) -> {
              if (closer.getState() == Thread.State.NEW) {
                closer.start();
                awaitClosed(store);
              }
            });
    closer.join();
    assertEquals(List.of(), report.problems());
    assertEquals(20, report.maps());
  }

  private static void awaitClosed(ZapStore store) {
    try {
      while (true) {
        store.durableSequence();
        Thread.onSpinWait();
      }
    } catch (ClosedException e) {
      // What was waited for.
    }
  }

  /** Hashes have 28 bits, so that large entries with nearly the same hash need not fit a leaf. */
  @Test
  void valuesWhoseKeysCollideFindRoom() {
    try (ZapStore store = ZapStore.builder().leafBytes(4096).inMemory()) {
      ZapMap map = store.map("m");
      List<byte[]> keys = collidingKeys(map);
      byte[] value = new byte[2000];
      map.put(new byte[0], value);
      keys.forEach(key -> map.put(key, value));
      keys.forEach(key -> assertEquals(value.length, map.get(key).length));
      Batch batch = store.batch();
      keys.forEach(key -> batch.put(map, key, new byte[2048]));
      batch.commit();
      keys.forEach(key -> assertEquals(2048, map.get(key).length));
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
      keys.forEach(map::remove);
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
      assertFalse(map.isMicro());
      assertTrue(map.containsKey(""));
    }
  }

  /** Two keys that agree in all the bits of the hash that a pointer table can have. */
  private static List<byte[]> collidingKeys(ZapMap map) {
    Map<Long, byte[]> keys = new HashMap<>();
    for (int i = 0; ; i++) {
      byte[] key = ("key " + i).getBytes(StandardCharsets.UTF_8);
      byte[] other = keys.put(map.zap().hash(key) >>> 38, key);
      if (other != null) {
        return List.of(other, key);
      }
    }
  }
}
