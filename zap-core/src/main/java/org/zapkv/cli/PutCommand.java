// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.nio.charset.StandardCharsets;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "put",
    description = "Adds an entry or replaces its value. It is on disk when the command ends.",
    footer = {
      "",
      "Creates the store and the map where they are not there.",
      "",
      "Examples:",
      "  zap put books titles 43 \"Mostly Harmless\"",
      "  zap put --long books years 43 1992"
    })
final class PutCommand extends KeyCommand {
  @Parameters(index = "3", paramLabel = "VALUE", description = "The value.")
  private String valueText;

  @Option(names = "--long", description = "The value is an integer, in decimal digits.")
  private boolean longValues;

  PutCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    checkMapName(mapName());
    checkEncoding("VALUE", valueText);
    EntryParser parser = parser(longValues);
    byte[] key = key(parser);
    byte[] text = valueText.getBytes(StandardCharsets.UTF_8);
    refuseIf(parser.parseValue(text, 0, text.length));
    try (ZapStore store = openOrCreate()) {
      ZapMap map = store.map(mapName());
      if (longValues) {
        map.putLong(key, parser.longValue());
      } else {
        map.put(key, parser.value());
      }
      store.sync();
    }
    return ExitCode.OK;
  }
}
