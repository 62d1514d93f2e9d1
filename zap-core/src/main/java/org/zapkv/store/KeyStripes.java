// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.AbstractQueuedSynchronizer;
import org.jspecify.annotations.Nullable;

/** Locks that keys share: who has a key's changes the key and appends the change to the log. */
final class KeyStripes {
  /*
   * Two changes of one key must be in the log in the order in which they were made in the map, or a
   * replay would leave the older one. So a change holds its key's stripe from before the map is
   * changed until the record is appended. A batch holds those of all its keys, taken in ascending
   * order, so that two batches never wait for each other. They are taken inside a transaction, never
   * the other way round: a transaction that waits for a stripe waits for one that is inside, too,
   * and so can end while the group is being closed.
   *
   * A change takes about a microsecond, and to put a thread to sleep and wake it up takes many: so a
   * thread that finds a stripe taken looks for a while before it sleeps. Stripes are not handed on in
   * the order of arrival, and are not taken twice by one thread. To let one go takes no memory, so
   * that it cannot fail.
   */

  static final int COUNT = 1 << 14;

  private static final int SHIFT = Long.SIZE - 14;
  private static final long MIX = 0x9E3779B97F4A7C15L;

  private static final int FREE = 0;
  private static final int TAKEN = 1;

  /** A change takes less time than this many looks, unless its thread lost the processor. */
  private static final int LOOKS = 100;

  /** Made when first used. */
  private final AtomicReferenceArray<@Nullable Stripe> stripes = new AtomicReferenceArray<>(COUNT);

  /** A lock that only says whether it is taken. */
  private static final class Stripe extends AbstractQueuedSynchronizer {
    private static final long serialVersionUID = 1;

    void lock() {
      for (int i = 0; i < LOOKS; i++) {
        if (getState() == FREE && compareAndSetState(FREE, TAKEN)) {
          return;
        }
        Thread.onSpinWait();
      }
      acquire(TAKEN);
    }

    @Override
    protected boolean tryAcquire(int taken) {
      return compareAndSetState(FREE, taken);
    }

    @Override
    protected boolean tryRelease(int free) {
      setState(free);
      return true;
    }
  }

  static int indexOf(MapKey key) {
    return (int) ((key.hashCode() * MIX) >>> SHIFT);
  }

  /**
   * Takes the stripe of a key, for who changes only that one; the result goes to {@link #unlock}.
   */
  int lock(MapKey key) {
    int index = indexOf(key);
    lock(index);
    return index;
  }

  void unlock(int index) {
    Objects.requireNonNull(stripes.get(index)).release(FREE);
  }

  private void lock(int index) {
    Stripe stripe = stripes.get(index);
    (stripe == null ? make(index) : stripe).lock();
  }

  private Stripe make(int index) {
    Stripe made = new Stripe();
    Stripe present = stripes.compareAndExchange(index, null, made);
    return present == null ? made : present;
  }

  /** Takes the stripes of all keys that are changed; the result goes to {@link #unlock}. */
  BitSet lock(List<Change> changes) {
    BitSet indexes = new BitSet(COUNT);
    for (Change change : changes) {
      indexes.set(indexOf(change.key));
    }
    return lock(indexes);
  }

  /** Takes the stripes of these numbers; they go to {@link #unlock}. */
  BitSet lock(BitSet indexes) {
    int index = indexes.nextSetBit(0);
    try {
      for (; index >= 0; index = indexes.nextSetBit(index + 1)) {
        lock(index);
      }
    } catch (RuntimeException | Error e) {
      indexes.clear(index, COUNT);
      unlock(indexes);
      throw e;
    }
    return indexes;
  }

  void unlock(BitSet indexes) {
    for (int i = indexes.nextSetBit(0); i >= 0; i = indexes.nextSetBit(i + 1)) {
      unlock(i);
    }
  }
}
