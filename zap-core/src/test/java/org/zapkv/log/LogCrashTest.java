// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.testing.CrashDevice;
import org.zapkv.cache.device.testing.PatternCheckDevice;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.error.DeviceException;
import org.zapkv.error.ZapException;

/**
 * Power is lost at any write, flush or truncation: what comes back are the first records that were
 * appended, all that were durable among them, as they were. What older laps and starts have left on
 * the device is never among them.
 */
final class LogCrashTest {
  private static final int CRASHES = Integer.getInteger("zap.log.crashes", 1200);

  @Test
  void whatWasDurableComesBackAfterEveryCrash() throws Exception {
    Seeds.run(seed -> new Run(seed).crashAtRandom());
  }

  @Test
  void everyStepOfAWorkloadMayBeTheLast() throws Exception {
    Seeds.run(
        seed -> {
          boolean crashed = true;
          for (int step = 0; crashed; step++) {
            crashed = new Run(seed).crashAt(step);
          }
        });
  }

  /** A device, a log on it, and what it must hold. */
  private static final class Run {
    private final CrashDevice device;
    private final SplittableRandom random;

    /** Record n is at n - 1. */
    private final List<byte[]> records = new ArrayList<>();

    private LogPosition durable = LogPosition.NONE;
    private long acknowledged;
    private int lost;

    /** Whether all blocks have one size, so that old ones lie where new ones would be. */
    private boolean uniform;

    private int wholeUnflushed;
    private int torn;

    Run(long seed) {
      this.random = new SplittableRandom(seed);
      this.device = new CrashDevice(random.nextLong());
    }

    void crashAtRandom() {
      create();
      for (int crash = 0; crash < CRASHES; crash++) {
        device.crashAfter(random.nextInt(60));
        runUntilCrash(Integer.MAX_VALUE);
      }
      assertTrue(
          lost > 0 && wholeUnflushed > 0 && torn > 0,
          "lost=" + lost + " kept=" + wholeUnflushed + " torn=" + torn);
    }

    /** False: the workload was over before. */
    boolean crashAt(int step) {
      create();
      device.crashAfter(step);
      boolean crashed = runUntilCrash(60);
      runUntilCrash(5);
      return crashed;
    }

    private void create() {
      try (TestLog log = TestLog.create(new PatternCheckDevice(device))) {
        durable = log.durable;
      }
    }

    private boolean runUntilCrash(int operations) {
      TestLog log;
      try {
        log = TestLog.open(new PatternCheckDevice(device), durable);
      } catch (DeviceException powerLost) {
        device.restart();
        return true;
      }
      return runUntilCrash(log, operations);
    }

    private boolean runUntilCrash(TestLog log, int operations) {
      boolean crashed = false;
      uniform = random.nextBoolean();
      verify(log.replay());
      torn += log.log.wasTorn() ? 1 : 0;
      try {
        log.log.start();
        beforeTheFirstGroup(log);
        syncGroup(log);
        for (int i = 0; i < operations; i++) {
          operation(log);
        }
      } catch (ZapException powerLost) {
        crashed = true;
      }
      acknowledged = Math.max(acknowledged, log.log.durableSequence());
      close(log);
      device.restart();
      return crashed;
    }

    private static void close(TestLog log) {
      try {
        log.close();
      } catch (ZapException powerLost) {
        assertTrue(powerLost.getMessage() != null);
      }
    }

    private void verify(List<byte[]> found) {
      int before = (int) durable.sequence();
      int end = before + found.size();
      assertTrue(end >= acknowledged, "found up to " + end + ", durable up to " + acknowledged);
      assertTrue(end <= records.size(), "found up to " + end + ", appended " + records.size());
      for (int i = 0; i < found.size(); i++) {
        assertArrayEquals(records.get(before + i), found.get(i), "record " + (before + i + 1));
      }
      lost += end < records.size() ? 1 : 0;
      wholeUnflushed += end > acknowledged ? 1 : 0;
      records.subList(end, records.size()).clear();
    }

    /** What is appended here is lost unless the group after it is synced. */
    private void beforeTheFirstGroup(TestLog log) {
      for (int i = random.nextInt(4); i > 0; i--) {
        append(log);
      }
      // A group that was closed before the start.
      log.log.released(durable);
    }

    /** Others go on while the group is synced, and after it is durable. */
    private void syncGroup(TestLog log) {
      LogPosition position = log.log.position();
      for (int i = random.nextInt(4); i > 0; i--) {
        tryAppend(log);
      }
      durable = position;
      acknowledged = Math.max(acknowledged, position.sequence());
      for (int i = random.nextInt(4); i > 0; i--) {
        tryAppend(log);
      }
      log.log.released(position);
    }

    private void operation(TestLog log) {
      int kind = random.nextInt(10);
      if (kind == 0) {
        syncGroup(log);
      } else if (kind < (uniform ? 7 : 4)) {
        log.log.awaitDurable(log.log.lastSequence());
        acknowledged = log.log.lastSequence();
      } else {
        append(log);
      }
    }

    private void append(TestLog log) {
      while (!tryAppend(log)) {
        syncGroup(log);
      }
    }

    private boolean tryAppend(TestLog log) {
      byte[] record = TestLog.bytes(random, length());
      if (!log.log.tryReserve(record.length)) {
        return false;
      }
      records.add(record);
      log.log.append(record);
      log.log.release(record.length);
      return true;
    }

    private int length() {
      if (uniform) {
        return 100 + random.nextInt(200);
      }
      return switch (random.nextInt(12)) {
        case 0 -> 0;
        case 1 -> random.nextInt(100_000);
        case 2, 3 -> random.nextInt(5000);
        case 4 -> 440 + random.nextInt(20);
        default -> random.nextInt(300);
      };
    }
  }
}
