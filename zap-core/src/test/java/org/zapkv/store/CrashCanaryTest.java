// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.testing.PowerCuts;
import org.zapkv.cache.device.testing.PowerRecording;

/**
 * The crash simulation must find fault with a store that leaves out one flush, whichever of those
 * it owes its promises to: so it would find fault with one that had forgotten it.
 */
@Tag("once")
final class CrashCanaryTest {
  private static final CrashWorkload.Shape SHAPE = new CrashWorkload.Shape(1, 24, 10, 3000, 20);

  private static final CrashWorkload.Shape CONCURRENT_SHAPE =
      new CrashWorkload.Shape(4, 40, 10, 3000, 20);

  /** How often a place is tried: each fate of the unflushed writes should come up. */
  private static final int CHOICES = 12;

  /** A group flushes the device of the blocks twice: its blocks, then its uberblock. */
  @Test
  void bothFlushesOfAGroupAreMissed() throws Exception {
    long seed = Seeds.next();
    try (AutoCloseable silent = CrashSimulation.silence()) {
      assertNotNull(silent);
      CrashSimulation simulation = CrashSimulation.record(seed, SHAPE, Duration.ofHours(1));
      TreeSet<Integer> missed = new TreeSet<>();
      int flushes = simulation.flushes(CrashSimulation.BLOCKS);
      // The first flush is that of opening.
      for (int flush = 0; flush < flushes && !hasBoth(missed); flush++) {
        if (isMissed(simulation, CrashSimulation.BLOCKS, flush, seed)) {
          missed.add(flush);
        }
      }
      assertTrue(hasBoth(missed), simulation + " missed " + missed + " of " + flushes);
    }
  }

  /** A commit flushes the device of the log. */
  @Test
  void theFlushOfACommitIsMissed() throws Exception {
    long seed = Seeds.next();
    try (AutoCloseable silent = CrashSimulation.silence()) {
      assertNotNull(silent);
      CrashSimulation simulation = CrashSimulation.record(seed, SHAPE, Duration.ofHours(1));
      int flushes = simulation.flushes(CrashSimulation.LOG);
      boolean missed = false;
      // Not all of them are: some are of commits that a group made durable before the next event.
      for (int flush = 0; flush < flushes && !missed; flush++) {
        missed = isMissed(simulation, CrashSimulation.LOG, flush, seed);
      }
      assertTrue(missed, simulation + " missed none of " + flushes);
    }
  }

  /** Of the flushes of groups, a first and a second one. */
  private static boolean hasBoth(Set<Integer> flushes) {
    return flushes.stream().map(flush -> flush % 2).distinct().count() == 2;
  }

  /** A store that a killed process has left is flushed before anything in it is overwritten. */
  @Test
  void theFlushOfOpeningIsMissed() throws Exception {
    long seed = Seeds.next();
    SplittableRandom random = new SplittableRandom(seed);
    try (AutoCloseable silent = CrashSimulation.silence()) {
      assertNotNull(silent);
      // Something to replay has to lie beyond a group: commits while groups are synced.
      CrashSimulation simulation =
          CrashSimulation.record(seed, CONCURRENT_SHAPE, Duration.ofMillis(1));
      String problem = null;
      // Few tries at each place, and again from the beginning: many places can do no harm.
      for (int round = 0; problem == null && round < CHOICES; round++) {
        problem = problemWithoutTheFlushOfOpening(simulation, random);
      }
      assertNotNull(problem, simulation.toString());
    }
  }

  private static @Nullable String problemWithoutTheFlushOfOpening(
      CrashSimulation simulation, SplittableRandom random) throws Exception {
    PowerCuts cuts = simulation.cuts();
    String problem = null;
    while (problem == null && cuts.advance()) {
      if (cuts.openWrites(CrashSimulation.BLOCKS) > 0) {
        PowerRecording left = cuts.kill();
        CrashSimulation.Recovery recovery = simulation.recover(left, cuts.position(), true, random);
        PowerCuts later = recovery.cuts().leaveOut(CrashSimulation.BLOCKS, 0);
        problem = recovery.problem(later, random, 8);
      }
    }
    return problem;
  }

  /** Whether some loss of power before the next flush does harm. */
  private static boolean isMissed(CrashSimulation simulation, int device, int flush, long seed) {
    PowerCuts cuts = simulation.cuts().leaveOut(device, flush);
    SplittableRandom random = new SplittableRandom(seed);
    do {
      int seen = cuts.flushes(device);
      if (seen > flush + 1) {
        return false;
      }
      for (int choice = 0; seen > flush && choice < CHOICES; choice++) {
        if (simulation.problem(cuts.lose(random), cuts.position()) != null) {
          return true;
        }
      }
    } while (cuts.advance());
    return false;
  }
}
