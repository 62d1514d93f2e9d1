// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.List;
import org.zapkv.object.ScrubProblem;

/**
 * What {@link ZapStore#scrub} found.
 *
 * @param blocks how many blocks were read
 * @param bytes how many bytes these take in the file, all copies
 * @param mendedCopies how many copies were bad and have been written again from the other one since
 *     the store was opened: by this scrub, or because somebody read the block before
 * @param damage how many problems there are besides: what could not be mended
 * @param problems unchangeable: the problems, mended or not, the first thousand of them
 */
public record ScrubReport(
    long blocks, long bytes, long mendedCopies, long damage, List<ScrubProblem> problems) {

  /**
   * Whether nothing is wrong any more.
   *
   * @return true if all that was found could be mended
   */
  public boolean isClean() {
    return damage == 0;
  }

  /**
   * What to tell a person.
   *
   * @return a line for each of the problems
   */
  public List<String> lines() {
    return problems.stream().map(problem -> problem.toString().replaceAll("\\R+", " ")).toList();
  }
}
