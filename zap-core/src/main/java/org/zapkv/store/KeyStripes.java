// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** Locks that keys share: who has a key's changes the key and appends the change to the log. */
final class KeyStripes {
  /*
   * Two changes of one key must be in the log in the order in which they were made in the map, or a
   * replay would leave the older one. So a change holds its key's stripe from before the map is
   * changed until the record is appended. A batch holds those of all its keys, taken in ascending
   * order, so that two batches never wait for each other. They are taken inside a transaction, never
   * the other way round: a transaction that waits for a stripe waits for one that is inside, too,
   * and so can end while the group is being closed.
   */

  static final int COUNT = 256;

  private static final int SHIFT = Long.SIZE - 8;
  private static final long MIX = 0x9E3779B97F4A7C15L;

  private final ReentrantLock[] locks = new ReentrantLock[COUNT];

  KeyStripes() {
    Arrays.setAll(locks, i -> new ReentrantLock());
  }

  static int indexOf(MapKey key) {
    return (int) ((key.hashCode() * MIX) >>> SHIFT);
  }

  /** The stripe of a key, for who changes only that one. */
  ReentrantLock of(MapKey key) {
    return locks[indexOf(key)];
  }

  /** Takes the stripes of all keys that are changed; the result goes to {@link #unlock}. */
  BitSet lock(List<Change> changes) {
    BitSet indexes = new BitSet(COUNT);
    for (Change change : changes) {
      indexes.set(indexOf(change.key));
    }
    for (int i = indexes.nextSetBit(0); i >= 0; i = indexes.nextSetBit(i + 1)) {
      locks[i].lock();
    }
    return indexes;
  }

  void unlock(BitSet indexes) {
    for (int i = indexes.nextSetBit(0); i >= 0; i = indexes.nextSetBit(i + 1)) {
      locks[i].unlock();
    }
  }
}
