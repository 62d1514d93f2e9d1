// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.report.Coverage;
import org.zapkv.harness.report.Result;
import org.zapkv.harness.report.Timeline;
import org.zapkv.harness.run.Outcome;
import org.zapkv.harness.run.RunListener;
import org.zapkv.harness.subject.RocksDbKind;
import org.zapkv.harness.subject.StoreKind;

/** What is told of a run. */
@Tag("once")
final class FinishedRunTest {
  @TempDir private Path directory;

  private Settings settings(StoreKind kind, Set<FaultKind> faults) {
    return new Settings(kind, Duration.ofMillis(2500), -5, 3, faults, null);
  }

  private Engine engine(Path log) {
    return (settings, listener) -> {
      listener.progress(10, 2, 1, new Coverage());
      Thread.currentThread().interrupt();
      return new Outcome(
          settings.seed(),
          20,
          1,
          4,
          2,
          Duration.ofSeconds(1),
          new Coverage(),
          List.of(),
          new Outcome.Failure(1, 2, 3, "close", "LOST: all"),
          log);
    };
  }

  @Test
  void theLogOfAViolationIsKeptWithTheReports() throws Exception {
    Path log = Files.write(directory.resolve("x"), List.of("a", "b"));
    Path reports = directory.resolve("reports");
    FinishedRun run =
        FinishedRun.of(
            engine(log),
            settings(new RocksDbKind(), EnumSet.of(FaultKind.KILL, FaultKind.INTERRUPT)),
            RunListener.NONE,
            reports);
    assertTrue(Thread.interrupted(), "whoever ended it early is not forgotten");
    assertEquals(reports.resolve("rocksdb--5.html"), run.page());
    Path copy = reports.resolve("rocksdb--5.log");
    assertEquals(List.of("a", "b"), Files.readAllLines(copy));
    Result.Problem problem = Objects.requireNonNull(run.result().problem());
    assertEquals(List.of("a", "b"), problem.lines());
    assertEquals(
        List.of(
            "java -jar zap-harness.jar replay " + copy,
            "java -jar zap-harness.jar run --kind rocksdb --seconds 2.5 --seed -5 --threads 3"
                + " --faults interrupt --kill"),
        problem.again());
    assertEquals("interrupt,kill", run.result().told().get("faults"));
    assertEquals(
        List.of(0L, 20L),
        run.result().samples().stream().map(Timeline.Sample::operations).toList());
  }

  @Test
  void withoutReportsNothingIsWritten() throws Exception {
    Path log = Files.write(directory.resolve("x"), List.of("a"));
    FinishedRun run =
        FinishedRun.of(
            engine(log),
            settings(new FakeKind(Set.of()), EnumSet.noneOf(FaultKind.class)),
            RunListener.NONE,
            null);
    assertTrue(Thread.interrupted());
    assertNull(run.page());
    assertEquals(1, Objects.requireNonNull(directory.toFile().list()).length, "only the log");
    Result.Problem problem = Objects.requireNonNull(run.result().problem());
    assertEquals("java -jar zap-harness.jar replay " + log, problem.again().get(0));
    assertTrue(
        problem.again().get(1).startsWith("java -jar zap-harness.jar run --kind org.zapkv"),
        problem.again().get(1));
    assertTrue(problem.again().get(1).endsWith("--faults none"), problem.again().get(1));
    assertEquals("none", run.result().told().get("faults"));
  }
}
