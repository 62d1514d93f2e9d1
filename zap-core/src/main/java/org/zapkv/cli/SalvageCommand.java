// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.nio.file.Path;
import org.zapkv.store.SalvageReport;
import org.zapkv.store.SalvagedMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "salvage",
    description = "Recovers what is left of a damaged store into a new one.",
    footer = {
      "",
      "Every entry in a block that is whole is recovered, whatever else is lost. STORE is not",
      "changed. Prints a line for each map, and one for each thing that is lost. Exit code 2 if",
      "anything is lost, or may be older than it should be.",
      "",
      "Example:",
      "  zap salvage books rescued"
    })
final class SalvageCommand extends StoreCommand {
  @Parameters(index = "1", paramLabel = "NEW", description = "The directory of the new store.")
  private Path target;

  SalvageCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    SalvageReport report;
    try (Progress progress = streams().progress("salvage", 0)) {
      report = builder().salvage(storePath(), target, progress::to);
    }
    if (json()) {
      report("report", report);
    } else {
      print(report);
    }
    return report.isComplete() ? ExitCode.OK : ExitCode.DAMAGED;
  }

  private void print(SalvageReport report) {
    report.maps().forEach(this::print);
    for (String problem : report.problems()) {
      out().println(problem.replaceAll("\\R+", " "));
    }
    out()
        .println(
            String.format(
                "recovered %s entries in %s maps; %s commits of the intent log",
                Sizes.count(report.entries()),
                Sizes.count(report.maps().size()),
                Sizes.count(report.logRecords())));
  }

  private void print(SalvagedMap map) {
    StringBuilder line =
        new StringBuilder(map.name() + ": " + Sizes.count(map.entries()) + " entries");
    add(line, map.lostLeaves(), "blocks lost");
    add(line, map.lostValues(), "values lost");
    add(line, map.uncertainEntries(), "possibly outdated");
    out().println(line.toString());
  }

  private static void add(StringBuilder line, long count, String what) {
    if (count > 0) {
      line.append(", ").append(Sizes.count(count)).append(' ').append(what);
    }
  }
}
