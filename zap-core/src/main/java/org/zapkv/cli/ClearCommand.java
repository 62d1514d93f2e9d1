// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;

@Command(
    name = "clear",
    description =
        "Removes all entries of a map. They are gone from the disk when the command ends.",
    footer = {
      "",
      "The space is free again then, too, but for what cannot be read: see check.",
      "Exit code 1 if the map is not there.",
      "",
      "Example:",
      "  zap clear books titles"
    })
final class ClearCommand extends MapCommand {
  ClearCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    try (ZapStore store = openExisting()) {
      existingMap(store).clear();
      store.awaitFreed();
    }
    return ExitCode.OK;
  }
}
