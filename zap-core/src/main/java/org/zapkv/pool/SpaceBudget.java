// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
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
   * them, two copies of each, each block counted once (of scattered changes these are the larger part;
   * they count until the group is durable, also when the blocks below were written early); what open transactions said they may still change, and an eighth of
   * that for the blocks above. A reserve stays untouched by ordinary
   * transactions; those that free space may use most of it. It grows with the device up to a bound.
   * It is as large as it is because free space may lie in pieces too small for a block: what counts
   * is not known, only that among many pieces there are some large enough.
   *
   * The figures are read without a lock while others change them. The reserve covers that.
   */

  private static final int GROUP_RING = 4;
  private static final int OVERHEAD_SHIFT = 3;
  private static final int RESERVE_SHIFT = 3;
  private static final long MIN_RESERVE_BYTES = 256 << 10;
  private static final long MAX_RESERVE_BYTES = 64 << 20;

  private final Pool pool;
  private final AtomicLongArray dirtyBytes = new AtomicLongArray(GROUP_RING);
  private final AtomicLongArray aboveBytes = new AtomicLongArray(GROUP_RING);
  private final AtomicLong expectedBytes = new AtomicLong();

  SpaceBudget(Pool pool) {
    this.pool = pool;
  }

  void addDirty(long group, long bytes) {
    dirtyBytes.addAndGet(ringIndex(group), bytes);
  }

  void addAbove(long group, long bytes) {
    aboveBytes.addAndGet(ringIndex(group), bytes);
  }

  /** The group is durable: nothing of it is dirty any more. */
  void forget(long group) {
    dirtyBytes.set(ringIndex(group), 0);
    aboveBytes.set(ringIndex(group), 0);
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
    expectedBytes.addAndGet(bytes);
    if (neededBytes(freeing) <= pool.allocatableBytes()) {
      return true;
    }
    expectedBytes.addAndGet(-bytes);
    return false;
  }

  void release(long bytes) {
    expectedBytes.addAndGet(-bytes);
  }

  StoreFullException full(long bytes) {
    return new StoreFullException(
        "%s is full: %d bytes are free, %d wait to be written and %d more are needed; remove something or make room on the device"
            .formatted(pool.deviceName(), pool.allocatableBytes(), dirtyBytes(), bytes));
  }

  private long neededBytes(boolean freeing) {
    long expected = expectedBytes.get();
    long planned = dirtyBytes() + expected + (expected >> OVERHEAD_SHIFT);
    for (int i = 0; i < GROUP_RING; i++) {
      planned += aboveBytes.get(i);
    }
    long reserve =
        Math.max(
            MIN_RESERVE_BYTES, Math.min(MAX_RESERVE_BYTES, pool.capacityBytes() >> RESERVE_SHIFT));
    return planned + (freeing ? reserve / 4 : reserve);
  }

  private static int ringIndex(long group) {
    return (int) (group % GROUP_RING);
  }
}
