// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/** RocksDB. */
public final class RocksDbKind implements StoreKind {
  /** Opens RocksDB. */
  public RocksDbKind() {}

  @Override
  public String title() {
    return "RocksDB";
  }

  @Override
  public String settings() {
    return "the defaults, but for memtables of a quarter of the cache, so that they are written; the"
        + " write-ahead log is on and written with each commit; durable: `WriteOptions.setSync(true)`;"
        + " maps are prefixes of keys, so a commit over maps is one `WriteBatch`";
  }

  @Override
  public String promise() {
    return "with `sync` a write is pushed to persistent storage before it returns; without, a crash"
        + " of the process loses nothing, one of the machine may lose recent writes; a `WriteBatch` is"
        + " atomic; what is recovered is the state of a point in time (Javadoc of"
        + " `WriteOptions.setSync`, RocksDB wiki, \"Basic Operations\" and \"WAL Recovery Modes\":"
        + " `kPointInTimeRecovery` is the default)";
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(
        Capability.BATCH,
        Capability.BATCH_OVER_MAPS,
        Capability.DURABLE,
        Capability.ORDERED,
        Capability.SURVIVES_KILL,
        Capability.COMPACT,
        Capability.SCRUB);
  }

  @Override
  public Subject open(Place place, OpenOptions options) throws IOException {
    Path path = place.directory(title());
    Files.createDirectories(path);
    return new RocksDbSubject(path, options);
  }
}
