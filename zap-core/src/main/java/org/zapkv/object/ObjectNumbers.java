// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;

/** Gives new objects their numbers. */
final class ObjectNumbers {

  /*
   * Implementation notes
   *
   * Three sources, in this order: free numbers that are known; a sweep over the blocks of dnodes that
   * were there when the store was opened, a few blocks per call; numbers beyond all that.
   *
   * A number is found once only. The sweep passes each block once, and what it has not reached yet
   * was not given out by this object. Numbers of objects destroyed meanwhile are none of its business:
   * it would find the dnode of one free while the group that destroyed the object is still being
   * written. It passes them over ("destroyed"); they come by themselves ("reclaim") once that group
   * is durable and nobody has the object open.
   *
   * The lock is held while blocks of dnodes are read. The syncing thread does not take it: what it
   * reclaims goes through a queue.
   */

  private static final int MAX_SWEEP_BLOCKS = 8;

  private final MetaObject meta;
  private final ReentrantLock lock = new ReentrantLock();
  private final Queue<Long> reclaimed = new ConcurrentLinkedQueue<>();

  /** Those that the sweep has to pass over. */
  private final Set<Long> destroyed = ConcurrentHashMap.newKeySet();

  private final long sweepEnd;

  /* Guarded by the lock. */
  private final Deque<Long> free = new ArrayDeque<>();
  private long next;

  /** Written under the lock. */
  private volatile long sweepBlock;

  ObjectNumbers(MetaObject meta) {
    this.meta = meta;
    this.sweepEnd = meta.capacity() / DnodeLayout.PER_META_BLOCK;
    this.next = Math.max(1, meta.capacity());
  }

  /** A number that no object has. */
  long take() {
    lock.lock();
    try {
      acceptReclaimed();
      for (int i = 0; i < MAX_SWEEP_BLOCKS && free.isEmpty() && sweepBlock < sweepEnd; i++) {
        sweepNext();
      }
      Long found = free.pollFirst();
      return found != null ? found : next++;
    } finally {
      lock.unlock();
    }
  }

  /** An object is about to be destroyed, in a group that is still open. */
  void destroyed(long objectId) {
    long block = DnodeLayout.metaBlockOf(objectId);
    if (block >= sweepBlock && block < sweepEnd) {
      destroyed.add(objectId);
    }
  }

  /** A number is free again: its object is durably destroyed, and closed by everybody. */
  void reclaim(long objectId) {
    reclaimed.add(objectId);
  }

  private void acceptReclaimed() {
    for (Long number = reclaimed.poll(); number != null; number = reclaimed.poll()) {
      free.addLast(number);
    }
  }

  private void sweepNext() {
    long block = sweepBlock;
    long bits;
    try {
      bits = meta.freeDnodes(block);
    } catch (CorruptException | DeviceException e) {
      // Its free numbers are lost until it is mended; new objects need not fail for that.
      bits = 0;
    }
    long first = block * DnodeLayout.PER_META_BLOCK;
    for (int slot = 0; slot < DnodeLayout.PER_META_BLOCK; slot++) {
      long number = first + slot;
      boolean isFree = (bits & 1L << slot) != 0 && number != MetaObject.OBJECT_ID;
      if (!destroyed.remove(number) && isFree) {
        free.addLast(number);
      }
    }
    sweepBlock = block + 1;
  }
}
