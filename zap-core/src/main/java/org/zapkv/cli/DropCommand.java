// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;

@Command(
    name = "drop",
    description =
        "Drops a map, with all its entries. It is gone from the disk when the command ends.",
    footer = {
      "",
      "The space is free again then, too, but for what cannot be read: see check.",
      "Exit code 1 if the map is not there.",
      "",
      "Example:",
      "  zap drop books titles"
    })
final class DropCommand extends MapCommand {
  DropCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    checkMapName(mapName());
    try (ZapStore store = openExisting()) {
      store.dropMap(mapName());
      store.awaitFreed();
    }
    return ExitCode.OK;
  }
}
