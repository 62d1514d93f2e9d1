// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.CrashDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.error.StoreFailedException;
import org.zapkv.error.StoreFullException;
import org.zapkv.error.ZapException;

/** What is there after a crash, for each durability. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ExtendWith(SilentLog.class)
class DurabilityTest {

  @Test
  void durabilitiesAreValues() {
    assertEquals(Durability.ASYNC, Durability.async(Duration.ofSeconds(1)));
    assertEquals(Durability.ASYNC.hashCode(), Durability.async(Duration.ofSeconds(1)).hashCode());
    assertNotEquals(Durability.SYNC, Durability.NONE);
    assertNotEquals(Durability.ASYNC, Durability.async(Duration.ofSeconds(2)));
    assertEquals("SYNC", Durability.SYNC.toString());
    assertEquals("NONE", Durability.NONE.toString());
    assertEquals("ASYNC(PT0.01S)", Durability.async(Duration.ofMillis(10)).toString());
    assertThrows(IllegalArgumentException.class, () -> Durability.async(Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> Durability.async(Duration.ofNanos(-1)));
    assertEquals(
        Long.MAX_VALUE, Durability.async(Duration.ofSeconds(Long.MAX_VALUE)).bound().toNanos());
  }

  @Test
  void aSyncedChangeOutlivesACrashAlone() {
    for (long seed = 0; seed < 20; seed++) {
      CrashStore crash = new CrashStore(seed);
      ZapStore store = crash.create();
      ZapMap map = store.map("m");
      map.put("bytes", "value");
      map.putLong("long", 42);
      map.put("gone", "value");
      assertTrue(map.remove("gone"));
      store.batch().put(map, "batch", "value").commit();
      long group = store.statistics().pool().syncedGroup();
      crash.crash(store);
      try (ZapStore again = crash.open()) {
        assertEquals("value", again.map("m").getString("bytes"));
        assertEquals(42, again.map("m").getLong("long").orElseThrow());
        assertEquals("value", again.map("m").getString("batch"));
        assertNull(again.map("m").get("gone"));
        assertEquals(3, again.map("m").size());
        assertEquals(5, again.statistics().log().replayedRecords());
        assertTrue(again.statistics().pool().syncedGroup() > group, "a group was written now");
      }
    }
  }

  @Test
  void whatHasNoDurabilityIsLostWhenNothingIsFlushed() {
    boolean lost = false;
    for (long seed = 0; seed < 20; seed++) {
      CrashStore crash = new CrashStore(seed);
      ZapStore store = crash.create();
      ZapMap map = store.map("m").withDurability(Durability.NONE);
      map.put("a", "b");
      assertEquals(0, store.durableSequence());
      crash.crash(store);
      try (ZapStore again = crash.open()) {
        lost |= again.map("m").get("a") == null;
      }
    }
    assertTrue(lost);
  }

  @Test
  void anAsyncChangeBecomesDurableByItself() {
    CrashStore crash = new CrashStore(3);
    ZapStore store = crash.create();
    store.map("m").withDurability(Durability.async(Duration.ofMillis(1))).put("a", "b");
    while (store.durableSequence() == 0) {
      LockSupport.parkNanos(100_000);
    }
    crash.crash(store);
    try (ZapStore again = crash.open()) {
      assertEquals("b", again.map("m").getString("a"));
    }
  }

  @Test
  void aCleanCloseLosesNothing() {
    CrashStore crash = new CrashStore(4);
    ZapStore store = crash.create();
    store.map("m").withDurability(Durability.NONE).put("a", "b");
    store.close();
    store.close();
    crash.blocks.restart();
    crash.log.restart();
    try (ZapStore again = crash.open()) {
      assertEquals("b", again.map("m").getString("a"));
      assertEquals(0, again.statistics().log().replayedRecords());
    }
  }

  /** What removed it may not be on disk yet: who is told that it is gone may rely on that. */
  @Test
  void aRemovalThatFindsNothingWaitsForTheOneBefore() {
    for (long seed = 0; seed < 10; seed++) {
      CrashStore crash = new CrashStore(seed);
      ZapStore store = crash.create();
      ZapMap map = store.map("m");
      map.put("a", "b");
      assertTrue(map.withDurability(Durability.NONE).remove("a"));
      assertFalse(map.remove("a"));
      crash.crash(store);
      try (ZapStore again = crash.open()) {
        assertNull(again.map("m").get("a"));
      }
    }
  }

  @Test
  void sequencesAreThoseOfTheLog() {
    try (ZapStore store =
        CrashStore.builder().create(new CrashDevice(1), new CrashDevice(2), "s")) {
      ZapMap map = store.map("m").withDurability(Durability.NONE);
      assertEquals(Durability.NONE, map.durability());
      assertEquals(Durability.SYNC, store.map("m").durability());
      long first = store.batch().put(map, "a", "b").commit(Durability.NONE);
      long second = store.batch().put(map, "a", "c").commit(Durability.NONE);
      assertEquals(first + 1, second);
      assertTrue(store.durableSequence() < first);
      store.awaitDurable(first);
      assertTrue(store.durableSequence() >= first);
      assertEquals(second, store.batch().commit());
      assertEquals(second, store.durableSequence());
      assertThrows(IllegalArgumentException.class, () -> store.awaitDurable(second + 1));
    }
  }

  /** Random commits; the power goes at some write; what is there is what one of them left. */
  @Tag("once")
  @Test
  void afterACrashTheStoreIsAsSomeCommitLeftIt() {
    long seed = Seeds.next();
    int rounds = Integer.getInteger("zap.durability.rounds", 20);
    for (int round = 0; round < rounds; round++) {
      try {
        new Run(seed + round).play();
      } catch (Throwable e) {
        throw new AssertionError("-Dzap.seed=" + (seed + round), e);
      }
    }
  }

  private static final class Run {
    private final Random random;
    private final CrashStore crash;
    private final List<Map<String, ZapEntry>> states = new ArrayList<>();
    private int durable;
    private ZapStore store;

    Run(long seed) {
      random = new Random(seed);
      crash = new CrashStore(seed);
      states.add(Map.of());
    }

    void play() {
      store = crash.create();
      for (int crashes = 0; crashes < 3; crashes++) {
        CrashDevice device = random.nextBoolean() ? crash.blocks : crash.log;
        device.crashAfter(random.nextInt(60));
        try {
          for (int i = random.nextInt(60); i >= 0; i--) {
            commit();
          }
        } catch (ZapException e) {
          // The device lost power before the rest did.
        }
        crash.crash(store);
        reopen();
        int found = stateOf(CrashStore.content(store));
        assertTrue(found >= durable, found + " is before " + durable + " of " + states.size());
        assertEquals(List.of(), store.check((done, total) -> {}).problems());
        states.subList(found + 1, states.size()).clear();
        durable = found;
      }
      store.close();
    }

    /** The power may go again while the log is replayed. */
    private void reopen() {
      for (int attempt = 0; attempt < 2; attempt++) {
        CrashDevice device = random.nextBoolean() ? crash.blocks : crash.log;
        device.crashAfter(random.nextInt(12));
        try {
          ZapStore half = crash.open();
          crash.crash(half);
        } catch (ZapException e) {
          crash.blocks.crashAfter(0);
          crash.log.crashAfter(0);
        }
        crash.blocks.restart();
        crash.log.restart();
      }
      store = crash.open();
    }

    private int stateOf(Map<String, ZapEntry> content) {
      for (int i = states.size() - 1; i >= 0; i--) {
        if (states.get(i).equals(content)) {
          return i;
        }
      }
      throw new AssertionError("as no commit left it");
    }

    private void commit() {
      Batch batch = store.batch();
      Map<String, ZapEntry> state = new HashMap<>(states.get(states.size() - 1));
      int size = random.nextInt(10) == 0 ? 200 + random.nextInt(800) : 1 + random.nextInt(5);
      for (int i = 0; i < size; i++) {
        change(batch, state);
      }
      states.add(state);
      Durability durability =
          switch (random.nextInt(4)) {
            case 0 -> Durability.SYNC;
            case 1 -> Durability.async(Duration.ofNanos(1));
            default -> Durability.NONE;
          };
      batch.commit(durability);
      if (durability.equals(Durability.SYNC)) {
        durable = states.size() - 1;
      }
      if (random.nextInt(20) == 0) {
        store.sync();
        durable = states.size() - 1;
      }
    }

    private void change(Batch batch, Map<String, ZapEntry> state) {
      String name = "map " + random.nextInt(3);
      byte[] key = Keys.utf8("key " + random.nextInt(400));
      String at = name + "/" + new String(key, java.nio.charset.StandardCharsets.UTF_8);
      ZapMap map = store.map(name);
      int dice = random.nextInt(300);
      if (dice < 60) {
        batch.remove(map, key);
        state.remove(at);
      } else if (dice < 150) {
        batch.putLong(map, key, dice);
        state.put(at, ZapEntry.ofLong(key, dice));
      } else {
        byte[] value = Seeds.bytes(random, dice == 299 ? 20_000 : dice);
        batch.put(map, key, value);
        state.put(at, ZapEntry.ofBytes(key, value));
      }
    }
  }

  /**
   * A batch has changed one key and reads a block for the next, when another thread changes the
   * first. That change has to wait, or it would be before the batch in the log.
   */
  @Test
  void theLogHasTheChangesOfAKeyInTheOrderOfTheMap() {
    CrashStore crash = new CrashStore(5);
    try (ZapStore store = crash.create()) {
      store.map("a").put("key", "old");
      store.map("b").put("key", "old");
    }
    crash.blocks.restart();
    crash.log.restart();
    HookedDevice blocks = new HookedDevice(crash.blocks);
    ZapStore store = CrashStore.builder().open(blocks, crash.log, "crash");
    ZapMap first = store.map("a");
    assertEquals("old", first.getString("key"));
    Batch batch = store.batch().put(first, "key", "of the batch").put(store.map("b"), "key", "x");
    Thread other = new Thread(() -> first.put("key", "of the other"));
    blocks.beforeRead(
        () -> {
          blocks.noActions();
          other.start();
          while (other.isAlive() && other.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
          }
        });
    batch.commit();
    while (other.isAlive()) {
      Thread.onSpinWait();
    }
    assertEquals("of the other", first.getString("key"));
    crash.crash(store);
    try (ZapStore again = crash.open()) {
      assertEquals("of the other", again.map("a").getString("key"));
    }
  }

  /** Threads change the same keys: the log has the changes of each key in the order of the map. */
  @Tag("once")
  @Test
  void aReplayGivesWhatWasInMemory() throws Exception {
    long seed = Seeds.next();
    for (int round = 0; round < 5; round++) {
      CrashStore crash = new CrashStore(seed + round);
      ZapStore store = crash.create();
      int threads = 4;
      ExecutorService executor = Executors.newFixedThreadPool(threads);
      try {
        List<Future<?>> ends = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
          Random random = new Random(seed + 100L * round + i);
          ends.add(executor.submit(() -> changeFewKeys(store, random)));
        }
        for (Future<?> end : ends) {
          end.get();
        }
        store.batch().commit();
        Map<String, ZapEntry> before = CrashStore.content(store);
        crash.crash(store);
        try (ZapStore again = crash.open()) {
          assertEquals(before, CrashStore.content(again), "seed=" + seed);
          assertTrue(again.statistics().log().replayedRecords() > 0);
        }
      } finally {
        executor.shutdownNow();
      }
    }
  }

  private static void changeFewKeys(ZapStore store, Random random) {
    ZapMap map = store.map("m").withDurability(Durability.NONE);
    for (int i = 0; i < 3000; i++) {
      String key = "key " + random.nextInt(5);
      switch (random.nextInt(200)) {
        case 0 -> {
          Batch batch = store.batch();
          for (int j = 0; j < 600; j++) {
            batch.putLong(map, "key " + j, random.nextLong());
          }
          batch.commit(Durability.NONE);
        }
        case 1 -> map.put(key, Seeds.bytes(random, 3000));
        default -> {
          if (random.nextInt(3) == 0) {
            map.remove(key);
          } else {
            map.putLong(key, random.nextLong());
          }
        }
      }
    }
  }

  @Test
  void aFailingLogIsForGood() {
    HookedDevice log = new HookedDevice(new MemoryDevice()).outlivingClose();
    HookedDevice blocks = new HookedDevice(new MemoryDevice()).outlivingClose();
    ZapStore store = CrashStore.builder().create(blocks, log, "s");
    ZapMap map = store.map("m");
    map.put("a", "durable");
    log.beforeFlush(
        () -> {
          throw HookedDevice.failure();
        });
    assertThrows(StoreFailedException.class, () -> map.put("a", "refused"));
    log.noActions();
    StoreFailedException e =
        assertThrows(StoreFailedException.class, () -> map.put("b", "refused"));
    assertTrue(e.getMessage().contains("injected by a test"), e.getMessage());
    assertThrows(StoreFailedException.class, () -> map.remove("a"));
    assertThrows(StoreFailedException.class, store::sync);
    map.get("a");
    store.close();
    try (ZapStore again = CrashStore.builder().open(blocks, log, "s")) {
      // The flush failed: the record may be there all the same.
      assertTrue(List.of("durable", "refused").contains(again.map("m").getString("a")));
      assertNull(again.map("m").get("b"));
    }
  }

  @Test
  void aFullLogIsEmptiedOrRefuses() {
    MemoryDevice log = new MemoryDevice("log", 5 << 20);
    try (ZapStore store = CrashStore.builder().create(new MemoryDevice(), log, "s")) {
      ZapMap map = store.map("m").withDurability(Durability.NONE);
      for (int i = 0; i < 100; i++) {
        map.put("key " + i % 10, new byte[200_000 + i]);
      }
      assertThrows(StoreFullException.class, () -> map.put("key 0", new byte[6 << 20]));
      Batch batch = store.batch();
      for (int i = 0; i < 10; i++) {
        batch.put(map, Keys.utf8("key " + i), new byte[1 << 20]);
      }
      assertThrows(StoreFullException.class, batch::commit);
      assertEquals(10, batch.size());
      for (int i = 0; i < 10; i++) {
        assertEquals(200_090 + i, map.get("key " + i).length);
        assertTrue(map.remove("key " + i));
      }
      map.put("key", "value");
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
  }

  /** The first of its records have room, the later ones have not. */
  @Test
  void aBatchInPartsThatTheLogHasNoRoomForLeavesNothingReserved() {
    MemoryDevice log = new MemoryDevice("log", 5 << 20);
    try (ZapStore store = CrashStore.builder().create(new MemoryDevice(), log, "s")) {
      ZapMap map = store.map("m");
      Batch batch = store.batch();
      for (int i = 0; i < 4 * CommitRecord.MAX_OPERATIONS; i++) {
        batch.put(map, Keys.utf8("key " + i), new byte[8000]);
      }
      for (int i = 0; i < 3; i++) {
        assertThrows(StoreFullException.class, batch::commit);
      }
      assertEquals(0, map.size());
      map.put("large", new byte[2 << 20]);
      assertEquals(2 << 20, map.get("large").length);
    }
  }
}
