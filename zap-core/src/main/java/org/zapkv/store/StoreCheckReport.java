// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.List;

/**
 * What a check of a store found.
 *
 * @param objects how many objects there are
 * @param blocks how many blocks were read and verified
 * @param bytes how many bytes these take in the file
 * @param maps how many maps were walked
 * @param entries how many entries these have
 * @param leakedBytes what is allocated but belongs to nothing
 * @param problems unchangeable: a line for each thing that is wrong, with its place; empty if all
 *     is well
 */
public record StoreCheckReport(
    long objects,
    long blocks,
    long bytes,
    long maps,
    long entries,
    long leakedBytes,
    List<String> problems) {

  /**
   * Whether nothing is wrong.
   *
   * @return true if there is no problem
   */
  public boolean isClean() {
    return problems.isEmpty();
  }
}
