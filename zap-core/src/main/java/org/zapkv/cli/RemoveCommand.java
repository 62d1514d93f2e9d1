// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;

@Command(
    name = "rm",
    description = "Removes an entry. It is gone from the disk when the command ends.",
    footer = {
      "",
      "Exit code 1 if the key, or the map, is not there.",
      "",
      "Example:",
      "  zap rm books titles 42"
    })
final class RemoveCommand extends KeyCommand {
  RemoveCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    byte[] key = key(parser(false));
    try (ZapStore store = openExisting()) {
      if (!existingMap(store).remove(key)) {
        throw noSuchKey();
      }
      store.sync();
    }
    return ExitCode.OK;
  }
}
