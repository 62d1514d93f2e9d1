// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.nio.charset.StandardCharsets;
import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;

@Command(
    name = "maps",
    description = "Prints the names of the maps of a store, one per line, sorted.",
    footer = {
      "",
      "Control characters and backslashes in a name are escaped as in scan.",
      "",
      "Examples:",
      "  zap maps books",
      "  zap maps --json books"
    })
final class MapsCommand extends StoreCommand {
  MapsCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    try (ZapStore store = openToRead()) {
      if (json()) {
        report("maps", store.mapNames());
        return ExitCode.OK;
      }
      for (String name : store.mapNames()) {
        Escapes.write(name.getBytes(StandardCharsets.UTF_8), out());
        out().write('\n');
      }
    }
    return ExitCode.OK;
  }
}
