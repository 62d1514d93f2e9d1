// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.zapkv.error.StoreFullException;

/**
 * Foresees whether what is changed in memory will find room on the device, so that a full device is
 * reported before a change is made and not when it is written.
 */
final class SpaceBudget {

  /*
   * Implementation notes
   *
   * Needed: the dirty blocks of both groups, their trailers and second copies, and the blocks above
   * them, two copies of each, each block counted once (of scattered changes these are the larger
   * part; they count until the group is durable, also when the blocks below were written early);
   * what open transactions said they may still change, and an eighth of that for the blocks above. A
   * reserve stays untouched by ordinary transactions; those that free space may use most of it. It
   * grows with the device up to a bound.
   *
   * What is needed has to find room in pieces as large as the largest block among it (of those dirty,
   * and of those announced: a change of a map announces eight blocks, a removal fewer; some of it,
   * dnodes, in pieces of a size of their own. A quarter of the reserve has to be in such pieces too,
   * for those that free space.
   *
   * The figures are read without a lock while others change them. The reserve covers that.
   */

  private static final int GROUP_RING = 4;
  private static final int OVERHEAD_SHIFT = 3;
  private static final int RESERVE_SHIFT = 3;
  private static final long MIN_RESERVE_BYTES = 256 << 10;
  private static final long MAX_RESERVE_BYTES = 64 << 20;

  /** Among how many blocks what a transaction announces is divided. */
  private static final int ANNOUNCED_SHIFT = 3;

  private static final int ANNOUNCED_FREEING_SHIFT = 2;

  /** The largest block of a map. */
  private static final int MAX_LEAF_BYTES = 128 << 10;

  /** A block of dnodes with all that is stored with it. */
  private static final int DNODES_BYTES = 33 << 10;

  /** What is stored with a block, at most. */
  private static final int WITH_BLOCK_BYTES = 512;

  private final Pool pool;
  private final AtomicLongArray dirtyBytes = new AtomicLongArray(GROUP_RING);
  private final AtomicLongArray aboveBytes = new AtomicLongArray(GROUP_RING);
  private final AtomicLongArray changedObjects = new AtomicLongArray(GROUP_RING);

  /** In an adder, as every transaction writes it twice; who has added sees his own in the sum. */
  private final LongAdder expectedBytes = new LongAdder();

  /** The largest dirty block of each group. */
  private final AtomicLongArray largestBytes = new AtomicLongArray(GROUP_RING);

  SpaceBudget(Pool pool) {
    this.pool = pool;
  }

  void addDirty(long group, long bytes) {
    dirtyBytes.addAndGet(ringIndex(group), bytes);
    if (bytes > largestBytes.get(ringIndex(group))) {
      largestBytes.accumulateAndGet(ringIndex(group), bytes, Math::max);
    }
  }

  void addAbove(long group, long bytes) {
    aboveBytes.addAndGet(ringIndex(group), bytes);
  }

  /** Counts an object that is changed in a group; returns how many there are in it now. */
  long addChangedObject(long group) {
    return changedObjects.incrementAndGet(ringIndex(group));
  }

  /** How many objects were changed in groups that are not durable. */
  long changedObjects() {
    long sum = 0;
    for (int i = 0; i < GROUP_RING; i++) {
      sum += changedObjects.get(i);
    }
    return sum;
  }

  /** The group is durable: nothing of it is dirty any more. */
  void forget(long group) {
    dirtyBytes.set(ringIndex(group), 0);
    aboveBytes.set(ringIndex(group), 0);
    changedObjects.set(ringIndex(group), 0);
    largestBytes.set(ringIndex(group), 0);
  }

  long dirtyBytes() {
    long sum = 0;
    for (int i = 0; i < GROUP_RING; i++) {
      sum += dirtyBytes.get(i);
    }
    return Math.max(0, sum);
  }

  long dirtyBytes(long group) {
    return dirtyBytes.get(ringIndex(group));
  }

  /** Reserves room for a transaction if there is enough; to be given back with {@link #release}. */
  boolean tryReserve(long bytes, boolean freeing) {
    expectedBytes.add(bytes);
    if (hasRoom(bytes, freeing)) {
      return true;
    }
    expectedBytes.add(-bytes);
    return false;
  }

  void release(long bytes) {
    expectedBytes.add(-bytes);
  }

  StoreFullException full(long bytes) {
    return new StoreFullException(
        "%s is full: %d bytes are free, maybe in small pieces, %d wait to be written and %d more are needed; remove something or make room on the device%s"
            .formatted(
                pool.deviceName(),
                pool.allocatableBytes(),
                dirtyBytes(),
                bytes,
                pool.space().hint()));
  }

  private boolean hasRoom(long bytes, boolean freeing) {
    long expected = expectedBytes.sum();
    long above = 0;
    long largest = 0;
    for (int i = 0; i < GROUP_RING; i++) {
      above += aboveBytes.get(i);
      largest = Math.max(largest, largestBytes.get(i));
    }
    long planned = dirtyBytes() + expected + (expected >> OVERHEAD_SHIFT) + above;
    long reserve =
        Math.max(
            MIN_RESERVE_BYTES, Math.min(MAX_RESERVE_BYTES, pool.capacityBytes() >> RESERVE_SHIFT));
    if (planned + (freeing ? reserve / 4 : reserve) > pool.allocatableBytes()) {
      return false;
    }
    long announced = bytes >> (freeing ? ANNOUNCED_FREEING_SHIFT : ANNOUNCED_SHIFT);
    int piece = (int) Math.max(largest, Math.min(announced, MAX_LEAF_BYTES)) + WITH_BLOCK_BYTES;
    long inPieces = planned + (freeing ? 0 : reserve / 4);
    if (pool.hasRoomBehind(inPieces + above, Math.max(piece, DNODES_BYTES))) {
      return true;
    }
    return pool.hasRoom(above + DNODES_BYTES, DNODES_BYTES) && pool.hasRoom(inPieces, piece);
  }

  private static int ringIndex(long group) {
    return (int) (group % GROUP_RING);
  }
}
