// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.zapkv.store.CompactReport;
import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;

@Command(
    name = "compact",
    description = "Makes the file of a store as small as it gets.",
    footer = {
      "",
      "Moves what lies near the end of the file into free space before that, and cuts the",
      "end off. It can be broken off at any time: the store is whole, and a later run",
      "goes on. 'zap stat' tells how much can be reclaimed.",
      "",
      "Example:",
      "  zap compact books"
    })
final class CompactCommand extends StoreCommand {
  CompactCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    CompactReport report;
    try (ZapStore store = openExisting();
        Progress progress = streams().progress("compact", 0)) {
      report = store.compact(progress::to);
    }
    if (json()) {
      report("report", report);
      return ExitCode.OK;
    }
    out()
        .println(
            String.format(
                "%s before, %s after, %s moved",
                Sizes.show(report.fileBytesBefore()),
                Sizes.show(report.fileBytesAfter()),
                Sizes.show(report.movedBytes())));
    return ExitCode.OK;
  }
}
