// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;

@Command(name = "count", description = "Prints the number of entries of a map.")
final class CountCommand extends MapCommand {
  CountCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    try (ZapStore store = openToRead()) {
      out().println(Long.toString(existingMap(store).size()));
    }
    return ExitCode.OK;
  }
}
