// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.zapkv.bench.report.Directories;
import org.zapkv.harness.Settings;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.run.Runner;

/** Looks for planted defects with the harness. */
public final class Defects {
  /** Nobody waits longer, whatever the number of operations. */
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private Defects() {}

  /**
   * Looks for one, once.
   *
   * @param defect what is planted
   * @param seed of the run
   * @param mostOperations after how many operations it is given up, about
   * @return what came of it
   * @throws UncheckedIOException if there is no room for temporary files
   */
  public static Search search(Defect defect, long seed, long mostOperations) {
    Set<FaultKind> faults = EnumSet.complementOf(EnumSet.of(FaultKind.KILL));
    try {
      Path directory = Files.createTempDirectory("zap-harness");
      try {
        Settings settings =
            new Settings(
                new DefectiveKind(defect), LONGEST, seed, defect.threads(), faults, directory);
        Runner runner =
            new Runner(
                settings,
                (operations, openings, happened, coverage) -> {
                  if (operations > mostOperations) {
                    // The run ends then.
                    Thread.currentThread().interrupt();
                  }
                },
                Duration.ZERO);
        return Search.of(runner.run());
      } finally {
        boolean ignored = Thread.interrupted();
        Directories.remove(directory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Looks for one several times.
   *
   * @param defect what is planted
   * @param firstSeed the seed of the first run; the others have those after it
   * @param seeds how many runs there are
   * @param mostOperations after how many operations a run is given up, about
   * @return what came of it
   */
  public static DefectRow row(Defect defect, long firstSeed, int seeds, long mostOperations) {
    List<Search> searches = new ArrayList<>();
    for (int i = 0; i < seeds; i++) {
      searches.add(search(defect, firstSeed + i, mostOperations));
    }
    return new DefectRow(defect, List.copyOf(searches));
  }

  /**
   * Looks for all of them.
   *
   * @param firstSeed the seed of the first run for each of them; the others have those after it
   * @param seeds how many runs there are for each
   * @param mostOperations after how many operations a run is given up, about
   * @param each is told of each row when it is there
   * @return a row for each, in the order of {@link Defect}
   */
  public static List<DefectRow> table(
      long firstSeed, int seeds, long mostOperations, Consumer<DefectRow> each) {
    List<DefectRow> rows = new ArrayList<>();
    for (Defect defect : Defect.values()) {
      DefectRow row = row(defect, firstSeed, seeds, mostOperations);
      each.accept(row);
      rows.add(row);
    }
    return List.copyOf(rows);
  }

  /**
   * A table for people.
   *
   * @param rows its rows
   * @return Markdown
   */
  public static String markdown(List<DefectRow> rows) {
    StringBuilder text = new StringBuilder();
    text.append("| planted | what is wrong | found | median operations | median seconds | as |\n");
    text.append("| --- | --- | ---: | ---: | ---: | --- |\n");
    rows.forEach(row -> text.append(line(row)).append('\n'));
    return text.toString();
  }

  /**
   * A row of the table.
   *
   * @param row what it is about
   * @return a line of Markdown
   */
  public static String line(DefectRow row) {
    String kinds =
        row.kinds().entrySet().stream()
            .map(kind -> kind.getKey() + " " + kind.getValue())
            .collect(Collectors.joining(", "));
    int found = row.found().size();
    return String.format(
        Locale.ROOT,
        "| %s | %s | %d of %d | %s | %s | %s |",
        row.defect().title(),
        row.defect().text(),
        found,
        row.searches().size(),
        found == 0 ? "-" : String.format(Locale.ROOT, "%,.0f", row.medianOperations()),
        found == 0 ? "-" : String.format(Locale.ROOT, "%.1f", row.medianSeconds()),
        kinds.isEmpty() ? "-" : kinds);
  }
}
