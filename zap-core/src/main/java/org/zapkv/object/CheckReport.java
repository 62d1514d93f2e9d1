// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.List;

/**
 * What a check of a whole store found.
 *
 * @param group the transaction group whose state was checked
 * @param objectCount how many objects there are
 * @param blockCount how many blocks were read, the indirect ones included
 * @param verifiedBytes how many bytes of blocks were read and matched their checksums
 * @param leakedBytes space marked as used that nothing reaches
 * @param doublyUsedBytes space that two blocks lie on
 * @param unallocatedBytes space marked as free that a block lies on
 * @param problemCount how many problems there are in all
 * @param problems the problems, at most {@link #MAX_PROBLEMS} of them
 */
public record CheckReport(
    long group,
    long objectCount,
    long blockCount,
    long verifiedBytes,
    long leakedBytes,
    long doublyUsedBytes,
    long unallocatedBytes,
    long problemCount,
    List<CheckProblem> problems) {

  /** How many problems a report lists; the others are only counted. */
  public static final int MAX_PROBLEMS = 1000;

  /**
   * Whether nothing is wrong.
   *
   * @return true when there is no problem
   */
  public boolean isClean() {
    return problemCount == 0;
  }
}
