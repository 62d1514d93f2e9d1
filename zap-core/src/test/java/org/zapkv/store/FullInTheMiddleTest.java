// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.error.StoreFullException;

/**
 * A disk that fills up in the middle of a batch larger than the cache: the batch ends by itself,
 * with nothing changed, and the store goes on when there is room.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ExtendWith(SilentLog.class)
@Tag("once")
class FullInTheMiddleTest {
  private static final int ENTRIES = 6_000;
  private static final String OLD = "old".repeat(130);
  private static final String NEW = "new".repeat(130);

  private final FillingDevice blocks = new FillingDevice(new MemoryDevice());
  private final FillingDevice log = new FillingDevice(new MemoryDevice());

  private static ZapStoreBuilder builder() {
    return ZapStore.builder().cacheBytes(4 << 20).leafBytes(4096).syncInterval(Duration.ofHours(1));
  }

  private void fill(int maps) {
    fill(maps, blocks, log);
  }

  private static void fill(int maps, FillingDevice blocks, FillingDevice log) {
    try (ZapStore store = builder().create(blocks, log, "test")) {
      for (int m = 0; m < maps; m++) {
        Batch batch = store.batch();
        for (int i = 0; i < ENTRIES / maps; i++) {
          batch.put(store.map("map " + m), "key " + i, OLD);
        }
        batch.commit(Durability.NONE);
      }
    }
  }

  /** There is room again: the group that waits for it goes on by itself, within a moment. */
  private static void makeRoom(FillingDevice device, ZapStore store) {
    device.makeRoom();
    while (true) {
      try {
        store.sync();
        return;
      } catch (StoreFullException e) {
        LockSupport.parkNanos(5_000_000);
      }
    }
  }

  private static void putAll(ZapStore store, ZapMap map) {
    Batch batch = store.batch();
    for (int i = 0; i < ENTRIES; i++) {
      batch.put(map, "key " + i, OLD);
    }
    batch.commit(Durability.NONE);
    store.sync();
  }

  private static Batch updateOfAll(ZapStore store, int maps, int m) {
    Batch batch = store.batch();
    for (int i = 0; i < ENTRIES / maps; i++) {
      batch.put(store.map("map " + m), "key " + i, NEW);
      batch.put(store.map("map " + m), "new key " + i, NEW);
    }
    return batch;
  }

  private static Map<String, Long> content(ZapStore store) {
    Map<String, Long> counts = new HashMap<>();
    for (String name : store.mapNames()) {
      store.map(name).forEach(entry -> counts.merge(name + entry.valueString(), 1L, Long::sum));
    }
    return counts;
  }

  private static Map<String, Long> expected(int maps, boolean isNew) {
    Map<String, Long> expected = new HashMap<>();
    for (int m = 0; m < maps; m++) {
      expected.put("map " + m + (isNew ? NEW : OLD), (isNew ? 2L : 1) * ENTRIES / maps);
    }
    return expected;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void theBatchEndsAndNothingHasChanged(int writers) {
    fill(writers);
    try (ZapStore store = builder().open(blocks, log, "test")) {
      List<Batch> batches = new ArrayList<>();
      for (int m = 0; m < writers; m++) {
        batches.add(updateOfAll(store, writers, m));
      }
      blocks.fillUpAfter(20);
      List<CompletableFuture<Void>> running = new ArrayList<>();
      for (Batch batch : batches) {
        running.add(
            CompletableFuture.runAsync(
                () -> assertThrows(StoreFullException.class, batch::commit)));
      }
      running.forEach(CompletableFuture::join);
      assertTrue(blocks.isFull());
      makeRoom(blocks, store);
      assertEquals(expected(writers, false), content(store));
      batches.forEach(Batch::commit);
      assertEquals(expected(writers, true), content(store));
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
    try (ZapStore again = builder().open(blocks, log, "test")) {
      assertEquals(expected(writers, true), content(again));
    }
  }

  /** The log has parts of the batch and no end of it. */
  @Test
  void afterACrashNothingOfTheBatchIsThere() {
    CrashStore crash = new CrashStore(1);
    FillingDevice crashing = new FillingDevice(crash.blocks);
    fill(1, crashing, new FillingDevice(crash.log));
    ZapStore store = builder().open(crashing, crash.log, "test");
    Batch batch = updateOfAll(store, 1, 0);
    crashing.fillUpAfter(40);
    assertThrows(StoreFullException.class, batch::commit);
    makeRoom(crashing, store);
    store.map("later").put("key", "later");
    crash.crash(store);
    try (ZapStore again = crash.open()) {
      assertEquals("later", again.map("later").getString("key"));
      assertTrue(again.map("later").remove("key"));
      assertEquals(expected(1, false), content(again));
      StoreCheckReport report = again.check((done, total) -> {});
      assertEquals(List.of(), report.problems());
      assertEquals(0, report.leakedBytes());
    }
  }

  @Test
  void anInterruptEndsNothingAndIsKept() {
    fill(1);
    try (ZapStore store = builder().open(blocks, log, "test")) {
      Batch batch = updateOfAll(store, 1, 0);
      blocks.fillUpAfter(20);
      Thread.currentThread().interrupt();
      assertThrows(StoreFullException.class, batch::commit);
      assertTrue(Thread.interrupted());
      makeRoom(blocks, store);
      assertEquals(expected(1, false), content(store));
    }
  }

  /** What was changed back takes no more room than before, so the next group finds some. */
  @Test
  void removalsMakeRoomForTheNextBatch() {
    FillingDevice limited = new FillingDevice(new MemoryDevice("limited", 64 << 20));
    try (ZapStore store = builder().create(limited, log, "test")) {
      ZapMap map = store.map("map 0");
      putAll(store, map);
      Batch batch = updateOfAll(store, 1, 0);
      limited.fillUpAfter(20);
      assertThrows(StoreFullException.class, batch::commit);
      makeRoom(limited, store);
      assertEquals(expected(1, false), content(store));
      for (int i = 0; i < ENTRIES; i++) {
        assertTrue(map.remove("key " + i));
      }
      store.sync();
      putAll(store, map);
      assertEquals(expected(1, false), content(store));
    }
  }
}
