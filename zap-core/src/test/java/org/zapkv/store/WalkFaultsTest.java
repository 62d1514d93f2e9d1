// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.cache.testing.Threads;
import org.zapkv.error.ClosedException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.StoreFailedException;

/** Every form of walk while the store is closed, fails, is changed, or the thread interrupted. */
@Tag("once")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ExtendWith(SilentLog.class)
class WalkFaultsTest {
  private static final int ENTRIES = 6000;
  private static final int LARGE_BYTES = 3000;

  @TempDir Path directory;

  /** A way through a map. */
  enum Walk {
    SCAN {
      @Override
      void run(ZapMap map, Consumer<String> action) {
        map.scan(view -> action.accept(view.keyString()));
      }
    },
    SCAN_PARALLEL {
      @Override
      void run(ZapMap map, Consumer<String> action) {
        map.scanParallel(view -> action.accept(view.keyString()));
      }
    },
    FOR_EACH {
      @Override
      void run(ZapMap map, Consumer<String> action) {
        map.forEach(entry -> action.accept(entry.keyString()));
      }
    },
    STREAM {
      @Override
      void run(ZapMap map, Consumer<String> action) {
        map.stream().forEach(entry -> action.accept(entry.keyString()));
      }
    },
    PARALLEL_STREAM {
      @Override
      void run(ZapMap map, Consumer<String> action) {
        map.stream().parallel().forEach(entry -> action.accept(entry.keyString()));
      }
    },
    CURSOR {
      @Override
      void run(ZapMap map, Consumer<String> action) {
        try (MapCursor cursor = map.cursor()) {
          while (cursor.next()) {
            action.accept(cursor.entry().keyString());
          }
        }
      }
    };

    /** Tells the keys, on any thread. */
    abstract void run(ZapMap map, Consumer<String> action);

    boolean isParallel() {
      return this == SCAN_PARALLEL || this == PARALLEL_STREAM;
    }
  }

  private static ZapStoreBuilder builder() {
    return ZapStore.builder()
        .cacheBytes(4 << 20)
        .leafBytes(4096)
        .syncInterval(Duration.ofHours(1))
        .durability(Durability.NONE);
  }

  private static void fill(ZapMap map, int entries) {
    for (int i = 0; i < entries; i++) {
      map.put("key " + i, value(i));
    }
  }

  /** Some are in objects of their own, which the walk reads inside the store's gate. */
  private static byte[] value(int number) {
    return new byte[number % 500 == 0 ? LARGE_BYTES : number % 100];
  }

  @ParameterizedTest
  @EnumSource
  void theActionClosesTheStore(Walk walk) {
    ZapStore store = builder().inMemory();
    ZapMap map = store.map("m");
    fill(map, ENTRIES);
    AtomicInteger seen = new AtomicInteger();
    assertThrows(
        ClosedException.class,
        () ->
            walk.run(
                map,
                key -> {
                  if (seen.incrementAndGet() == 100) {
                    store.close();
                  }
                }));
    if (walk.isParallel()) {
      assertTrue(seen.get() < ENTRIES, "not to the end");
    } else {
      assertEquals(100, seen.get(), "not even to what is copied from the leaf");
    }
    assertThrows(ClosedException.class, () -> walk.run(map, key -> {}));
  }

  /** Until the store closes the walk is right; from then on it says that it is closed. */
  @ParameterizedTest
  @EnumSource
  void anotherThreadClosesTheStore(Walk walk) throws Exception {
    for (int round = 0; round < 2; round++) {
      ZapStore store = builder().open(directory.resolve("store " + round));
      ZapMap map = store.map("m");
      fill(map, ENTRIES / 4);
      AtomicInteger walks = new AtomicInteger();
      AtomicInteger walking = new AtomicInteger(2);
      Threads.run(
          3,
          index -> {
            if (index == 0) {
              while (walks.get() < 5 && walking.get() > 0) {
                Thread.onSpinWait();
              }
              store.close();
              return;
            }
            AtomicInteger seen = new AtomicInteger();
            try {
              while (true) {
                seen.set(0);
                walk.run(map, key -> seen.incrementAndGet());
                assertEquals(ENTRIES / 4, seen.get());
                walks.incrementAndGet();
              }
            } catch (ClosedException e) {
              assertTrue(seen.get() <= ENTRIES / 4);
            } finally {
              walking.decrementAndGet();
            }
          });
    }
  }

