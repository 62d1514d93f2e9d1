// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.PowerCuts;
import org.zapkv.cache.device.testing.PowerRecording;

/**
 * Power is lost at every write and flush of recorded workloads, and in the recoveries from that:
 * what was acknowledged is there, batches are whole, the order of commits is kept, nothing is
 * damaged or leaked. As many crashes as {@code -Dzap.crash.points} says.
 */
@Tag("once")
final class CrashSimulationTest {
  private static final int POINTS = Integer.getInteger("zap.crash.points", 1500);

  /** Different outcomes of the loss of power at one place. */
  private static final int CHOICES = 2;

  /** The same where the end of the log consists of several writes. */
  private static final int MANY_CHOICES = 6;

  /** One in so many crashes is followed by others, in the recovery from it. */
  private static final int SECOND_CRASH_EVERY = 40;

  private static final int SECOND_CRASHES = 4;

  /** Of a name that {@link CrashSimulation#silence} leaves alone. */
  private static final System.Logger LOGGER = System.getLogger("crash-simulation");

  private final int processors = Runtime.getRuntime().availableProcessors();
  private final ExecutorService executor = Executors.newFixedThreadPool(processors);

  /** Crashes that are looked at, the oldest first. */
  private final Deque<Future<?>> running = new ArrayDeque<>();

  @Test
  void everyCrashLeavesWhatWasAcknowledgedAndAPrefixOfTheRest() throws Exception {
    long seed = Seeds.next();
    SplittableRandom seeds = new SplittableRandom(seed);
    int points = 0;
    int workloads = 0;
    try (AutoCloseable silent = CrashSimulation.silence()) {
      assertNotNull(silent);
      for (; points < POINTS; workloads++) {
        points += crashEverywhere(seed);
        seed = seeds.nextLong();
      }
    } finally {
      executor.shutdownNow();
    }
    LOGGER.log(Level.INFO, "{0} crash points in {1} workloads", points, workloads);
  }

  private int crashEverywhere(long seed) throws Exception {
    CrashSimulation simulation = CrashSimulation.record(seed);
    SplittableRandom random = new SplittableRandom(seed);
    PowerCuts cuts = simulation.cuts();
    int points = 0;
    try {
      do {
        for (int choice = choices(cuts); choice > 0; choice--) {
          int more = random.nextInt(SECOND_CRASH_EVERY) == 0 ? SECOND_CRASHES : 0;
          crash(simulation, cuts, random, more);
          points += 1 + more;
        }
      } while (cuts.advance());
      awaitAllBut(0);
    } catch (ExecutionException e) {
      throw new AssertionError(simulation + ", a crash before or at " + cuts.position(), e);
    }
    LOGGER.log(
        Level.INFO, "{0} commits={1} {2}", simulation, simulation.commitCount(), cuts.summary());
    assertTrue(points > simulation.commitCount());
    return points;
  }

  private static int choices(PowerCuts cuts) {
    if (!cuts.isOpen()) {
      return 1;
    }
    return cuts.openWrites(CrashSimulation.LOG) > 1 ? MANY_CHOICES : CHOICES;
  }

  private void crash(
      CrashSimulation simulation, PowerCuts cuts, SplittableRandom random, int secondCrashes)
      throws Exception {
    boolean isKilled = secondCrashes > 0 && random.nextBoolean();
    List<DeviceImage> images = isKilled ? List.of() : cuts.lose(random);
    PowerRecording left = isKilled ? cuts.kill() : new PowerRecording(images);
    int cutAt = cuts.position();
    SplittableRandom own = random.split();
    awaitAllBut(2 * processors);
    running.add(
        executor.submit(
            () -> {
              String problem;
              if (secondCrashes == 0) {
                problem = simulation.problem(images, cutAt);
              } else {
                CrashSimulation.Recovery recovery = simulation.recover(left, cutAt, isKilled, own);
                problem = recovery.problem(recovery.cuts(), own, secondCrashes);
              }
              if (problem != null) {
                throw new AssertionError(problem);
              }
              return null;
            }));
  }

  private void awaitAllBut(int count) throws Exception {
    while (running.size() > count) {
      running.remove().get();
    }
  }
}
