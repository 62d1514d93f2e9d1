// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.zapkv.store.StoreCheckReport;
import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;

@Command(
    name = "check",
    description = "Reads and verifies everything in a store: checksums, maps, space.",
    footer = {
      "",
      "Prints what was checked, and a line for each problem: damage, space that belongs",
      "to nothing (leaked) and space that is used twice. Exit code 2 if there is any.",
      "",
      "Examples:",
      "  zap check books",
      "  zap check --json books"
    })
final class CheckCommand extends StoreCommand {
  CheckCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    StoreCheckReport report;
    try (ZapStore store = openToRead();
        Progress progress = streams().progress("check", 0)) {
      report = store.check(progress::to);
    }
    if (json()) {
      report("report", report);
    } else {
      print(report);
    }
    return report.isClean() && report.leakedBytes() == 0 ? ExitCode.OK : ExitCode.DAMAGED;
  }

  private void print(StoreCheckReport report) {
    for (String problem : report.problems()) {
      out().println(problem.replaceAll("\\R+", " "));
    }
    out()
        .println(
            String.format(
                "checked %s objects, %s blocks (%s), %s maps with %s entries",
                Sizes.count(report.objects()),
                Sizes.count(report.blocks()),
                Sizes.show(report.bytes()),
                Sizes.count(report.maps()),
                Sizes.count(report.entries())));
    out().println("leaked space: " + Sizes.show(report.leakedBytes()));
    out()
        .println(
            report.isClean()
                ? "no problems"
                : "problems: " + Sizes.count(report.problems().size()));
  }
}
