// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.ImageDevice;
import org.zapkv.error.CorruptException;

/**
 * One bit of a store's files is turned over: what is read is what was written, or an error says
 * that it is damaged. No bit of the blocks keeps a store from being opened. As many bits as {@code
 * -Dzap.flips} says, all bytes if it is the size or more.
 */
@Tag("once")
final class BitFlipTest {
  private static final int FLIPS = Integer.getInteger("zap.flips", 250);
  private static final int HEAD_BYTES = 128 << 10;
  private static final int LOG_HEAD_BYTES = 8192;
  private static final int COMMITS = 60;
  private static final int REFUSED = -1;
  private static final System.Logger LOGGER = System.getLogger("bit-flips");

  /** What a turned bit did. */
  private enum Outcome {
    /** Nothing: it is in no use, or there is a copy. */
    HARMLESS,
    /** Something could not be read. */
    READING_REFUSED,
    /** All was read; the check found something. */
    FOUND_BY_CHECK
  }

  private final long seed = Seeds.next();
  private final SplittableRandom random = new SplittableRandom(seed);

  /** What each map has: hashes of the entries. */
  private final Map<String, Map<String, Long>> content = new HashMap<>();

  private static ZapStoreBuilder builder() {
    return ZapStore.builder().cacheBytes(4 << 20).leafBytes(4096).syncInterval(Duration.ofHours(1));
  }

  @Test
  void noBitOfTheBlocksMakesWrongData() throws Exception {
    List<DeviceImage> images = closedStore();
    try (AutoCloseable silent = CrashSimulation.silence()) {
      assertNotNull(silent);
      Map<Outcome, Integer> head = flipAll(images, 0, HEAD_BYTES, FLIPS / 5);
      assertEquals(List.of(Outcome.HARMLESS), List.copyOf(head.keySet()), "of the head");
      Map<Outcome, Integer> rest =
          flipAll(images, HEAD_BYTES, (int) images.get(0).sizeBytes(), FLIPS);
      assertTrue(rest.containsKey(Outcome.READING_REFUSED), rest.toString());
      LOGGER.log(Level.INFO, "head {0}, blocks {1}", head, rest);
    }
  }

  /**
   * A store whose process was killed: all its commits are in the log only. Only of the last one
   * nothing can say that it was durable.
   */
  @Test
  void noBitOfTheLogMakesWrongData() throws Exception {
    CommitScript script = new CommitScript("t", seed, 20_000);
    CommitHistory.Line line = new CommitHistory.Line("t");
    ImageDevice blocks = new DeviceImage().toDevice("blocks");
    ImageDevice log = new DeviceImage().toDevice("log");
    DeviceImage blocksImage;
    DeviceImage logImage;
    int end;
    try (ZapStore store = builder().create(blocks, log, "flips")) {
      for (int i = 1; i <= COMMITS; i++) {
        CommitScript.commit(store, script.changes(i), Durability.SYNC);
        line.add(new CommitHistory.Committed(script.changes(i), 0));
      }
      end = LOG_HEAD_BYTES + (int) store.statistics().log().usedBytes();
      blocksImage = blocks.image();
      logImage = log.image();
    }
    Map<Integer, Integer> outcomes = new HashMap<>();
    try (AutoCloseable silent = CrashSimulation.silence()) {
      assertNotNull(silent);
      for (int i = 0; i < FLIPS; i++) {
        int place = random.nextInt(end);
        DeviceImage damaged = logImage.copy();
        damaged.flip(place, random.nextInt(8));
        outcomes.merge(missing(blocksImage, damaged, line, "byte " + place), 1, Integer::sum);
      }
    }
    LOGGER.log(Level.INFO, "log of {0} bytes: missing or refused (-1) {1}", end, outcomes);
    assertTrue(outcomes.getOrDefault(REFUSED, 0) > FLIPS / 4, outcomes.toString());
  }

  /** How many commits are not there. */
  private int missing(DeviceImage blocks, DeviceImage log, CommitHistory.Line line, String where) {
    try (ZapStore store =
        builder().open(blocks.toDevice("blocks"), log.toDevice("log"), "damaged")) {
      long state = CommitHistory.read(store).getOrDefault("t", 0L);
      int missing = COMMITS - line.countOf(state);
      String message = "-Dzap.seed=" + seed + " log, " + where + ": missing " + missing;
      assertTrue(missing == 0 || missing == 1, message);
      return missing;
    } catch (CorruptException e) {
      return REFUSED;
    }
  }

  private List<DeviceImage> closedStore() {
    ImageDevice blocks = new DeviceImage().toDevice("blocks");
    ImageDevice log = new DeviceImage().toDevice("log");
    CommitScript script = new CommitScript("t", seed, 60_000);
    try (ZapStore store = builder().create(blocks, log, "flips")) {
      for (int i = 1; i <= COMMITS; i++) {
        CommitScript.commit(store, script.changes(i), Durability.NONE);
      }
      for (String map : store.mapNames()) {
        content.put(map, read(store, map));
      }
    }
    return List.of(blocks.image(), log.image());
  }

  private static Map<String, Long> read(ZapStore store, String map) {
    Map<String, Long> entries = new HashMap<>();
    store.existingMap(map).forEach(entry -> entries.put(entry.keyString(), hash(map, entry)));
    return entries;
  }

  private static long hash(String map, ZapEntry entry) {
    Object value = entry.isLong() ? entry.longValue() : entry.value();
    return CommitHistory.hash(map, entry.key(), value);
  }

  /** Turns bits of the blocks between two bytes over, one at a time. */
  private Map<Outcome, Integer> flipAll(List<DeviceImage> images, int from, int to, int count) {
    Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < Math.min(count, to - from); i++) {
      places.add(count >= to - from ? from + i : random.nextInt(from, to));
    }
    for (int place : places) {
      int bit = random.nextInt(8);
      DeviceImage damaged = images.get(0).copy();
      damaged.flip(place, bit);
      try {
        outcomes.merge(outcome(damaged, images.get(1)), 1, Integer::sum);
      } catch (Throwable e) {
        throw new AssertionError("-Dzap.seed=" + seed + " byte " + place + " bit " + bit, e);
      }
    }
    return outcomes;
  }

  private Outcome outcome(DeviceImage blocks, DeviceImage log) {
    Outcome outcome = Outcome.HARMLESS;
    try (ZapStore store =
        builder().open(blocks.toDevice("blocks"), log.toDevice("log"), "damaged")) {
      for (Map.Entry<String, Map<String, Long>> entry : content.entrySet()) {
        if (!isReadable(store, entry.getKey(), entry.getValue())) {
          outcome = Outcome.READING_REFUSED;
        }
      }
      if (outcome == Outcome.HARMLESS && !store.check((done, total) -> {}).isClean()) {
        outcome = Outcome.FOUND_BY_CHECK;
      }
    }
    return outcome;
  }

  /** Whether a map can be read as a whole; each entry has to be right or an error in any case. */
  private static boolean isReadable(ZapStore store, String map, Map<String, Long> expected) {
    boolean isReadable = true;
    try {
      assertEquals(expected, read(store, map), () -> "entries of map " + map);
    } catch (CorruptException e) {
      isReadable = false;
    }
    for (Map.Entry<String, Long> entry : expected.entrySet()) {
      try {
        ZapEntry found = store.existingMap(map).entry(Keys.utf8(entry.getKey()));
        assertNotNull(found, () -> "map " + map + " key " + entry.getKey());
        assertEquals(entry.getValue(), hash(map, found));
      } catch (CorruptException e) {
        isReadable = false;
      }
    }
    return isReadable;
  }
}
