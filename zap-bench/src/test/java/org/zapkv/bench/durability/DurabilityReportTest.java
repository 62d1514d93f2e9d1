// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.zapkv.bench.peer.PeerKind;
import org.zapkv.bench.report.Directories;
import org.zapkv.bench.report.Figures;
import org.zapkv.bench.report.Parameters;

/** The report can be made: tiny, so the figures mean nothing. */
@Tag("once")
final class DurabilityReportTest {
  @TempDir private Path directory;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

  @Test
  void sectionsComeFromJvmsOfTheirOwn() throws IOException {
    Path stores = directory.resolve("stores");
    Path file = directory.resolve("report.md");
    int exit =
        run(
            "--only=e",
            "--peers=zap",
            "--rounds=1",
            "--entries=2000",
            "--cache-mib=4",
            "--open=1000",
            "--value-bytes=24",
            "--open-updates=1000",
            "--load-batch=100",
            "--load-cache-mib=4",
            "--warm",
            "--dir=" + stores,
            file.toString());
    String report = Files.readString(file);
    assertEquals(0, exit, progress::toString);
    assertEquals(report, out.toString(StandardCharsets.UTF_8));
    assertTrue(report.contains("| Zap | 1,000 | "), report);
    assertTrue(report.contains("Values of 24 bytes."), report);
    assertFalse(report.contains("## a."), report);
    assertFalse(report.contains("–"), report);
    try (Stream<Path> left = Files.list(stores)) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void aTaskThatFailsIsInTheReport() throws IOException {
    // Zap refuses a cache so small.
    int exit = run("--only=d", "--peers=zap", "--entries=10", "--cache-mib=1");
    String report = out.toString(StandardCharsets.UTF_8);
    assertEquals(1, exit, report);
    assertTrue(report.contains("| Zap | –, – | –, – |"), report);
    assertTrue(report.contains("## Failed\n\n```\nOVERWRITES "), report);
    assertTrue(report.contains("IllegalArgumentException"), report);
  }

  @Test
  void theStoresAreRemovedWhenItIsInterrupted() throws IOException {
    Path stores = directory.resolve("stores");
    Thread.currentThread().interrupt();
    assertEquals(1, run("--only=a", "--dir=" + stores));
    assertFalse(Thread.interrupted());
    assertEquals("interrupted", progress.toString(StandardCharsets.UTF_8).strip());
    try (Stream<Path> left = Files.list(stores)) {
      assertEquals(0, left.count());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"ZAP", "ROCKSDB"})
  void everyTaskWorks(PeerKind kind) throws IOException, InterruptedException {
    Parameters parameters =
        Parameters.of(kind, directory.resolve("store"))
            .with("entries", 500)
            .with("cache", 8 << 20)
            .with("threads", 2)
            .with("seconds", 0.02)
            .with("rate", 10_000)
            .with("rounds", "1")
            .with("batch", 100);
    for (Task task : EnumSet.complementOf(EnumSet.of(Task.UPDATE_UNTIL_KILLED))) {
      Figures figures = task.run(parameters, () -> {});
      assertTrue(figures.asMap().values().stream().allMatch(Double::isFinite), task::toString);
      if (task != Task.LOAD) {
        Directories.remove(directory.resolve("store"));
      }
    }
  }

  @Test
  void unknownArgumentsAreRefused() {
    assertEquals(2, run("--quick", "--full"));
    assertEquals(2, run("--hourly"));
    assertEquals(2, run("--only=z"));
    assertEquals(2, run("--peers=chronicle"));
    assertEquals(2, run("--value-bytes=15"));
  }

  private int run(String... args) {
    return DurabilityReport.run(
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(progress, true, StandardCharsets.UTF_8),
        args);
  }
}
