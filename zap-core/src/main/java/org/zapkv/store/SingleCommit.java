// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import org.zapkv.error.CacheFullException;
import org.zapkv.pool.Transaction;

/** A commit of one change, as {@link Commit} makes it, without what only several changes need. */
final class SingleCommit {
  private SingleCommit() {}

  /** Makes the change; returns the sequence of its record. */
  static long run(ZapStore store, Change change) {
    store.checkWritable();
    CommitLog.Room room = store.commitLog().reserve(CommitRecord.reservedBytes(change));
    try (Transaction tx = begin(store, change)) {
      // From here on, until the transaction ends, the map is neither dropped nor cleared.
      change.key.map.checkAlive();
      BatchApplier applier = new BatchApplier(store, tx);
      long sequence = make(store, applier, change);
      applier.release(change);
      return sequence;
    } catch (CacheFullException e) {
      throw BatchApplier.told(e);
    } finally {
      room.giveBack();
    }
  }

  private static Transaction begin(ZapStore store, Change change) {
    long bytes = Commit.expectedBytes(change);
    return change.isRemoval() ? store.beginFreeing(bytes) : store.begin(bytes);
  }

  private static long make(ZapStore store, BatchApplier applier, Change change) {
    applier.prepare(change);
    int stripe = store.stripes().lock(change.key);
    try {
      applier.apply(change);
      return store.commitLog().append(change);
    } catch (RuntimeException | Error e) {
      applier.putBack(Changes.of(change), e);
      throw e;
    } finally {
      store.stripes().unlock(stripe);
    }
  }
}
