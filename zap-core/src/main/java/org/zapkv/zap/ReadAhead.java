// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/** How far ahead of a cursor the leaves are being read. For one thread at a time, as the cursor. */
final class ReadAhead {
  /*
   * Implementation notes
   *
   * A walk is taken for a long one when it has passed two leaves; then so many are read ahead as it
   * has shown that it needs: the number doubles each time that half of the last lot is passed.
   *
   * Asked only when the walk comes to a leaf that nobody has used since it was read. So a walk over
   * leaves in memory asks for nothing.
   */

  /** Never more pointers than this are looked at for one lot: a leaf may have many. */
  static final int MAX_POINTERS = 1 << 14;

  private static final int PROOF = 2;
  private static final int FIRST_COUNT = 8;
  private static final int MAX_COUNT = 64;

  private int passed;
  private int left;
  private int count = FIRST_COUNT;
  private long from;
  private boolean stopped;

  /** Whether a leaf was passed since it was last asked whether it is time. */
  private boolean moved;

  /** The walk has passed a leaf. */
  void pass() {
    passed++;
    left = Math.max(0, left - 1);
    moved = true;
  }

  /** The walk comes to a hash, the leaf of which may have to be read; true: it is time for more. */
  boolean wants(long hash) {
    if (stopped || !moved || passed < PROOF) {
      return false;
    }
    moved = false;
    if (Long.compareUnsigned(from, hash) < 0) {
      from = hash;
      left = 0;
    }
    return left <= count / 4;
  }

  /** The hash from which on nothing was asked for. */
  long from() {
    return from;
  }

  /** How many leaves to ask for. */
  int count() {
    return count;
  }

  /** Leaves were asked for, up to a hash; 0: up to the end. */
  void asked(int leaves, long upTo) {
    left += leaves;
    from = upTo;
    stopped = upTo == 0;
    count = Math.min(2 * count, MAX_COUNT);
  }

  /** Nothing more is asked for. */
  void stop() {
    stopped = true;
  }
}
