// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.Condition;
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
   *
   * A stripe is a word: FREE --take--> TAKEN --somebody waits--> WANTED --let go--> FREE. A change
   * takes about a microsecond, and to put a thread to sleep and wake it up takes many: so a thread
   * that finds a stripe taken looks for a while before it sleeps. Who goes to sleep sets WANTED under
   * the lock of the room and sleeps there unless the stripe was free, in which case it has it now.
   * Who lets a wanted stripe go wakes all in the room, under the same lock: so nobody goes to sleep
   * between his look and the call. Stripes are not handed on in the order of arrival, and are not
   * taken twice by one thread.
   */

  static final int COUNT = 1 << 14;

  private static final int SHIFT = Long.SIZE - 14;
  private static final long MIX = 0x9E3779B97F4A7C15L;

  private static final int FREE = 0;
  private static final int TAKEN = 1;

  /** Taken, and somebody may wait for it. */
  private static final int WANTED = 2;

  /** A change takes less time than this many looks, unless its thread lost the processor. */
  private static final int LOOKS = 100;

  private static final int ROOMS = 64;

  private final AtomicIntegerArray words = new AtomicIntegerArray(COUNT);
  private final Room[] rooms = new Room[ROOMS];

  /** Where those wait who want one of some stripes. */
  private static final class Room {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition letGo = lock.newCondition();
  }

  KeyStripes() {
    Arrays.setAll(rooms, i -> new Room());
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
    if (words.getAndSet(index, FREE) == WANTED) {
      Room room = rooms[index % ROOMS];
      room.lock.lock();
      try {
        room.letGo.signalAll();
      } finally {
        room.lock.unlock();
      }
    }
  }

  private void lock(int index) {
    if (!words.compareAndSet(index, FREE, TAKEN)) {
      lockTaken(index);
    }
  }

  private void lockTaken(int index) {
    for (int i = 0; i < LOOKS; i++) {
      Thread.onSpinWait();
      if (words.get(index) == FREE && words.compareAndSet(index, FREE, TAKEN)) {
        return;
      }
    }
    Room room = rooms[index % ROOMS];
    room.lock.lock();
    try {
      while (words.getAndSet(index, WANTED) != FREE) {
        room.letGo.awaitUninterruptibly();
      }
    } finally {
      room.lock.unlock();
    }
  }

  /** Takes the stripes of all keys that are changed; the result goes to {@link #unlock}. */
  BitSet lock(List<Change> changes) {
    BitSet indexes = new BitSet(COUNT);
    for (Change change : changes) {
      indexes.set(indexOf(change.key));
    }
    for (int i = indexes.nextSetBit(0); i >= 0; i = indexes.nextSetBit(i + 1)) {
      lock(i);
    }
    return indexes;
  }

  void unlock(BitSet indexes) {
    for (int i = indexes.nextSetBit(0); i >= 0; i = indexes.nextSetBit(i + 1)) {
      unlock(i);
    }
  }
}
