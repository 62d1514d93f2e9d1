// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

/**
 * Where the copies of a new block go.
 *
 * @param first the offset of the first copy
 * @param second the offset of the second one, 0: there is none
 */
record Place(long first, long second) {

  int copyCount() {
    return second == 0 ? 1 : 2;
  }

  long offsetOf(int copy) {
    return copy == 0 ? first : second;
  }
}
