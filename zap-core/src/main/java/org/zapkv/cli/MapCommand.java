// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.Map;
import org.jspecify.annotations.Nullable;
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

  @Override
  Map<String, @Nullable Object> subject() {
    Map<String, @Nullable Object> members = super.subject();
    members.put("map", map);
    return members;
  }

  ZapMap existingMap(ZapStore opened) {
    checkMapName(map);
    return opened.existingMap(map);
  }
}
