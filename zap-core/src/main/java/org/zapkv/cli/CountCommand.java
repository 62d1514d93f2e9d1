// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;

@Command(
    name = "count",
    description = "Prints the number of entries of a map.",
    footer = {"", "Example:", "  zap count books titles"})
final class CountCommand extends MapCommand {
  CountCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    try (ZapStore store = openToRead()) {
      long entries = existingMap(store).size();
      if (json()) {
        report("entries", entries);
      } else {
        out().println(Long.toString(entries));
      }
    }
    return ExitCode.OK;
  }
}
