// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.ImageDevice;
import org.zapkv.cache.device.testing.PowerCuts;
import org.zapkv.cache.device.testing.PowerRecording;
import org.zapkv.error.ZapException;

/**
 * A workload on a store of two devices, recorded, and what is wrong with the store after a loss of
 * power at any place of it.
 */
final class CrashSimulation {
  static final int BLOCKS = 0;
  static final int LOG = 1;

  /** What the names of lines begin with, of the workload and of what is done after a recovery. */
  private static final String FIRST = "t";

  private static final String LATER = "r";
  private static final CrashWorkload.Shape LATER_SHAPE =
      new CrashWorkload.Shape(1, 5, 10, 3000, 20);

  private final long seed;
  private final ZapStoreBuilder builder;
  private final PowerRecording recording;
  private final CommitHistory history;
  private final String description;

  private CrashSimulation(
      long seed,
      ZapStoreBuilder builder,
      PowerRecording recording,
      CommitHistory history,
      String description) {
    this.seed = seed;
    this.builder = builder;
    this.recording = recording;
    this.history = history;
    this.description = description;
  }

  /** Keeps what crashes make the store say out of the log, until closed. */
  static AutoCloseable silence() {
    Logger logger = Logger.getLogger("org.zapkv");
    Level before = logger.getLevel();
    logger.setLevel(Level.OFF);
    return () -> logger.setLevel(before);
  }

  /** Runs a workload that follows from a seed, but for what threads do at the same time. */
  static CrashSimulation record(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    Duration[] intervals = {Duration.ofHours(1), Duration.ofMillis(1), Duration.ofMillis(15)};
    Duration interval = intervals[random.nextInt(intervals.length)];
    CrashWorkload.Shape shape = CrashWorkload.Shape.random(random);
    return record(seed, shape, interval);
  }

  static CrashSimulation record(long seed, CrashWorkload.Shape shape, Duration interval)
      throws Exception {
    ZapStoreBuilder builder =
        ZapStore.builder().cacheBytes(4 << 20).leafBytes(4096).syncInterval(interval);
    PowerRecording recording = new PowerRecording(newStore(builder));
    ZapStore store = open(builder, recording);
    CommitHistory history = new CrashWorkload(FIRST, shape, seed, recording::now).run(store);
    return new CrashSimulation(seed, builder, recording, history, shape + " interval=" + interval);
  }

  private static List<DeviceImage> newStore(ZapStoreBuilder builder) {
    ImageDevice blocks = new DeviceImage().toDevice("blocks");
    ImageDevice log = new DeviceImage().toDevice("log");
    builder.create(blocks, log, "new").close();
    return List.of(blocks.image(), log.image());
  }

  private static ZapStore open(ZapStoreBuilder builder, PowerRecording recording) {
    return builder.open(recording.device(BLOCKS), recording.device(LOG), "recorded");
  }

  private ZapStore open(List<DeviceImage> images) {
    return builder.open(
        images.get(BLOCKS).toDevice("blocks"), images.get(LOG).toDevice("log"), "crashed");
  }

  PowerCuts cuts() {
    return new PowerCuts(recording);
  }

  int flushes(int device) {
    return recording.flushes(device);
  }

  int commitCount() {
    return history.commitCount();
  }

  /** What is wrong with a store after a crash; null: nothing. */
  @Nullable String problem(List<DeviceImage> images, int cutAt) {
    try (ZapStore store = open(images)) {
      String problem = history.problem(CommitHistory.read(store), cutAt);
      return problem == null ? checkProblem(store) : problem;
    } catch (ZapException | IllegalStateException e) {
      return "opening or reading: " + e;
    }
  }

  private static @Nullable String checkProblem(ZapStore store) {
    StoreCheckReport report = store.check((done, total) -> {});
    if (!report.isClean()) {
      return "the check found " + report.problems();
    }
    return report.leakedBytes() == 0 ? null : report.leakedBytes() + " bytes are leaked";
  }

  /**
   * Opens the store after a crash, and makes a few more commits.
   *
   * @param left what the crash has left
   * @param cutAt where it was
   * @param isKilled whether it was one of the process only: what it had not flushed can be lost yet
   */
  Recovery recover(PowerRecording left, int cutAt, boolean isKilled, SplittableRandom random)
      throws Exception {
    return new Recovery(left, cutAt, isKilled, random);
  }

  /** A recovery from a crash, and a few commits after it. */
  final class Recovery {
    private final PowerRecording recording;
    private final int cutAt;
    private final int events;

    /** From here on the power can take nothing away of what was found. */
    private final int foundIsDurableAt;

    private final Map<String, Long> found;
    private final CommitHistory laterHistory;

    private Recovery(PowerRecording recording, int cutAt, boolean isKilled, SplittableRandom random)
        throws Exception {
      this.recording = recording;
      this.cutAt = cutAt;
      ZapStore store = open(builder, recording);
      try (store) {
        this.found = CommitHistory.read(store);
        String problem = history.problem(found, cutAt);
        if (problem != null) {
          throw new AssertionError(problem);
        }
        store.sync();
        this.foundIsDurableAt = isKilled ? recording.now() : 0;
        this.laterHistory =
            new CrashWorkload(LATER, LATER_SHAPE, random.nextLong(), recording::now).run(store);
      }
      this.events = recording.now();
    }

    PowerCuts cuts() {
      return new PowerCuts(recording);
    }

    /**
     * What is wrong after a second crash, at one of so many places: what the store then holds of
     * before the first crash has to be what was found in between. Null: nothing.
     */
    @Nullable String problem(PowerCuts cuts, SplittableRandom random, int crashes) {
      Set<Integer> places = new HashSet<>(Set.of(events));
      while (places.size() < Math.min(crashes, events)) {
        places.add(random.nextInt(events));
      }
      do {
        if (places.contains(cuts.position())) {
          String problem = problem(cuts.lose(random), cuts.position());
          if (problem != null) {
            return "second crash, at " + cuts.position() + " of " + events + ": " + problem;
          }
        }
      } while (cuts.advance());
      return null;
    }

    private @Nullable String problem(List<DeviceImage> images, int secondCutAt) {
      try (ZapStore store = open(images)) {
        Map<String, Long> later = CommitHistory.read(store);
        Map<String, Long> old = new HashMap<>(later);
        old.keySet().removeIf(line -> line.startsWith(LATER));
        later.keySet().removeAll(old.keySet());
        if (secondCutAt >= foundIsDurableAt && !old.equals(found)) {
          return "not all is there that the first recovery had found";
        }
        String problem = history.problem(old, cutAt);
        problem = problem == null ? laterHistory.problem(later, secondCutAt) : problem;
        return problem == null ? checkProblem(store) : problem;
      } catch (ZapException e) {
        return "recovering again: " + e;
      }
    }
  }

  @Override
  public String toString() {
    return "seed=" + seed + " " + description + " events=" + recording.now();
  }
}
