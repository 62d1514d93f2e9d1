// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;

/** Gives new objects their numbers. */
final class ObjectNumbers {

  /*
   * Implementation notes
   *
   * Three sources, in this order: free numbers that are known; a sweep over the blocks of dnodes that
   * were there when the store was opened, a few blocks per call; numbers beyond all that.
   *
   * A number is found once only. The sweep passes each block once, and what it has not reached yet
   * was not given out by this object. A number that becomes free ("reclaim", after the group that
   * destroyed its object is durable) in a block that the sweep has yet to pass is left to the sweep,
   * which finds its dnode free.
   *
   * The lock is held while blocks of dnodes are read. The syncing thread does not take it: what it
   * reclaims goes through a queue.
   */

  private static final int MAX_SWEEP_BLOCKS = 8;

  private final MetaObject meta;
  private final ReentrantLock lock = new ReentrantLock();
  private final Queue<Long> reclaimed = new ConcurrentLinkedQueue<>();
  private final long sweepEnd;

  /* Guarded by the lock. */
  private final Deque<Long> free = new ArrayDeque<>();
  private long sweepBlock;
  private long next;

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

  /** A number is free again; the group that destroyed its object is durable. */
  void reclaim(long objectId) {
    reclaimed.add(objectId);
  }

  private void acceptReclaimed() {
    for (Long number = reclaimed.poll(); number != null; number = reclaimed.poll()) {
      long block = DnodeLayout.metaBlockOf(number);
      if (block < sweepBlock || block >= sweepEnd) {
        free.addLast(number);
      }
    }
  }

  private void sweepNext() {
    long bits = meta.freeDnodes(sweepBlock);
    long first = sweepBlock * DnodeLayout.PER_META_BLOCK;
    for (int slot = 0; slot < DnodeLayout.PER_META_BLOCK; slot++) {
      if ((bits & 1L << slot) != 0 && first + slot != MetaObject.OBJECT_ID) {
        free.addLast(first + slot);
      }
    }
    sweepBlock++;
  }
}
