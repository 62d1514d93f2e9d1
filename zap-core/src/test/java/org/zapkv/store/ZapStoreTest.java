// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.memory.RetiredSlabs;
import org.zapkv.cache.testing.RetiredMemory;
import org.zapkv.error.ClosedException;
import org.zapkv.error.NoSuchMapException;

/** The life of a store: open, use, close, open again. */
class ZapStoreTest {
  private static final CheckListener QUIET = (done, total) -> {};

  @TempDir Path directory;

  @Test
  void whatWasPutIsThereAfterReopening() {
    Path path = directory.resolve("store");
    try (ZapStore store = ZapStore.open(path)) {
      ZapMap users = store.map("users");
      users.put("ada", "Ada Lovelace");
      users.putLong("born", 1815);
    }
    try (ZapStore store = ZapStore.open(path)) {
      assertEquals("Ada Lovelace", store.map("users").getString("ada"));
      assertEquals(OptionalLong.of(1815), store.map("users").getLong("born"));
      assertEquals(List.of("users"), store.mapNames());
      StoreCheckReport report = store.check(QUIET);
      assertEquals(List.of(), report.problems());
      assertEquals(2, report.entries());
      assertEquals(1, report.maps());
    }
  }

  @Test
  void anEmptyStoreOpensAgain() {
    Path path = directory.resolve("a").resolve("b");
    ZapStore.open(path).close();
    try (ZapStore store = ZapStore.open(path)) {
      assertEquals(List.of(), store.mapNames());
      assertTrue(store.check(QUIET).isClean());
    }
  }

