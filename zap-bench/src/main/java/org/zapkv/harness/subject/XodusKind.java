// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/** Xodus. */
public final class XodusKind implements StoreKind {
  /** Opens Xodus. */
  public XodusKind() {}

  @Override
  public String title() {
    return "Xodus";
  }

  @Override
  public String settings() {
    return "`setLogDurableWrite(true)`, else the defaults without its beans for monitoring; an exclusive"
        + " transaction per commit; maps are prefixes of keys; compacted: `gc()`, which works in the"
        + " background";
  }

  @Override
  public String promise() {
    return "transactional and fully ACID-compliant (README); with `setLogDurableWrite(true)` each flush of"
        + " a transaction is forced to the disk, which is off by default (Javadoc of `Transaction` and of"
        + " `EnvironmentConfig.LOG_DURABLE_WRITE`); the log is only appended to, and a store that was not closed"
        + " is opened with the newest root that is whole";
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(
        Capability.BATCH,
        Capability.BATCH_OVER_MAPS,
        Capability.DURABLE,
        Capability.ORDERED,
        Capability.SURVIVES_KILL,
        Capability.COMPACT);
  }

  @Override
  public Subject open(Place place, OpenOptions options) throws IOException {
    Path path = place.directory(title());
    Files.createDirectories(path);
    return new XodusSubject(path, options);
  }
}
