// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.jspecify.annotations.Nullable;
import org.zapkv.store.ScrubReport;
import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "scrub",
    description = "Reads every copy of every block of a store, and mends bad copies.",
    footer = {
      "",
      "What leads to the data is stored twice: a copy that is bad is written again from the",
      "good one. Data is stored once: what is bad there is only told. Prints a line for",
      "each. Exit code 2 if there is damage that could not be mended. It can be broken off",
      "at any time. A program that has the store open scrubs it with ZapStore.scrub.",
      "",
      "Example:",
      "  zap scrub --rate 20m books"
    })
final class ScrubCommand extends StoreCommand {
  @Option(
      names = "--rate",
      paramLabel = "SIZE",
      converter = Sizes.class,
      description = "Read no more than this in a second, such as 20m (default: no limit).")
  private @Nullable Long bytesPerSecond;

  ScrubCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    if (bytesPerSecond != null && bytesPerSecond == 0) {
      throw usage("--rate: has to be above 0");
    }
    ScrubReport report;
    try (ZapStore store = openExisting();
        Progress progress = streams().progress("scrub", 0)) {
      report = store.scrub(bytesPerSecond == null ? 0 : bytesPerSecond, progress::to);
    }
    if (json()) {
      report("report", report);
    } else {
      print(report);
    }
    return report.isClean() ? ExitCode.OK : ExitCode.DAMAGED;
  }

  private void print(ScrubReport report) {
    for (String line : report.lines()) {
      out().println(line);
    }
    out()
        .println(
            String.format(
                "scrubbed %s blocks (%s)",
                Sizes.count(report.blocks()), Sizes.show(report.bytes())));
    out().println("mended copies: " + Sizes.count(report.mendedCopies()));
    out().println(report.isClean() ? "no damage" : "not mended: " + Sizes.count(report.damage()));
  }
}