  @Test
  void aStoreInMemoryBehavesAsOneOnDisk() {
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap map = store.map("m");
      map.put("k", "v");
      store.sync();
      assertEquals("v", map.getString("k"));
      assertEquals(1, map.size());
      assertTrue(store.check(QUIET).isClean());
    }
  }

  @Test
  void theSameNameIsTheSameMap() {
    try (ZapStore store = ZapStore.inMemory()) {
      assertSame(store.map("m"), store.map("m"));
      assertSame(store.map("m"), store.existingMap("m"));
      assertEquals("m", store.map("m").name());
    }
  }

  @Test
  void anUnknownMapIsRefusedByName() {
    try (ZapStore store = ZapStore.inMemory()) {
      store.map("users");
      NoSuchMapException e =
          assertThrows(NoSuchMapException.class, () -> store.existingMap("user"));
      assertTrue(e.getMessage().contains("\"user\""), e.getMessage());
      assertTrue(e.getMessage().contains("[users]"), e.getMessage());
      assertEquals(List.of("users"), store.mapNames());
    }
  }

  @Test
  void mapNamesAreChecked() {
    try (ZapStore store = ZapStore.inMemory()) {
      assertThrows(IllegalArgumentException.class, () -> store.map(""));
      assertThrows(IllegalArgumentException.class, () -> store.map("x".repeat(256)));
      assertThrows(NullPointerException.class, () -> store.map(null));
      ZapMap longest = store.map("é".repeat(127) + "x");
      longest.put("k", "v");
      assertEquals(1, store.mapNames().size());
    }
  }

  @Test
  void manyMapsTurnTheDirectoryFat() {
    Path path = directory.resolve("store");
    try (ZapStore store = ZapStore.builder().durability(Durability.NONE).open(path)) {
      for (int i = 0; i < 3000; i++) {
        store.map("map-" + i).putLong("n", i);
      }
    }
    try (ZapStore store = ZapStore.open(path)) {
      assertEquals(3000, store.mapNames().size());
      for (int i = 0; i < 3000; i += 7) {
        assertEquals(OptionalLong.of(i), store.existingMap("map-" + i).getLong("n"));
      }
      StoreCheckReport report = store.check(QUIET);
      assertEquals(List.of(), report.problems());
      assertEquals(3000, report.maps());
    }
  }

  @Test
  void closingTwiceIsFine() {
    ZapStore store = ZapStore.inMemory();
    store.close();
    store.close();
  }

  @Test
  void everythingThrowsAfterClose() {
    ZapStore store = ZapStore.inMemory();
    ZapMap map = store.map("m");
    map.put("k", "v");
    MapCursor cursor = map.cursor();
    Batch batch = store.batch().put(map, "a", "b");
    store.close();
    byte[] key = {1};
    List<org.junit.jupiter.api.function.Executable> calls =
        List.of(
            () -> store.map("other"),
            () -> store.existingMap("other"),
            store::mapNames,
            store::sync,
            store::statistics,
            store::durableSequence,
            () -> store.awaitDurable(1),
            () -> store.check(QUIET),
            () -> map.put(key, key),
            () -> map.putLong(key, 1),
            () -> map.get(key),
            () -> map.getLong(key),
            () -> map.getString("k"),
            () -> map.entry(key),
            () -> map.containsKey(key),
            () -> map.remove(key),
            map::size,
            map::statistics,
            map::cursor,
            () -> map.forEach(e -> {}),
            cursor::next,
            batch::commit);
    for (org.junit.jupiter.api.function.Executable call : calls) {
      ClosedException e = assertThrows(ClosedException.class, call);
      assertNotNull(e.getMessage());
    }
    cursor.close();
    cursor.close();
  }

  @Test
  void closeWaitsForThoseInside() throws InterruptedException {
    for (int round = 0; round < 20; round++) {
      ZapStore store = ZapStore.inMemory();
      ZapMap map = store.map("m");
      CountDownLatch running = new CountDownLatch(4);
      AtomicReference<Throwable> failure = new AtomicReference<>();
      Thread[] threads = new Thread[4];
      for (int t = 0; t < threads.length; t++) {
        int id = t;
        threads[t] =
            new Thread(
                () -> {
                  try {
                    running.countDown();
                    for (int i = 0; ; i++) {
                      map.put("key-" + id + "-" + i % 500, "value-" + i);
                      map.get("key-" + id + "-" + i % 250);
                      map.forEach(e -> {});
                    }
                  } catch (ClosedException e) {
                    // What is expected.
                  } catch (Throwable e) {
                    failure.set(e);
                  }
                });
        threads[t].start();
      }
      running.await();
      TimeUnit.MILLISECONDS.sleep(5);
      store.close();
      for (Thread thread : threads) {
        thread.join();
      }
      assertNull(failure.get());
    }
  }

  @Test
  void aCallbackMayUseAndEvenCloseTheStore() {
    ZapStore store = ZapStore.inMemory();
    ZapMap map = store.map("m");
    for (int i = 0; i < 100; i++) {
      map.putLong("k" + i, i);
    }
    int[] seen = {0};
    map.forEach(
        e -> {
          seen[0]++;
          store.map("copy").putLong(e.key(), e.longValue());
        });
    assertEquals(100, seen[0]);
    assertEquals(100, store.map("copy").size());
    assertThrows(ClosedException.class, () -> map.forEach(e -> store.close()));
  }

  @Test
  void aChangeIsDurableWithItsGroup() {
    try (ZapStore store =
        ZapStore.builder().syncInterval(Duration.ofMillis(50)).open(directory.resolve("s"))) {
      ZapMap map = store.map("m");
      long sequence = store.batch().put(map, "a", "b").commit(Durability.NONE);
      store.awaitDurable(sequence);
      assertTrue(store.durableSequence() >= sequence);
    }
  }

  @Test
  void anInterruptedThreadGoesOnAndStaysInterrupted() {
    Path path = directory.resolve("s");
    try (ZapStore store =
        ZapStore.builder().cacheBytes(4 << 20).durability(Durability.NONE).open(path)) {
      ZapMap map = store.map("m");
      byte[] value = new byte[1500];
      for (int i = 0; i < 6000; i++) {
        Thread.currentThread().interrupt();
        map.put(("key" + i).getBytes(StandardCharsets.UTF_8), value);
        assertTrue(Thread.interrupted(), "the flag is kept");
      }
      Thread.currentThread().interrupt();
      store.sync();
      assertTrue(Thread.interrupted());
      for (int i = 0; i < 6000; i++) {
        Thread.currentThread().interrupt();
        assertArrayEquals(value, map.get("key" + i));
        assertTrue(Thread.interrupted());
      }
      assertTrue(store.check(QUIET).isClean());
    }
  }

  @Test
  void theNumbersAddUp() {
    try (ZapStore store =
        ZapStore.builder().durability(Durability.NONE).open(directory.resolve("s"))) {
      ZapMap map = store.map("m");
      for (int i = 0; i < 5000; i++) {
        map.put("key" + i, "value" + i);
      }
      store.sync();
      StoreStatistics statistics = store.statistics();
      assertEquals(1, statistics.mapCount());
      assertTrue(statistics.cache().usedBytes() <= statistics.cache().budgetBytes());
      assertFalse(map.statistics().micro());
      assertEquals(5000, map.statistics().entryCount());
    }
  }

  /** A method of its own: what it used can no longer be reached when it has returned. */
  private static void fillAndRead(Path path) {
    try (ZapStore store = ZapStore.builder().durability(Durability.NONE).open(path)) {
      ZapMap map = store.map("m");
      for (int i = 0; i < 5000; i++) {
        map.put("key" + i, "value" + i);
      }
      for (int i = 0; i < 5000; i++) {
        assertArrayEquals(Keys.utf8("value" + i), map.get("key" + i));
      }
      MapCursor cursor = map.cursor();
      assertTrue(cursor.next());
    }
  }

  /**
   * A point read asks nobody before it reads, so close does not wait for it: its memory has to stay
   * for as long as the map can be reached, else a read that is late ends the JVM.
   */
  @Test
  void readersWhoAreLateFindTheMemoryOfAClosedStore() {
    Path path = directory.resolve("s");
    fillAndRead(path);
    RetiredMemory.awaitNone();
    ZapStore store = ZapStore.open(path);
    ZapMap map = store.map("m");
    byte[] key = Keys.utf8("key1");
    for (int i = 0; i < 2; i++) {
      assertArrayEquals(Keys.utf8("value1"), map.get(key));
    }
    store.close();
    assertTrue(RetiredSlabs.retiredBytes() > 0);
    assertThrows(ClosedException.class, () -> map.get(key));
  }

  /** Once nobody can read it any more, the memory of a closed store goes back. */
  @Test
  void aClosedStoreGivesItsMemoryBack() {
    fillAndRead(directory.resolve("s"));
    RetiredMemory.awaitNone();
  }

  @Test
  void largeValuesAreReadAhead() {
    Path path = directory.resolve("s");
    byte[] value = new byte[1 << 20];
    new Random(1).nextBytes(value);
    try (ZapStore store = ZapStore.open(path)) {
      store.map("m").put(new byte[] {1}, value);
    }
    try (ZapStore store = ZapStore.open(path)) {
      assertArrayEquals(value, store.map("m").get(new byte[] {1}));
      assertEquals(8, store.statistics().cache().prefetches());
      assertEquals(8, store.statistics().cache().prefetchesUsed());
    }
  }
}
