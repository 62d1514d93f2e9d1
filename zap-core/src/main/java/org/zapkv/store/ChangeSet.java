// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The changes of a batch, of each key one at most, found by their keys: a hash map without objects
 * of its own. While nobody puts or clears any thread may look into it.
 */
final class ChangeSet {
  /*
   * The changes are in an array, in the order in which their keys came. A table leads to them: a
   * slot that is not empty has the hash of a key in its upper half, and in its lower half the number
   * of the change, from 1. A key is in the first free slot from the one that its hash says on. At
   * least half of the slots are empty, so that one is found soon.
   */

  private static final int LEAST_CHANGES = 8;
  private static final int SLOTS_PER_CHANGE = 2;
  private static final int EMPTY = 0;

  private Change[] changes = new Change[LEAST_CHANGES];
  private long[] slots = new long[LEAST_CHANGES * SLOTS_PER_CHANGE];
  private int size;

  /** Adds a change; returns the one that it takes the place of, null if there is none. */
  @Nullable Change put(Change change) {
    int hash = change.key.hashCode();
    int slot = slotOf(change.key, hash);
    if (slots[slot] != EMPTY) {
      int number = number(slots[slot]);
      Change replaced = changes[number];
      changes[number] = change;
      return replaced;
    }
    if (size == changes.length) {
      grow();
      slot = slotOf(change.key, hash);
    }
    changes[size++] = change;
    slots[slot] = entry(hash, size);
    return null;
  }

  /** The change of a key, or null. */
  @Nullable Change get(MapKey key) {
    long entry = slots[slotOf(key, key.hashCode())];
    return entry == EMPTY ? null : changes[number(entry)];
  }

  int size() {
    return size;
  }

  /** All changes, in a new array. */
  Change[] toArray() {
    return Arrays.copyOf(changes, size);
  }

  void clear() {
    Arrays.fill(changes, 0, size, null);
    Arrays.fill(slots, EMPTY);
    size = 0;
  }

  private static long entry(int hash, int number) {
    return ((long) hash << Integer.SIZE) | number;
  }

  private static int number(long entry) {
    return (int) entry - 1;
  }

  /** The slot of a key: the one that it is in, or the one that it would be put into. */
  private int slotOf(MapKey key, int hash) {
    int slot = first(hash);
    while (slots[slot] != EMPTY && !isOf(slots[slot], key, hash)) {
      slot = (slot + 1) & (slots.length - 1);
    }
    return slot;
  }

  private boolean isOf(long entry, MapKey key, int hash) {
    return (int) (entry >>> Integer.SIZE) == hash && changes[number(entry)].key.equals(key);
  }

  private int first(int hash) {
    return hash & (slots.length - 1);
  }

  private void grow() {
    // Both arrays are there before either is used: if there is no memory the set is as before.
    Change[] more = Arrays.copyOf(changes, 2 * size);
    long[] moreSlots = new long[more.length * SLOTS_PER_CHANGE];
    long[] before = slots;
    changes = more;
    slots = moreSlots;
    for (long entry : before) {
      if (entry != EMPTY) {
        int slot = first((int) (entry >>> Integer.SIZE));
        while (slots[slot] != EMPTY) {
          slot = (slot + 1) & (slots.length - 1);
        }
        slots[slot] = entry;
      }
    }
  }
}
