// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/** How far ahead of a cursor the leaves are being read. For one thread at a time, as the cursor. */
final class ReadAhead {
  /*
   * Implementation notes
   *
   * A walk is taken for a long one when it has passed two leaves; then so many are read ahead as it
   * has shown that it needs: the number doubles each time that half of the last lot is passed.
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

  /** The walk has passed a leaf and goes on at a hash; true: it is time to read more. */
  boolean wants(long hash) {
    if (stopped || ++passed < PROOF) {
      return false;
    }
    left = Math.max(0, left - 1);
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
