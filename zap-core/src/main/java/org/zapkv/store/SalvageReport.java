// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.List;

/**
 * What was recovered of a damaged store.
 *
 * @param maps unchangeable: what there is of each map, sorted by name
 * @param logRecords how many commits of the intent log are in the new store besides
 * @param problems unchangeable: a line for each thing above the maps that is lost; empty if nothing
 *     is
 */
public record SalvageReport(List<SalvagedMap> maps, long logRecords, List<String> problems) {

  /**
   * Whether everything was recovered, as far as can be known.
   *
   * @return true if nothing was damaged
   */
  public boolean isComplete() {
    return problems.isEmpty() && maps.stream().allMatch(SalvagedMap::isComplete);
  }

  /**
   * How many entries were recovered.
   *
   * @return those of all maps
   */
  public long entries() {
    return maps.stream().mapToLong(SalvagedMap::entries).sum();
  }
}
