// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "rename",
    description = "Gives a map another name.",
    footer = {
      "",
      "Exit code 1 if the map is not there, or there is one of the new name.",
      "",
      "Example:",
      "  zap rename books titles novels"
    })
final class RenameCommand extends MapCommand {
  @Parameters(index = "2", paramLabel = "NEW", description = "The name that it gets.")
  private String newName;

  RenameCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    checkMapName(mapName());
    checkMapName(newName);
    try (ZapStore store = openExisting()) {
      store.renameMap(mapName(), newName);
    }
    return ExitCode.OK;
  }
}
