// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/**
 * Names the current version of a bitmap or an index node: which of its two slots holds it, and how
 * to know it.
 *
 * @param checksum the XXH64 of its bytes
 * @param birthGroup the transaction group that wrote it, 0 when there is none
 * @param usedUnits how many units below it are used, fixed parts not counted
 * @param slot 0 or 1
 */
record SpaceEntry(long checksum, long birthGroup, int usedUnits, int slot) {
  /** Nothing below was ever used, or nothing is used any more. */
  static final SpaceEntry EMPTY = new SpaceEntry(0, 0, 0, 0);

  boolean isEmpty() {
    return birthGroup == 0;
  }

  /** The slot that the next version goes to: never the one that the committed state names. */
  int nextSlot() {
    return isEmpty() ? 0 : 1 - slot;
  }
}
