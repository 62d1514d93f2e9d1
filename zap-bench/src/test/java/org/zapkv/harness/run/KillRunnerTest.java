// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.harness.Settings;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.operation.Life;
import org.zapkv.harness.operation.LifeFile;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.subject.StoreKind;

/** Processes are killed, and what they leave is judged. */
@Tag("once")
final class KillRunnerTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  /** More kills than it takes: where the machine is slow some of them come too late. */
  private static final int MANY = 100;

  @TempDir private Path directory;

  private Settings settings(StoreKind kind, long seed) {
    return new Settings(
        kind, LONG, seed, 2, EnumSet.of(FaultKind.KILL, FaultKind.INTERRUPT), directory);
  }

  private Outcome run(StoreKind kind, long seed, int kills) throws Exception {
    return new KillRunner(settings(kind, seed), kills, RunListener.NONE).run();
  }

  @Test
  void aStoreThatKeepsItsPromisesIsNotAccused() throws Exception {
    Outcome outcome = run(new LogKind(), 3, 3);
    assertNull(outcome.violation(), () -> String.valueOf(outcome.violation()));
    assertEquals(3, outcome.coverage().count(Event.KILL));
    assertTrue(outcome.openings() >= 4, () -> "openings=" + outcome.openings());
    assertTrue(outcome.operations() > 0);
    assertTrue(outcome.lives() > 0);
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(List.of(), left.toList());
    }
  }

  /** The store of a violation stays where it is; the next run in the same place has its own. */
  @Test
  void whatAnEarlierRunHasLeftIsNotTakenForItsOwn() throws Exception {
    assertTrue(message(run(new LogKind.Late(), 1, MANY)).startsWith("LOST: "));
    Outcome next = run(new LogKind(), 1, 2);
    assertNull(next.violation(), () -> String.valueOf(next.violation()));
  }

  @Test
  void whatReturnedAndIsGoneIsMissed() throws Exception {
    Outcome outcome = run(new LogKind.Late(), 1, MANY);
    assertTrue(message(outcome).startsWith("LOST: "), () -> message(outcome));
    List<String> log = Files.readAllLines(Objects.requireNonNull(outcome.log()));
    assertTrue(log.stream().anyMatch(line -> line.matches("# segment \\d+: killed; .*")));
    assertTrue(log.stream().anyMatch(line -> line.startsWith("# LOST: ")));
    Life life = LifeFile.read(Objects.requireNonNull(outcome.log()));
    assertEquals(LogKind.Late.class.getName(), life.store());
    assertTrue(Replay.run(life).isEmpty(), "nothing is killed");
  }

  @Test
  void aCommitThatIsThereInPartIsFound() throws Exception {
    Outcome outcome = run(new LogKind.Torn(), 2, MANY);
    // Which of them depends on the moment: one that is torn may have been durable.
    assertTrue(message(outcome).matches("(?s)(TORN_BATCH|LOST|ORDER): .*"), () -> message(outcome));
  }

  @Test
  void aProcessThatDiesByItselfIsAViolation() throws Exception {
    Outcome outcome = run(new LogKind.Dying(), 1, MANY);
    String expected = "ERROR: the process ended by itself with exit code " + LogKind.Dying.EXIT;
    // The JVM may have something to say as well, of the options that a machine has for all of them.
    assertTrue(message(outcome).matches("(?s)" + expected + "(:\n.*)?"), () -> message(outcome));
  }

  @Test
  void aProcessThatDiesWhenItOpensTheStoreIsAViolation() throws Exception {
    Outcome outcome = run(new LogKind.Crashing(), 1, MANY);
    assertTrue(message(outcome).startsWith("NOT_OPENED: "), () -> message(outcome));
    // The JVM may have something to say as well, of the options that a machine has for all of them.
    assertTrue(
        message(outcome)
            .matches("(?s).*exit code " + LogKind.Crashing.EXIT + ":\n(.*\n)?something native"),
        () -> message(outcome));
  }

  @Test
  void aFailureOfTheHarnessInAChildIsToldAsOne() {
    IllegalStateException thrown =
        assertThrows(IllegalStateException.class, () -> run(new LogKind.Telling(), 1, MANY));
    String message = String.valueOf(thrown.getMessage());
    assertTrue(message.startsWith("The harness has failed in a child, life 0, segment "), message);
    assertTrue(message.contains("SNOW"), message);
  }

  private static String message(Outcome outcome) {
    return Objects.requireNonNull(outcome.violation()).message();
  }

  @Test
  void anInterruptEndsTheRunAndTheChild() throws Exception {
    long children = ProcessHandle.current().children().count();
    RunListener interrupting = (operations, openings, faults, coverage) -> interruptThis();
    Outcome outcome = new KillRunner(settings(new LogKind(), 1), interrupting).run();
    assertTrue(Thread.interrupted());
    assertNull(outcome.violation());
    assertEquals(0, outcome.coverage().count(Event.KILL));
    Waiting.until(
        "the end of the child", () -> ProcessHandle.current().children().count() <= children);
  }

  private static void interruptThis() {
    Thread.currentThread().interrupt();
  }
}
