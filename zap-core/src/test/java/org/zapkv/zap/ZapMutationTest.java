// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.SecureRandom;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.BufferCache;

/**
 * Damaged images by the thousands: each is read rightly or refused, and so is whatever is written
 * to it. {@code -Dzap.fuzz.mutants} says how many; {@code -Dzap.seed} with {@code
 * -Dzap.fuzz.mutant} repeats a single one.
 */
class ZapMutationTest {
  private static final int MUTANTS = Integer.getInteger("zap.fuzz.mutants", 4000);
  private static final int GUARD_CHECK_INTERVAL = 256;

  /** So long a single mutant may take before the run is given up for hanging. */
  private static final long HANG_SECONDS = 120;

  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  private final List<MutationBase> bases = MutationBase.all();
  private final Map<MutantRun.Outcome, Integer> outcomes = new EnumMap<>(MutantRun.Outcome.class);

  @Test
  void everyMutantIsReadRightlyOrRefused() {
    Long given = Long.getLong("zap.seed");
    long seed = given != null ? given : new SecureRandom().nextLong();
    Integer single = Integer.getInteger("zap.fuzz.mutant");
    int first = single == null ? 0 : single;
    int end = single == null ? MUTANTS : single + 1;
    int current = first;
    try (BufferCache cache = newCache();
        MemoryGuard guard = new MemoryGuard(cache);
        Watchdog watchdog = new Watchdog(seed)) {
      long start = System.nanoTime();
      for (; current < end; current++) {
        watchdog.begins(current);
        run(cache, seed, current);
        if (current % GUARD_CHECK_INTERVAL == 0 || current + 1 == end) {
          guard.check();
        }
      }
      long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
      System.out.printf(
          "ZapMutationTest: seed=%d bases=%d mutants=%d per second=%d %s%n",
          seed, bases.size(), end - first, (end - first) * 1000L / millis, outcomes);
    } catch (Throwable e) {
      throw new AssertionError(
          "to repeat: -Dzap.seed=" + seed + " -Dzap.fuzz.mutant=" + current, e);
    }
    if (single == null && MUTANTS >= 1000) {
      for (MutantRun.Outcome outcome : MutantRun.Outcome.values()) {
        assertTrue(outcomes.getOrDefault(outcome, 0) > 0, () -> "no mutant was " + outcome);
      }
    }
  }

  private static BufferCache newCache() {
    return BufferCache.builder().budgetBytes(64 << 20).build();
  }

  private void run(BufferCache cache, long seed, int mutant) {
    Random random = new Random(seed + mutant * GOLDEN_RATIO);
    // The bases are in the order of their size, and the small ones are the quick ones.
    double which = random.nextDouble();
    MutationBase base = bases.get((int) (which * which * bases.size()));
    ImageMutator mutator = new ImageMutator(base, random);
    mutator.mutate();
    try {
      outcomes.merge(new MutantRun(cache, base, mutator, random).go(), 1, Integer::sum);
    } catch (RuntimeException | Error e) {
      throw new AssertionError("base '" + base + "', mutant " + mutant, e);
    }
  }

  /** Says which mutant does not end. */
  private static final class Watchdog implements AutoCloseable {
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Thread watched = Thread.currentThread();
    private final long seed;
    private final ScheduledFuture<?> looks;
    private volatile int current = -1;
    private int seen = -2;

    Watchdog(long seed) {
      this.seed = seed;
      // Not at a fixed rate: a machine that stood still would make up for its looks all at once.
      this.looks =
          timer.scheduleWithFixedDelay(this::look, HANG_SECONDS, HANG_SECONDS, TimeUnit.SECONDS);
    }

    void begins(int mutant) {
      current = mutant;
    }

    private void look() {
      int mutant = current;
      if (mutant == seen) {
        System.err.println("hangs: -Dzap.seed=" + seed + " -Dzap.fuzz.mutant=" + mutant);
        for (StackTraceElement element : watched.getStackTrace()) {
          System.err.println("  at " + element);
        }
        Runtime.getRuntime().halt(1);
      }
      seen = mutant;
    }

    @Override
    public void close() {
      looks.cancel(true);
      timer.shutdownNow();
    }
  }

  @Test
  void theGuardSeesAByteThatIsWrittenOutsideABlock() {
    try (BufferCache cache = newCache();
        MemoryGuard guard = new MemoryGuard(cache)) {
      guard.check();
      guard.damage();
      assertThrows(AssertionError.class, guard::check);
    }
  }
}
