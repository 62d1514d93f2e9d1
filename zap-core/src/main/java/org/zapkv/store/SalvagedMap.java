// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

/**
 * What was recovered of one map of a damaged store.
 *
 * @param name its name; {@code salvaged-} and a number if the name is lost
 * @param entries how many entries it has in the new store, those of the intent log not counted
 * @param lostLeaves how many blocks with entries are lost, as far as is known
 * @param lostValues how many entries are lost because their values are
 * @param uncertainEntries how many of the entries may have been changed or removed before the
 *     damage: what would tell is lost
 */
public record SalvagedMap(
    String name, long entries, long lostLeaves, long lostValues, long uncertainEntries) {

  /**
   * Whether nothing of the map is lost, as far as can be known.
   *
   * @return true if nothing is lost or uncertain
   */
  public boolean isComplete() {
    return lostLeaves == 0 && lostValues == 0 && uncertainEntries == 0;
  }
}
