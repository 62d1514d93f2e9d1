// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.concurrent.atomic.LongAdder;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/** The number of entries in the header of a table, and who changes it. */
final class EntryCount {
  /*
   * Implementation notes.
   *
   * Both numbers are changed with the lock of the entry's leaf held, and `changes` first. So who
   * looks at `changes`, then at every leaf under its lock, then at the number, and then at `changes`
   * again, and finds it the same, has seen a number that goes with the leaves: a change that the
   * number has in it, but the first look had not, is in the second.
   *
   * How many entries of an overflow are values of others is changed with the map's structure lock
   * held exclusively, like everything in the overflow.
   */

  private final BlockObject object;

  /** How often the number was changed. */
  private final LongAdder changes = new LongAdder();

  EntryCount(BlockObject object) {
    this.object = object;
  }

  /** How many entries a table has, but for those that are only values of others. */
  long read(FatHeader header) {
    return header.entryCount() - (header.isOverflow() ? header.apartCount() : 0);
  }

  /** Whether a table has nothing in it, not even values of others. */
  boolean isZero(FatHeader header) {
    return header.entryCount() == 0;
  }

  /** Changes whenever the number does, so that a walk knows if it was disturbed. */
  long changes() {
    return changes.sum();
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
    changes.increment();
    header.addEntries(delta);
    if (mark == LeafLayout.MARK_VALUE_OF_OTHER) {
      header.addApart(delta);
    }
  }
}
