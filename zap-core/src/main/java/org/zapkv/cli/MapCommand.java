// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;
import picocli.CommandLine.Parameters;

/** What the commands on one map have in common. */
abstract class MapCommand extends StoreCommand {
  @Parameters(index = "1", paramLabel = "MAP", description = "The name of the map.")
  private String map;

  MapCommand(Streams streams) {
    super(streams);
  }

  String mapName() {
    return map;
  }

  ZapMap existingMap(ZapStore opened) {
    checkMapName(map);
    return opened.existingMap(map);
  }
}
