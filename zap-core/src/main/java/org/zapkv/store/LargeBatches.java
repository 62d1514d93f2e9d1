// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/** The batches that are applied in parts, as long as they may have to be taken back. */
final class LargeBatches {
  /*
   * Between two parts such a batch holds no stripe, so others may change what it has changed. If it
   * fails after that, it must not put back the old value over theirs. Comparing values does not do:
   * theirs may be the same. So whoever changes a key tells the batches under way, under the key's
   * stripe, and each marks its own change of that key.
   *
   * The sets are only read here. Their owner may change them again once end() has returned: it waits
   * for those who still look.
   */

  private final List<ChangeSet> running = new CopyOnWriteArrayList<>();
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

  void begin(ChangeSet batch) {
    running.add(batch);
  }

  void end(ChangeSet batch) {
    lock.writeLock().lock();
    try {
      running.removeIf(other -> other == batch);
    } finally {
      lock.writeLock().unlock();
    }
  }

  /**
   * Whether there are any whose changes others could overtake.
   *
   * @param own one that does not count, as no batch overtakes itself; or null
   */
  boolean areThereOthers(@Nullable ChangeSet own) {
    if (running.isEmpty()) {
      return false;
    }
    for (ChangeSet batch : running) {
      if (batch != own) {
        return true;
      }
    }
    return false;
  }

  /** Tells the batches that a key has changed; true if one of them had changed it before. */
  boolean overtake(Change change) {
    lock.readLock().lock();
    try {
      boolean overtook = false;
      for (ChangeSet batch : running) {
        Change other = batch.get(change.key);
        overtook |= other != null && other != change && other.overtake();
      }
      return overtook;
    } finally {
      lock.readLock().unlock();
    }
  }
}
