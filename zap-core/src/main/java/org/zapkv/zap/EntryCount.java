// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.concurrent.locks.ReentrantLock;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/** The number of entries in the header of a table, and who changes it. */
final class EntryCount {
  private final BlockObject object;

  /** Guards the numbers in the header; below the leaf locks. */
  private final ReentrantLock lock = new ReentrantLock();

  /** How often the number was changed; guarded by the lock. */
  private long changes;

  EntryCount(BlockObject object) {
    this.object = object;
  }

  /** How many entries a table has, but for those that are only values of others. */
  long read(FatHeader header) {
    lock.lock();
    try {
      return header.entryCount() - (header.isOverflow() ? header.apartCount() : 0);
    } finally {
      lock.unlock();
    }
  }

  /** Whether a table has nothing in it, not even values of others. */
  boolean isZero(FatHeader header) {
    lock.lock();
    try {
      return header.entryCount() == 0;
    } finally {
      lock.unlock();
    }
  }

  /** Changes whenever the number does, so that a walk knows if it was disturbed. */
  long changes() {
    lock.lock();
    try {
      return changes;
    } finally {
      lock.unlock();
    }
  }

  /** Counts an entry in; one with a mark is only a value of another. */
  void increment(FatHeader header, int mark, Transaction tx) {
    object.dirty(header.buffer(), tx);
    add(header, 1, mark);
  }

  /** Counts an entry out. The header is dirty, so that this cannot fail. */
  void decrement(FatHeader header, int mark) {
    add(header, -1, mark);
  }

  private void add(FatHeader header, int delta, int mark) {
    lock.lock();
    try {
      header.addEntries(delta);
      if (mark == LeafLayout.MARK_VALUE_OF_OTHER) {
        header.addApart(delta);
      }
      changes++;
    } finally {
      lock.unlock();
    }
  }
}
