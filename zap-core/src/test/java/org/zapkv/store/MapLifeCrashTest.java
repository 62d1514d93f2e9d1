// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.ImageDevice;
import org.zapkv.cache.device.testing.PowerCuts;
import org.zapkv.cache.device.testing.PowerRecording;
import org.zapkv.error.ZapException;

/**
 * Power is lost while threads drop, rename, clear and make maps again, each thread its own ones:
 * what is there then is what each of them had after one of its steps, and not before the last one
 * that was acknowledged. As many crashes as {@code -Dzap.life.points} says.
 */
@Tag("once")
final class MapLifeCrashTest {
  private static final int POINTS = Integer.getInteger("zap.life.points", 200);
  private static final int STEPS = 40;
  private static final int NAMES = 3;
  private static final int BLOCKS = 0;
  private static final int LOG = 1;

  /** What a thread's maps hold after each of its steps; empty maps count as none. */
  private static final class History {
    final String prefix;
    final Map<String, Map<String, String>> maps = new TreeMap<>();
    final List<String> states = new ArrayList<>(List.of("{}"));

    /** How far the recording was when a state was known to be durable. */
    final List<Integer> durableAt = new ArrayList<>(List.of(0));

    History(String prefix) {
      this.prefix = prefix;
    }

    /** To be called before the step is made. */
    void begin() {
      states.add(text(maps));
      durableAt.add(Integer.MAX_VALUE);
    }

    void durable(int now) {
      durableAt.set(durableAt.size() - 1, now);
    }

    String problem(Map<String, Map<String, String>> found, int cutAt) {
      Map<String, Map<String, String>> own = new TreeMap<>(found);
      own.keySet().removeIf(name -> !name.startsWith(prefix));
      int acknowledged = 0;
      for (int i = 0; i < states.size(); i++) {
        acknowledged = durableAt.get(i) <= cutAt ? i : acknowledged;
      }
      String text = text(own);
      for (int i = acknowledged; i < states.size(); i++) {
        if (states.get(i).equals(text)) {
          return "";
        }
      }
      return prefix
          + ": after step "
          + acknowledged
          + " of "
          + states.size()
          + " or later there is "
          + text
          + ", not "
          + states.get(acknowledged);
    }

    private static String text(Map<String, Map<String, String>> maps) {
      Map<String, Map<String, String>> shown = new TreeMap<>();
      maps.forEach(
          (name, entries) -> {
            if (!entries.isEmpty()) {
              shown.put(name, new TreeMap<>(entries));
            }
          });
      return shown.toString();
    }
  }

  private final ZapStoreBuilder builder =
      ZapStore.builder().cacheBytes(4 << 20).leafBytes(4096).syncInterval(Duration.ofMillis(5));

  @Test
  void everyCrashLeavesEachMapUnderItsNameWithItsEntries() throws Exception {
    long seed = Seeds.next();
    SplittableRandom seeds = new SplittableRandom(seed);
    int points = 0;
    try (AutoCloseable silent = CrashSimulation.silence()) {
      assertTrue(silent != null);
      while (points < POINTS) {
        points += crashEverywhere(seed, POINTS / 2);
        seed = seeds.nextLong();
      }
    }
  }

