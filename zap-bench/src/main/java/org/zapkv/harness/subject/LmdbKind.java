// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** LMDB. */
public final class LmdbKind implements StoreKind {
  private static final List<String> JVM_FLAGS =
      List.of(
          "--add-opens=java.base/java.nio=ALL-UNNAMED",
          "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");

  /** Opens LMDB. */
  public LmdbKind() {}

  @Override
  public String title() {
    return "LMDB";
  }

  @Override
  public String settings() {
    return "no flags but `MDB_NOTLS`, so each transaction is flushed when it commits; map size 16 GiB;"
        + " maps are prefixes of keys; of keys over 511 bytes, which it does not take, the end is a"
        + " digest and the whole is in the value";
  }

  @Override
  public String promise() {
    return "fully transactional with full ACID semantics; pages are copied on write, never overwritten,"
        + " and no special recovery is needed after a crash of the system; a commit is flushed, unless"
        + " `MDB_NOSYNC` or `MDB_NOMETASYNC` is set (introduction and `mdb_env_open` in `lmdb.h`)";
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
  public List<String> jvmFlags() {
    return JVM_FLAGS;
  }

  @Override
  public Subject open(Place place, OpenOptions options) throws IOException {
    Path path = place.directory(title());
    Files.createDirectories(path);
    return new LmdbSubject(path, options);
  }
}
