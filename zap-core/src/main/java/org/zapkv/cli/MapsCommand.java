// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.nio.charset.StandardCharsets;
import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;

@Command(
    name = "maps",
    description = "Prints the names of the maps of a store, one per line, sorted.",
    footer = {"", "Control characters and backslashes in a name are escaped as in scan."})
final class MapsCommand extends StoreCommand {
  MapsCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    try (ZapStore store = openToRead()) {
      for (String name : store.mapNames()) {
        Escapes.write(name.getBytes(StandardCharsets.UTF_8), out());
        out().write('\n');
      }
    }
    return ExitCode.OK;
  }
}