  private int crashEverywhere(long seed, int most) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    ImageDevice blocks = new DeviceImage().toDevice("blocks");
    ImageDevice log = new DeviceImage().toDevice("log");
    builder.create(blocks, log, "new").close();
    PowerRecording recording = new PowerRecording(List.of(blocks.image(), log.image()));
    List<History> histories = run(recording, seed, 1 + random.nextInt(3));
    PowerCuts cuts = new PowerCuts(recording);
    int every = Math.max(1, recording.now() / most);
    int points = 0;
    do {
      if (cuts.position() % every != 0) {
        continue;
      }
      points++;
      try {
        verify(cuts.lose(random), histories, cuts.position());
      } catch (ZapException | AssertionError e) {
        throw new AssertionError("-Dzap.seed=" + seed + " cut at " + cuts.position(), e);
      }
    } while (cuts.advance());
    return points;
  }

  private List<History> run(PowerRecording recording, long seed, int threads) throws Exception {
    List<Callable<History>> tasks = new ArrayList<>();
    List<History> histories = new ArrayList<>();
    try (ZapStore store =
        builder.open(recording.device(BLOCKS), recording.device(LOG), "recorded")) {
      for (int t = 0; t < threads; t++) {
        SplittableRandom random = new SplittableRandom(seed + t);
        History history = new History("t" + t);
        tasks.add(() -> play(store, history, recording, random));
      }
      ExecutorService executor = Executors.newFixedThreadPool(threads);
      try {
        for (Future<History> history : executor.invokeAll(tasks)) {
          histories.add(history.get());
        }
      } finally {
        executor.shutdown();
      }
    }
    histories.forEach(history -> history.durable(recording.now()));
    return histories;
  }

  private static History play(
      ZapStore store, History history, PowerRecording recording, SplittableRandom random) {
    Map<String, ZapMap> handles = new HashMap<>();
    for (int step = 0; step < STEPS; step++) {
      String name = history.prefix + "." + random.nextInt(NAMES);
      String other = history.prefix + "." + random.nextInt(NAMES);
      int dice = random.nextInt(12);
      boolean isThere = history.maps.containsKey(name);
      if (dice == 0 && isThere) {
        history.maps.remove(name);
        history.begin();
        handles.remove(name);
        store.dropMap(name);
        history.durable(recording.now());
      } else if (dice == 1 && isThere && !history.maps.containsKey(other)) {
        history.maps.put(other, history.maps.remove(name));
        history.begin();
        handles.put(other, handles.remove(name));
        store.renameMap(name, other);
        history.durable(recording.now());
      } else if (dice == 2 && isThere) {
        history.maps.get(name).clear();
        history.begin();
        handles.get(name).clear();
        history.durable(recording.now());
      } else {
        Map<String, String> entries = history.maps.computeIfAbsent(name, n -> new HashMap<>());
        ZapMap map = handles.computeIfAbsent(name, n -> make(store, n, random));
        boolean isSync = random.nextBoolean();
        Batch batch = store.batch();
        for (int i = random.nextInt(random.nextInt(8) == 0 ? 300 : 5); i >= 0; i--) {
          String key = "k" + random.nextInt(400);
          String value = step + "." + i + "v".repeat(random.nextInt(40) == 0 ? 6000 : 5);
          batch.put(map, key, value);
          entries.put(key, short5(value));
        }
        history.begin();
        batch.commit(isSync ? Durability.SYNC : Durability.NONE);
        if (isSync) {
          history.durable(recording.now());
        }
      }
    }
    return history;
  }

  private static ZapMap make(ZapStore store, String name, SplittableRandom random) {
    return random.nextBoolean()
        ? store.map(name)
        : store.map(name, MapOptions.none().withLeafBytes(4096));
  }

  private static String short5(String value) {
    return value.length() + ":" + value.substring(0, 5) + Arrays.hashCode(utf8(value));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void verify(List<DeviceImage> images, List<History> histories, int cutAt) {
    try (ZapStore store =
        builder.open(
            images.get(BLOCKS).toDevice("blocks"), images.get(LOG).toDevice("log"), "crashed")) {
      Map<String, Map<String, String>> found = new TreeMap<>();
      for (String name : store.mapNames()) {
        Map<String, String> entries = new HashMap<>();
        store
            .existingMap(name)
            .forEach(entry -> entries.put(entry.keyString(), short5(entry.valueString())));
        found.put(name, entries);
      }
      for (History history : histories) {
        assertEquals("", history.problem(found, cutAt));
      }
      StoreCheckReport during = store.check((done, total) -> {});
      assertEquals(List.of(), during.problems());
      store.awaitFreed();
      store.sync();
      StoreCheckReport report = store.check((done, total) -> {});
      assertEquals(List.of(), report.problems());
      assertEquals(0, report.leakedBytes());
      assertEquals(0, notes(store));
    }
  }

  private static int notes(ZapStore store) {
    return store.root().get(DirectoryKeys.anyDropped()) == null ? 0 : 1;
  }
}
