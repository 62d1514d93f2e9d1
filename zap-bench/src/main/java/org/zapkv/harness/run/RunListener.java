// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import org.zapkv.harness.report.Coverage;

/** Is told how far a run is, a few times a second, by one thread at a time. */
public interface RunListener {
  /** Says nothing. */
  RunListener NONE = (operations, openings, faults, coverage) -> {};

  /**
   * How far the run is.
   *
   * @param operations operations so far
   * @param openings openings so far
   * @param faults things that went wrong on purpose so far
   * @param coverage what was met so far
   */
  void progress(long operations, long openings, long faults, Coverage coverage);
}