  /** Leaves are split and merged meanwhile; what stays comes exactly once. */
  @ParameterizedTest
  @EnumSource
  void whatStaysIsSeenOnce(Walk walk) throws Exception {
    try (ZapStore store = builder().inMemory()) {
      ZapMap map = store.map("m");
      fill(map, ENTRIES);
      AtomicBoolean done = new AtomicBoolean();
      Threads.run(
          2,
          index -> {
            if (index == 0) {
              changeUntil(done, map);
              return;
            }
            try {
              for (int round = 0; round < 8; round++) {
                AtomicIntegerArray seen = new AtomicIntegerArray(ENTRIES);
                walk.run(map, key -> count(key, seen));
                for (int i = 0; i < ENTRIES; i++) {
                  assertEquals(1, seen.get(i), "key " + i);
                }
              }
            } finally {
              done.set(true);
            }
          });
    }
  }

  private static void changeUntil(AtomicBoolean done, ZapMap map) {
    while (!done.get()) {
      for (int i = 0; i < 3000 && !done.get(); i++) {
        map.put("moves " + i, new byte[200]);
      }
      for (int i = 0; i < 3000 && !done.get(); i++) {
        map.remove("moves " + i);
      }
    }
  }

  private static void count(String key, AtomicIntegerArray seen) {
    if (key.startsWith("key ")) {
      seen.incrementAndGet(Integer.parseInt(key.substring(4)));
    }
  }

  /** More than the cache holds is read from the file by a thread that is interrupted. */
  @Test
  void anInterruptedThreadWalks() {
    try (ZapStore store = builder().open(directory.resolve("store"))) {
      ZapMap map = store.map("m");
      for (int i = 0; i < ENTRIES; i++) {
        map.put("key " + i, new byte[1500]);
      }
      for (Walk walk : Walk.values()) {
        AtomicIntegerArray seen = new AtomicIntegerArray(ENTRIES);
        Thread.currentThread().interrupt();
        walk.run(map, key -> count(key, seen));
        assertTrue(Thread.interrupted(), "the interrupt is kept");
        for (int i = 0; i < ENTRIES; i++) {
          assertEquals(1, seen.get(i), "key " + i);
        }
      }
      map.put("another", value(1));
    }
  }

  /** The thread that asks for a scan is itself of a small pool. */
  @Test
  void aPoolOfOneThreadScans() throws Exception {
    ForkJoinPool pool = new ForkJoinPool(1);
    try (ZapStore store = builder().inMemory()) {
      ZapMap map = store.map("m");
      fill(map, ENTRIES);
      AtomicInteger seen = new AtomicInteger();
      pool.submit(() -> map.scanParallel(view -> seen.incrementAndGet())).get();
      assertEquals(ENTRIES, seen.get());
    } finally {
      pool.shutdown();
    }
  }

  /** A store that has failed takes no changes; what is in it is read like before. */
  @Test
  void aFailedStoreIsRead() {
    HookedDevice device = new HookedDevice(new MemoryDevice());
    ZapStore store = builder().create(device, "test");
    try (store) {
      ZapMap map = store.map("m");
      ZapMap micro = store.map("micro");
      fill(map, ENTRIES);
      store.sync();
      for (int i = 0; i < 100; i++) {
        micro.putLong("key " + i, i);
        map.putLong("long " + i, i);
      }
      device.beforeWrite(
          () -> {
            throw new DeviceException("injected by a test");
          });
      assertThrows(StoreFailedException.class, store::sync);
      assertThrows(StoreFailedException.class, () -> map.put("another", "change"));
      assertThrows(StoreFailedException.class, () -> map.remove("key 1"));
      assertThrows(StoreFailedException.class, () -> micro.putLong("key 1", 5));
      assertThrows(StoreFailedException.class, () -> store.map("new"));
      assertReads(map, micro);
    }
  }

  private static void assertReads(ZapMap map, ZapMap micro) {
    byte[] room = new byte[LARGE_BYTES];
    for (int i = 0; i < ENTRIES; i++) {
      byte[] key = Keys.utf8("key " + i);
      assertArrayEquals(value(i), map.get(key));
      assertEquals(value(i).length, map.get(key, room, 0));
      assertTrue(map.containsKey(key));
      assertEquals(i < 100 ? i : -1, micro.getLong(key, -1));
      assertEquals(i < 100, micro.containsKey(key));
      assertEquals(i < 100 ? i : -1, map.getLong(Keys.utf8("long " + i), -1));
    }
    assertFalse(map.containsKey("another"));
    assertEquals(ENTRIES + 100, map.size());
    for (Walk walk : Walk.values()) {
      Map<String, Boolean> seen = new ConcurrentHashMap<>();
      walk.run(map, key -> assertEquals(null, seen.put(key, true)));
      assertEquals(ENTRIES + 100, seen.size());
      assertNotNull(seen.get("key 7"));
    }
  }
}
