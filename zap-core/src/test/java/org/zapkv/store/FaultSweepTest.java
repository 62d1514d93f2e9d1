// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.FaultyDevice;
import org.zapkv.cache.device.testing.FaultyDevice.Fault;
import org.zapkv.cache.device.testing.ImageDevice;
import org.zapkv.error.StoreFailedException;
import org.zapkv.error.StoreFullException;
import org.zapkv.error.ZapException;
import org.zapkv.store.CommitHistory.Committed;
import org.zapkv.store.CommitHistory.Edit;
import org.zapkv.store.CommitHistory.Line;

/**
 * One fault at the n-th operation of a workload, for every n, also while a thread is interrupted: a
 * commit that fails has changed nothing and the store goes on, or the store has failed and takes no
 * more; reads go on; and the store that is opened afterwards has what was acknowledged. In {@code
 * mvn verify} for some n, for all with {@code -Dzap.fault.step=1}.
 */
@Tag("once")
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class FaultSweepTest {
  /**
   * How often what finds the disk full is tried again: for two minutes, a tenth of a second will
   * do.
   */
  private static final int ATTEMPTS = 6000;

  private static final long ATTEMPT_NANOS = 20_000_000;
  private static final int STEP = Integer.getInteger("zap.fault.step", 5);
  private static final int BEFORE = 30;
  private static final int COMMITS = 36;

  /** A log that cannot grow is emptied by a group: then a full disk is noticed by nobody. */
  private static final int QUIET_RUNS = 3;

  private static final long FILL_BYTES = 16 << 10;
  private static final System.Logger LOGGER = System.getLogger("fault-sweep");

  private final long seed = Seeds.next();
  private final CommitScript script = new CommitScript("t", seed, 200_000);

  private static ZapStoreBuilder builder() {
    return ZapStore.builder().cacheBytes(4 << 20).leafBytes(4096).syncInterval(Duration.ofHours(1));
  }

  @ParameterizedTest
  @CsvSource({
    "BLOCKS,READ_ERROR",
    "BLOCKS,WRITE_ERROR",
    "BLOCKS,FLUSH_ERROR",
    "BLOCKS,FULL",
    "LOG,READ_ERROR",
    "LOG,WRITE_ERROR",
    "LOG,FLUSH_ERROR",
    "LOG,FULL"
  })
  void aFaultAtTheNthOperation(String device, Fault fault) throws Exception {
    boolean inLog = device.equals("LOG");
    List<DeviceImage> start = storeWithSomething();
    int failedRuns = 0;
    int n = (int) Long.remainderUnsigned(seed, STEP);
    try (AutoCloseable silent = CrashSimulation.silence()) {
      assertNotNull(silent);
      Run run;
      do {
        run = new Run(start, inLog, fault, n);
        try {
          run.play();
        } catch (Throwable e) {
          throw new AssertionError(
              "-Dzap.seed=" + seed + " " + fault + " of " + device + " at " + n, e);
        }
        failedRuns += run.isFailed ? 1 : 0;
        n += STEP;
      } while (run.hasHappened());
    }
    LOGGER.log(Level.INFO, "{0} of {1}: n < {2}, store failed {3}", fault, device, n, failedRuns);
    assertTrue(n > STEP, "no fault has happened");
  }

  /** The disk is full after so many more bytes, for every number of them, until there is room. */
  @ParameterizedTest
  @ValueSource(strings = {"BLOCKS", "LOG"})
  void aDiskThatFillsUp(String device) throws Exception {
    boolean inLog = device.equals("LOG");
    List<DeviceImage> start = storeWithSomething();
    int fullRuns = 0;
    int quietRuns = 0;
    long bytes = Long.remainderUnsigned(seed, FILL_BYTES * STEP);
    try (AutoCloseable silent = CrashSimulation.silence()) {
      assertNotNull(silent);
      Run run;
      do {
        run = new Run(start, inLog, Fault.FULL, Integer.MAX_VALUE);
        ImageDevice limited = inLog ? run.log : run.blocks;
        limited.limit(limited.sizeBytes() + bytes);
        try {
          run.play();
        } catch (Throwable e) {
          throw new AssertionError("-Dzap.seed=" + seed + " " + device + " after " + bytes, e);
        }
        fullRuns += run.timesFull > 0 ? 1 : 0;
        quietRuns += run.timesFull > 0 ? 0 : 1;
        bytes += FILL_BYTES * STEP;
      } while (quietRuns < QUIET_RUNS);
    }
    LOGGER.log(Level.INFO, "{0} full: bytes < {1}, runs {2}", device, bytes, fullRuns);
  }

  private List<DeviceImage> storeWithSomething() {
    ImageDevice blocks = new DeviceImage().toDevice("blocks");
    ImageDevice log = new DeviceImage().toDevice("log");
    try (ZapStore store = builder().create(blocks, log, "sweep")) {
      for (int i = 1; i <= BEFORE; i++) {
        CommitScript.commit(store, script.changes(i), Durability.NONE);
      }
    }
    return List.of(blocks.image(), log.image());
  }

  /** The workload with one fault. */
  private final class Run {
    private final ImageDevice blocks;
    private final ImageDevice log;
    private final FaultyDevice faulty;
    private final boolean inLog;
    private final Fault fault;
    private final Line line = new Line("t");
    private boolean isFailed;
    private int timesFull;

    /** How many commits were there when one failed. */
    private int certain;

    Run(List<DeviceImage> start, boolean inLog, Fault fault, int operationsBefore) {
      this.blocks = start.get(0).toDevice("blocks");
      this.log = start.get(1).toDevice("log");
      this.inLog = inLog;
      this.fault = fault;
      this.faulty = new FaultyDevice(inLog ? log : blocks, seed);
      faulty.trigger(fault, operationsBefore, 1);
      for (int i = 1; i <= BEFORE; i++) {
        line.add(new Committed(script.changes(i), 0));
      }
      line.durable(0);
    }

    boolean hasHappened() {
      return faulty.count(fault) > 0;
    }

    void play() {
      ZapStore store = openFaulty();
      if (store != null) {
        try (store) {
          for (int i = BEFORE + 1; i <= BEFORE + COMMITS; i++) {
            commit(store, i);
            syncAtTimes(store, i);
          }
        } catch (StoreFailedException e) {
          // Thrown by closing.
          isFailed = true;
          assertTrue(hasHappened(), e.toString());
        }
      }
      try (ZapStore again = builder().open(blocks, log, "again")) {
        int there = assertWhole(again);
        assertEquals(List.of(), again.check((done, total) -> {}).problems());
        assertTrue(isFailed || there == line.commits.size(), "the store has not failed");
        raiseLimits();
        CommitScript.commit(again, script.changes(BEFORE + COMMITS + 1), Durability.SYNC);
      }
    }

    private @Nullable ZapStore openFaulty() {
      try {
        return inLog
            ? builder().open(blocks, faulty, "faulty")
            : builder().open(faulty, log, "faulty");
      } catch (ZapException e) {
        assertTrue(hasHappened(), e.toString());
        return null;
      }
    }

    private void commit(ZapStore store, int number) {
      List<Edit> changes = script.changes(number);
      Durability durability = number % 3 == 0 ? Durability.NONE : Durability.SYNC;
      if (number % 4 == 0) {
        Thread.currentThread().interrupt();
      }
      try {
        CommitScript.commit(store, changes, durability);
        assertTrue(!isFailed, "a commit after the failure of the store");
        line.add(new Committed(changes, 0));
        if (durability.equals(Durability.SYNC)) {
          line.durable(0);
        }
      } catch (StoreFullException e) {
        timesFull++;
        afterFailure(store, changes, e);
        makeRoom(store, number);
      } catch (ZapException e) {
        assertTrue(hasHappened(), e.toString());
        afterFailure(store, changes, e);
      } finally {
        assertEquals(number % 4 == 0, Thread.interrupted(), "the interrupt is kept");
      }
    }

    private void syncAtTimes(ZapStore store, int number) {
      if (number % 6 != 0) {
        return;
      }
      try {
        store.sync();
        line.durable(0);
      } catch (StoreFullException e) {
        timesFull++;
        raiseLimits();
        untilThereIsRoom(store::sync);
        line.durable(0);
      } catch (StoreFailedException e) {
        assertTrue(hasHappened(), e.toString());
        certain = isFailed ? certain : line.commits.size();
        isFailed = true;
      }
    }

    /** What found the disk full is tried again by the store, but not at once. */
    private static void untilThereIsRoom(Runnable action) {
      for (int i = 0; i < ATTEMPTS; i++) {
        try {
          action.run();
          return;
        } catch (StoreFullException e) {
          LockSupport.parkNanos(ATTEMPT_NANOS);
        }
      }
      action.run();
    }

    /** First a removal, which may be refused too, then more room: the store goes on. */
    private void makeRoom(ZapStore store, int number) {
      if (timesFull == 1 && isRemoved(store)) {
        return;
      }
      raiseLimits();
      List<Edit> changes = script.changes(number);
      untilThereIsRoom(() -> CommitScript.commit(store, changes, Durability.SYNC));
      line.add(new Committed(changes, 0));
    }

    private void raiseLimits() {
      blocks.limit(1 << 30);
      log.limit(1 << 30);
    }

    private boolean isRemoved(ZapStore store) {
      List<Edit> removal = List.of(new Edit("t", "a", "t mark", null));
      try {
        if (!store.map("a").remove("t mark")) {
          return false;
        }
        line.add(new Committed(removal, 0));
        return true;
      } catch (StoreFullException e) {
        afterFailure(store, removal, e);
        return false;
      }
    }

    /** What a failed commit has changed is nothing, or it was lost with the whole store. */
    private void afterFailure(ZapStore store, List<Edit> changes, ZapException failure) {
      boolean isFirst = !isFailed;
      isFailed = failure instanceof StoreFailedException;
      assertTrue(isFirst || isFailed, "the store works again after it has failed");
      if (isFirst) {
        certain = line.commits.size();
      }
      if (isFirst && isFailed) {
        // It may have been made in memory, and nobody knows whether it is durable.
        line.add(new Committed(changes, 0));
      }
      Map<String, Long> found = CommitHistory.read(store);
      int count = line.countOf(found.getOrDefault("t", 0L));
      assertTrue(count >= certain, () -> "after " + failure + ": " + count + " of " + certain);
    }

    /** Gives the number of commits that are there. */
    private int assertWhole(ZapStore store) {
      Map<String, Long> found = CommitHistory.read(store);
      int count = line.countOf(found.getOrDefault("t", 0L));
      int acknowledged = line.acknowledged(0);
      assertTrue(count >= acknowledged, "acknowledged " + acknowledged + ", there are " + count);
      return count;
    }
  }
}
