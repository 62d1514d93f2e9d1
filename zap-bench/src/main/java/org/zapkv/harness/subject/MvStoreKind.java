// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/** MVStore. */
public final class MvStoreKind implements StoreKind {
  /** Opens MVStore. */
  public MvStoreKind() {}

  @Override
  public String title() {
    return "MVStore";
  }

  @Override
  public String settings() {
    return "a `TransactionStore`, a transaction per commit, the background commit of the interval that a"
        + " run says; durable: `MVStore.commit()` and `sync()` after it; maps are prefixes of keys;"
        + " compacted: `compactFile`";
  }

  @Override
  public String promise() {
    return "`TransactionStore`: concurrent transactions, whose changes are all there or none after"
        + " `endLeftoverTransactions`; `MVStore.commit()` writes all changes as a new version,"
        + " `sync()` forces them to the storage; when it is opened the newest whole version is used"
        + " (h2database.com, \"MVStore\", \"Transactions\" and \"Log Structured Storage\", and Javadoc)";
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(
        Capability.BATCH,
        Capability.BATCH_OVER_MAPS,
        Capability.DURABLE,
        Capability.SURVIVES_KILL,
        Capability.COMPACT);
  }

  @Override
  public Subject open(Place place, OpenOptions options) throws IOException {
    Path path = place.directory(title());
    Files.createDirectories(path);
    return new MvStoreSubject(path, options);
  }
}
