// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/** MapDB. */
public final class MapDbKind implements StoreKind {
  /** Opens MapDB. */
  public MapDbKind() {}

  @Override
  public String title() {
    return "MapDB";
  }

  @Override
  public String settings() {
    return "an `HTreeMap` in a mapped file with `transactionEnable()`, its write-ahead log; durable:"
        + " `DB.commit()`. It has one transaction for all threads, so changes and commits are made under a lock. Maps are"
        + " prefixes of keys; a scan is a copy made at its beginning";
  }

  @Override
  public String promise() {
    return "with `transactionEnable()` changes go to a write-ahead log; `commit()` makes all of them"
        + " durable, and after a crash the store is as of the last commit (mapdb.org, \"Transactions\""
        + " and \"Performance and durability\", and Javadoc of `DBMaker.transactionEnable`)";
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(
        Capability.BATCH,
        Capability.BATCH_OVER_MAPS,
        Capability.DURABLE,
        Capability.ORDERED,
        Capability.SURVIVES_KILL);
  }

  @Override
  public Subject open(Place place, OpenOptions options) throws IOException {
    Path path = place.directory(title());
    Files.createDirectories(path);
    return new MapDbSubject(path, options);
  }
}
