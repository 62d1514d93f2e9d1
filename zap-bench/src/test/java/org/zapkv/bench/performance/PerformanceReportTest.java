// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.zapkv.bench.peer.PeerKind;
import org.zapkv.bench.peer.PeerOptions;
import org.zapkv.bench.report.ChildJvm;
import org.zapkv.bench.report.Entries;
import org.zapkv.bench.report.Figures;
import org.zapkv.bench.report.Parameters;

/** The report can be made: tiny, so the figures mean nothing. */
@Tag("once")
final class PerformanceReportTest {
  @TempDir private Path directory;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

  @Test
  void aReportHasTextFiguresAndCharts() throws IOException {
    Path stores = directory.resolve("stores");
    Path report = directory.resolve("report");
    int exit =
        run(
            "--only=chase,growth",
            "--peers=hashmap",
            "--rounds=1",
            "--entries=1000",
            "--seconds=0.01",
            "--growth=100",
            "--dir=" + stores,
            report.toString());
    assertEquals(0, exit, progress::toString);
    String text = Files.readString(report.resolve("report.md"));
    assertTrue(text.contains("## Growth"), text);
    assertFalse(text.contains("## Files"), text);
    assertTrue(text.contains("| get hit, 100-byte values | at most 0.6"), text);
    assertTrue(Files.readString(report.resolve("report.json")).contains("\"subject\": \"chase\""));
    assertTrue(Files.readString(report.resolve("growth-get.svg")).startsWith("<svg"));
    String told = progress.toString(StandardCharsets.UTF_8);
    assertTrue(told.matches("(?s)1/3 after \\d+:\\d\\d min: chase .*"), told);
    try (Stream<Path> left = Files.list(stores)) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void aReportThatIsCutSaysSo() throws IOException {
    Path report = directory.resolve("report");
    String stores = "--dir=" + directory.resolve("stores");
    assertEquals(0, run("--only=chase", "--minutes=0", stores, report.toString()));
    String text = Files.readString(report.resolve("report.md"));
    assertTrue(
        text.contains(
            "* not whole: 2 of 2 measurements were not made: the time was over after 0:00 min."),
        text);
    assertTrue(Files.readString(report.resolve("report.json")).contains("\"not whole\": \"2 of 2"));
  }

  @Test
  void whatBuildsOnAFailureIsLeftOut() throws IOException, InterruptedException {
    Run run = new Run(Scale.QUICK, List.of(PeerKind.ZAP), directory, new PrintStream(progress));
    Section.GROWTH.measure(run);
    run.endRehearsal();
    Parameters parameters = run.parameters(PeerKind.ZAP, 10, 8).with("cache", -1);
    assertFalse(run.measure("x", Measure.LOAD, parameters));
    assertEquals(1, run.failures().size());
    assertTrue(run.samples().asMap().isEmpty());
    assertTrue(run.missing().startsWith("11 of 12 measurements were not made: not yet, or"));
  }

  @Test
  void aMeasurementThatTakesTooLongIsEnded() {
    Parameters parameters =
        Parameters.of(PeerKind.ZAP, directory)
            .with("bytes", 1 << 10)
            .with("seconds", 10)
            .with("warmUps", 0)
            .with("iterations", 1);
    IOException late =
        assertThrows(
            IOException.class,
            () -> ChildJvm.run(Measure.CHASE, parameters, List.of(), Duration.ofMillis(50)));
    assertTrue(late.getMessage().contains("was ended after 0 s"), late::getMessage);
  }

  @Test
  void aMeasurementThatIsInterruptedHasNotFailed() {
    Parameters parameters = Parameters.of(PeerKind.ZAP, directory);
    Thread.currentThread().interrupt();
    assertThrows(
        InterruptedException.class,
        () -> ChildJvm.run(Measure.CHASE, parameters, List.of(), Duration.ofMinutes(5)));
    assertFalse(Thread.interrupted());
  }

  @Test
  void everyMeasureWorks() throws IOException, InterruptedException {
    for (PeerKind kind : List.of(PeerKind.ZAP, PeerKind.HASHMAP)) {
      Parameters parameters =
          Parameters.of(kind, directory.resolve(kind.name()))
              .with("entries", 400)
              .with("valueBytes", 8)
              .with("cache", 8 << 20)
              .with("seconds", 0.005)
              .with("iterations", 1)
              .with("warmUps", 1)
              .with("bytes", 1 << 16)
              .with("load", 0)
              .with("first", 0)
              .with("points", Point.format(Section.MAIN));
      for (Measure measure : measures(kind)) {
        Path store = directory.resolve(measure == Measure.MICRO ? "micro" : kind.name());
        Figures figures = measure.run(parameters.with("directory", store), () -> {});
        assertFalse(figures.asMap().isEmpty());
        assertTrue(
            figures.asMap().entrySet().stream()
                .allMatch(
                    figure ->
                        figure.getValue() >= least(figure.getKey()) && figure.getValue() < 1e12),
            () -> measure + " found " + figures.asMap());
        if (measure == Measure.POINTS) {
          assertEquals(Section.MAIN.size() + 1, figures.asMap().size());
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"ZAP", "HASHMAP", "ROCKSDB"})
  void aLoadIsMeasuredAfterOneThatIsThrownAway(PeerKind kind)
      throws IOException, InterruptedException {
    Parameters parameters =
        Parameters.of(kind, directory.resolve("store"))
            .with("entries", 100)
            .with("valueBytes", 8)
            .with("cache", 8 << 20)
            .with("seconds", 0.005)
            .with("iterations", 1)
            .with("warmUps", 0)
            .with("load", 0)
            .with("points", Point.format(List.of(new Point(Operation.SCAN))));
    Set<String> rates = new HashSet<>(List.of(FilesTask.FIRST_PER_SECOND, FilesTask.PER_SECOND));
    if (kind.hasFiles()) {
      rates.addAll(List.of(FilesTask.CLOSED_PER_SECOND, FilesTask.BYTES));
    }
    Figures warm = Measure.LOAD.run(parameters.with("first", 150), () -> {});
    assertEquals(rates, warm.asMap().keySet());
    // The scan would find more if what was loaded first were still there.
    Measure.POINTS.run(parameters, () -> {});

    Figures cold =
        Measure.LOAD.run(
            parameters.with("directory", directory.resolve("cold")).with("first", 0), () -> {});
    rates.removeAll(List.of(FilesTask.PER_SECOND, FilesTask.CLOSED_PER_SECOND));
    assertEquals(rates, cold.asMap().keySet());
  }

  @Test
  void aFifthIsLoadedFirstButTenBatchesIfThereAreAsMany() {
    assertEquals(2_000_000, Load.first(10_000_000));
    assertEquals(100_000, Load.first(200_000));
    assertEquals(40_000, Load.first(40_000));
  }

  @Test
  void theTextSaysWhatWasLoadedBefore() {
    Run run = new Run(Scale.QUICK, List.of(PeerKind.ZAP), directory, System.err);
    Figures figures = new Figures().put(FilesTask.FIRST_PER_SECOND, 5.0);
    run.samples().add("points/100/ZAP", figures.put(FilesTask.PER_SECOND, 6.0));
    String text = new Texts(run).of(Section.POINTS);
    assertTrue(text.contains("| the first 200,000 entries of a new JVM | 5 |\n"), text);
    assertTrue(
        text.contains(
            "| after 200,000 entries into a store that was thrown away: until the last batch | 6 |\n"),
        text);
    assertTrue(
        Targets.of(run).stream()
            .anyMatch(
                target ->
                    target.what().startsWith("load of 1,000,000 new entries")
                        && target.what().contains("a JVM that has loaded 200,000 into")));
  }

  @Test
  void growthMeasuresTheLargestLast() {
    assertEquals(
        List.of(
            new Section.Growth(100, 10_000),
            new Section.Growth(8, 10_000),
            new Section.Growth(100, 100_000),
            new Section.Growth(8, 100_000),
            new Section.Growth(8, 1_000_000),
            new Section.Growth(8, 10_000_000)),
        Section.growth(Scale.QUICK));
  }

  /** The live heap shrinks if something of other tests is collected meanwhile. */
  private static double least(String figure) {
    return figure.equals(MemoryTask.HEAP) ? -1e12 : 0;
  }

  private static List<Measure> measures(PeerKind kind) {
    return kind.hasFiles()
        ? List.copyOf(EnumSet.complementOf(EnumSet.of(Measure.MEMORY)))
        : List.of(Measure.LOAD, Measure.POINTS, Measure.MEMORY);
  }

  @Test
  void whatIsReadIsCompared() throws IOException {
    try (var peer = PeerKind.HASHMAP.open(directory, new PeerOptions(false, 0, 10, 100))) {
      Load.seconds(peer, 10, 100);
      Workers workers = new Workers(peer, 10, 100);
      List<Operation> reads = List.of(Operation.GET_HIT, Operation.GET_INTO, Operation.SCAN);
      for (Operation read : reads) {
        workers.worker(new Point(read), 0).work();
      }
      byte[] wrong = new byte[100];
      peer.put(Entries.key(3), wrong);
      for (Operation read : reads) {
        Worker worker = workers.worker(new Point(read), 0);
        assertThrows(IllegalStateException.class, worker::work, read::title);
      }
    }
  }

  @Test
  void theChurnLeavesWhatThereWas() throws IOException {
    try (var peer = PeerKind.HASHMAP.open(directory, new PeerOptions(false, 0, 10, 100))) {
      Load.seconds(peer, 10, 100);
      Workers workers = new Workers(peer, 10, 100);
      Workers.Churn churn = workers.churn(0, 300);
      List<Long> steps = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        steps.add(churn.insert());
      }
      for (int i = 0; i < 3; i++) {
        steps.add(churn.remove());
      }
      assertEquals(List.of(256L, 44L, 0L, 256L, 44L, 0L), steps);
      assertEquals(10, workers.worker(new Point(Operation.SCAN), 0).work());
    }
  }

  @Test
  void targetsSayWhatIsReached() {
    Run run = new Run(Scale.QUICK, List.of(PeerKind.values()), directory, System.err);
    String hit = new Point(Operation.GET_HIT).figure();
    run.samples().add("points/100/ZAP", new Figures().put(hit, 100.0));
    run.samples().add("points/100/CHRONICLE", new Figures().put(hit, 200.0));
    run.samples().add("points/100/LMDB", new Figures().put(hit, 290.0));
    run.samples().add("chase", new Figures().put(ChaseTask.NANOS, 10.0));
    List<Targets.Target> targets = Targets.of(run);
    String get = "get hit, 100-byte values";
    assertEquals(
        new Targets.Target(get, "at most 0.6 × Chronicle Map's time", "0.50 ×", "yes"),
        targets.get(0));
    assertEquals("–", targets.get(1).reached());
    assertEquals(
        new Targets.Target(get, "at least 3.0 × faster than LMDB", "2.90 ×", "no"), targets.get(2));
    Targets.Target last = targets.get(targets.size() - 1);
    assertEquals("1.67 ×", last.measured());
    assertEquals("no", last.reached());
  }

  @Test
  void unknownArgumentsAreRefused() {
    assertEquals(2, run());
    assertEquals(2, run("--quick", "--full", "x"));
    assertEquals(2, run("--only=hourly", "x"));
    assertEquals(2, run("--peers=derby", "x"));
  }

  private int run(String... args) {
    return PerformanceReport.run(
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(progress, true, StandardCharsets.UTF_8),
        args);
  }
}
