// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.harness.Settings;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.operation.Life;
import org.zapkv.harness.operation.LifeFile;
import org.zapkv.harness.report.Coverage;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.subject.StoreKind;

/** The runner, with Zap, and with stores that lie. */
@Tag("once")
final class RunnerTest {
  private static final Set<FaultKind> ALL = EnumSet.allOf(FaultKind.class);

  private static final List<Event> MIXED =
      List.of(Event.CUT_AFTER_FAULT, Event.FAULT_IN_RECOVERY, Event.CREATION_CUT);

  /** Lives after which a lie is to be found that any one life may miss. */
  private static final int MANY_LIVES = 40;

  private final Logger logger = Logger.getLogger("org.zapkv");

  @TempDir private Path directory;

  private Level level;

  @BeforeEach
  void silence() {
    level = logger.getLevel();
    logger.setLevel(Level.OFF);
  }

  @AfterEach
  void speak() {
    logger.setLevel(level);
  }

  /** One life. */
  private Outcome run(StoreKind kind, long seed, int threads, Set<FaultKind> faults) {
    Settings settings = new Settings(kind, Duration.ZERO, seed, threads, faults, directory);
    return new Runner(settings, RunListener.NONE).run();
  }

  private List<String> traced(long seed) {
    TracedKind kind = new TracedKind();
    assertNull(run(kind, seed, 1, ALL).violation());
    return kind.lines;
  }

  @Test
  void oneThreadDoesTheSameAgain() {
    List<String> lines = traced(14);
    assertEquals(lines, traced(14));
    assertNotEquals(lines, traced(15));
    assertTrue(lines.stream().anyMatch(line -> line.startsWith("blocks write")));
  }

  @Test
  void severalThreadsFindNothingWrongAndNothingIsLeft() throws Exception {
    Outcome outcome = run(new TracedKind(), 11, 4, ALL);
    assertNull(outcome.violation(), () -> String.valueOf(outcome.violation()));
    assertNull(outcome.log());
    assertEquals(1, outcome.lives());
    assertTrue(outcome.operations() > 0 && outcome.openings() > 2);
    assertTrue(outcome.coverage().count(Event.CHANGE) > 0);
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(), files.toList());
    }
  }

  /** A lie that a life finds, the file that it leaves, and what becomes of that. */
  private Outcome found(StoreKind kind, Set<FaultKind> faults) {
    for (long seed = 1; seed <= MANY_LIVES; seed++) {
      Outcome outcome = run(kind, seed, 1, faults);
      if (outcome.violation() != null) {
        return outcome;
      }
    }
    throw new AssertionError("nothing was found in " + MANY_LIVES + " lives");
  }

  @Test
  void aWrongReadIsFoundWrittenDownAndReplayed() throws Exception {
    LyingKind kind = new LyingKind();
    kind.got = (subject, value) -> null;
    Outcome outcome = found(kind, Set.of());
    Outcome.Failure failure = Objects.requireNonNull(outcome.violation());
    assertTrue(failure.message().startsWith("WRONG_READ"), failure.message());
    assertTrue(failure.operation().startsWith("get "), failure.operation());
    Life life = LifeFile.read(Objects.requireNonNull(outcome.log()));
    assertTrue(outcome.log().toString().endsWith("-minimal.life"), outcome.log().toString());
    long operations =
        life.segments().stream().flatMap(s -> s.operations().stream()).mapToLong(List::size).sum();
    assertTrue(operations <= 2, () -> operations + " operations are left");
    assertTrue(Replay.run(life, kind).isPresent());
    assertFalse(Replay.run(life, new TracedKind()).isPresent());
  }

  @Test
  void aFlushThatIsLeftOutIsFound() {
    LyingKind kind = new LyingKind();
    kind.log = LyingKind::withoutFlush;
    String message =
        Objects.requireNonNull(found(kind, Set.of(FaultKind.POWER)).violation()).message();
    assertTrue(message.matches("(?s)(LOST|ORDER|NOT_OPENED): .*"), message);
  }

  @Test
  void aCreationThatPutsAStoreInPlaceBeforeItIsWholeIsFound() {
    LyingKind kind = new LyingKind();
    kind.leastProgress = 3;
    String message =
        Objects.requireNonNull(found(kind, Set.of(FaultKind.POWER)).violation()).message();
    assertTrue(message.matches("(?s)NOT_OPENED: opening what a creation left.*"), message);
  }

  @Test
  void powerIsLostAfterOtherFaultsAndFaultsHappenInRecoveries() {
    Coverage coverage = new Coverage();
    // Those of quick lives that have it all.
    for (long seed : new long[] {4, 19}) {
      Outcome outcome = run(new TracedKind(), seed, 1, Set.of(FaultKind.POWER, FaultKind.EIO));
      assertNull(outcome.violation(), () -> String.valueOf(outcome.violation()));
      MIXED.forEach(event -> coverage.add(event, outcome.coverage().count(event)));
    }
    assertEquals(List.of(), coverage.missing(MIXED));
  }

  @Test
  void whatACheckFindsIsAViolation() {
    LyingKind kind = new LyingKind();
    kind.problems = List.of("a leak");
    Outcome outcome = run(kind, 1, 1, Set.of());
    assertEquals(
        "UNSOUND: a check found [a leak]", Objects.requireNonNull(outcome.violation()).message());
  }

  @Test
  void whatHangsIsToldWithAllThreads() {
    Watch watch = new Watch(Duration.ofNanos(-1));
    try (Watch.Post post = watch.post()) {
      assertNull(watch.hang());
      post.begins("waiting for Godot");
      String message = Objects.requireNonNull(watch.hang()).getMessage();
      assertNotNull(message);
      assertTrue(message.startsWith("HANG: waiting for Godot has not ended"), message);
      assertTrue(message.contains("whatHangsIsToldWithAllThreads"), message);
      post.ends();
      assertNull(watch.hang());
    }
    assertNull(watch.hang());
  }

  @Test
  void whatIsWrongInAProgramIsNoHonestFailure() {
    assertFalse(Failures.isHonest(new NullPointerException()));
    assertFalse(Failures.isHonest(new AssertionError()));
    assertFalse(Failures.isHonest(new IllegalStateException()));
    assertTrue(Failures.isHonest(new java.io.IOException()));
    assertTrue(Failures.isHonest(new org.zapkv.error.CorruptException(1, 2, 3, "damaged")));
  }
}
