// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.harness.oracle.FakeStore.Lie;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.subject.Capability;

/** The oracle believes a store that keeps its promises, and finds out each way to break them. */
@Tag("once")
final class OracleRandomTest {
  private static final Set<Capability> ALL = EnumSet.allOf(Capability.class);
  private static final Set<Capability> NO_ORDER =
      EnumSet.complementOf(EnumSet.of(Capability.ORDERED));
  private static final int SEGMENTS = 4;
  private static final int STEPS = 300;
  private static final int CUTS = 4;

  /** A lie that is hardest to find shows in every sixth of them. */
  private static final int MOST_LIVES = 200;

  private static final int LIVES = Integer.getInteger("zap.harness.lives", 40);

  /** What each lie is called that is told. */
  private static final Map<Lie, Set<Kind>> KINDS =
      Map.ofEntries(
          Map.entry(Lie.FLUSH_LEFT_OUT, EnumSet.of(Kind.LOST, Kind.ORDER)),
          Map.entry(Lie.RECORD_LOST, EnumSet.of(Kind.LOST, Kind.ORDER, Kind.TORN_BATCH)),
          Map.entry(Lie.BATCH_TORN, EnumSet.of(Kind.TORN_BATCH, Kind.LOST, Kind.ORDER)),
          Map.entry(Lie.LINE_BEHIND, EnumSet.of(Kind.ORDER, Kind.LOST)),
          Map.entry(Lie.REMOVAL_FORGOTTEN, EnumSet.of(Kind.LOST, Kind.ORDER, Kind.TORN_BATCH)),
          Map.entry(Lie.OLD_VALUE_BACK, EnumSet.of(Kind.LOST, Kind.ORDER, Kind.TORN_BATCH)),
          Map.entry(Lie.UPDATE_LOST, EnumSet.of(Kind.WRONG_READ, Kind.WRONG_SCAN, Kind.LOST)),
          Map.entry(Lie.READ_STALE, EnumSet.of(Kind.WRONG_READ)),
          Map.entry(Lie.READ_OTHER, EnumSet.of(Kind.ALIEN, Kind.WRONG_READ)),
          Map.entry(Lie.READ_FLIPPED, EnumSet.of(Kind.ALIEN, Kind.WRONG_READ)),
          Map.entry(Lie.READ_NOTHING, EnumSet.of(Kind.WRONG_READ)),
          Map.entry(
              Lie.SCAN_SKIPS, EnumSet.of(Kind.WRONG_SCAN, Kind.LOST, Kind.ORDER, Kind.TORN_BATCH)),
          Map.entry(Lie.SCAN_REPEATS, EnumSet.of(Kind.WRONG_SCAN)),
          Map.entry(Lie.SCAN_STALE, EnumSet.of(Kind.WRONG_SCAN, Kind.WRONG_READ)),
          Map.entry(Lie.SEQUENCE_WRONG, EnumSet.of(Kind.ORDER)));

  /** What happened in the life of a store. */
  private static final class Life {
    private final SplittableRandom random;
    private final Oracle oracle;
    private final AtomicLong tags = new AtomicLong();
    private final int threads;
    private final boolean fail;
    private FakeStore store;
    private long lost;
    private long there;

    Life(long seed, Lie lie, Set<Capability> capabilities) {
      this.random = new SplittableRandom(seed);
      this.threads = 1 + random.nextInt(4);
      this.fail = random.nextBoolean();
      this.oracle = new Oracle(threads, capabilities);
      this.store = new FakeStore(lie, capabilities.contains(Capability.ORDERED), random);
    }

    void run() {
      for (int i = 0; i < SEGMENTS; i++) {
        Actors actors = new Actors(store, oracle, threads, random, tags, fail);
        actors.run(STEPS);
        if (random.nextInt(3) == 0) {
          actors.end();
          store = store.closed();
          note(oracle.settle(Found.read(store), 0, false));
        } else {
          crash();
        }
      }
    }

    private void crash() {
      for (int i = 0; i < CUTS; i++) {
        long position = random.nextLong(store.now() + 1);
        note(oracle.judge(Found.read(store.crashed(position)), position, true));
      }
      long position = store.now();
      store = store.crashed(position);
      note(oracle.settle(Found.read(store), position, true));
    }

    private void note(Settled settled) {
      lost += settled.lost();
      there += settled.commits();
    }
  }

  private static @Nullable Violation violation(long seed, Lie lie, Set<Capability> capabilities) {
    Life life = new Life(seed, lie, capabilities);
    try {
      life.run();
      return null;
    } catch (Violation violation) {
      assertTrue(lie == Lie.NONE || life.store.lieCount() > 0, violation::getMessage);
      return violation;
    }
  }

  @Test
  void aStoreThatKeepsItsPromisesIsBelieved() throws Exception {
    Seeds.run(
        seed -> {
          for (int i = 0; i < LIVES; i++) {
            for (Set<Capability> capabilities : List.of(ALL, NO_ORDER)) {
              Violation violation = violation(seed + i, Lie.NONE, capabilities);
              if (violation != null) {
                throw new AssertionError("seed + " + i + " " + capabilities, violation);
              }
            }
          }
        });
  }

  @Test
  void whatIsLostAsItMayIsCounted() {
    Life life = new Life(11, Lie.NONE, ALL);
    life.run();
    assertTrue(life.lost > 0 && life.there > 0, life.lost + " lost, " + life.there + " there");
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void eachLieIsFound(Lie lie) throws Exception {
    Seeds.run(seed -> assertFound(seed, lie, ALL));
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"NONE", "RECORD_LOST", "LINE_BEHIND", "SEQUENCE_WRONG"})
  void eachLieThatIsOneWithoutOrderIsFound(Lie lie) throws Exception {
    Seeds.run(seed -> assertFound(seed, lie, NO_ORDER));
  }

  /** In some life a lie is found, and is called what it is; the next ones call it so, too. */
  private static void assertFound(long seed, Lie lie, Set<Capability> capabilities) {
    int found = 0;
    for (int i = 0; i < MOST_LIVES && found < 3; i++) {
      Violation violation = violation(seed + i, lie, capabilities);
      if (violation != null) {
        found++;
        Set<Kind> kinds = Objects.requireNonNull(KINDS.get(lie));
        assertTrue(kinds.contains(violation.kind()), violation::getMessage);
      }
    }
    assertEquals(3, found, lie + " was found in so many lives");
  }
}
