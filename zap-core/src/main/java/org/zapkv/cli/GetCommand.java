// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.zapkv.store.ZapEntry;
import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "get",
    description = "Prints the value of a key, as it is stored, and a newline.",
    footer = {
      "",
      "A value that is an integer is printed in decimal digits.",
      "Exit code 1 if the key, or the map, is not there.",
      "",
      "Examples:",
      "  zap get books titles 42",
      "  zap get --json books titles 42"
    })
final class GetCommand extends KeyCommand {
  @Option(names = "--long", description = "Refuse (exit code 1) a value that is no integer.")
  private boolean longValues;

  GetCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    byte[] key = key(parser(longValues));
    try (ZapStore store = openToRead()) {
      ZapEntry entry = existingMap(store).entry(key);
      if (entry == null) {
        throw noSuchKey();
      }
      if (json()) {
        report("key", entry.key());
        report("value", longValues || entry.isLong() ? entry.longValue() : entry.value());
        return ExitCode.OK;
      }
      if (longValues || entry.isLong()) {
        out().print(Long.toString(entry.longValue()));
      } else if (hex()) {
        Hex.write(entry.value(), out());
      } else {
        out().write(entry.value());
      }
      out().write('\n');
    }
    return ExitCode.OK;
  }
}
