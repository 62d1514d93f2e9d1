// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.report.Coverage;

/**
 * What came out of a run.
 *
 * @param seed its seed
 * @param operations how many operations were done
 * @param lives how many stores were made
 * @param openings how often one was opened
 * @param faults how many things went wrong on purpose
 * @param elapsed how long it took
 * @param coverage what was met
 * @param recoveryMillis how long each opening after a crash took
 * @param violation what the store did wrong; null: nothing. The run ends with the first one
 * @param log the log of operations that leads to it, minimised if possible; null without violation
 */
public record Outcome(
    long seed,
    long operations,
    long lives,
    long openings,
    long faults,
    Duration elapsed,
    Coverage coverage,
    List<Double> recoveryMillis,
    @Nullable Failure violation,
    @Nullable Path log) {
  /**
   * A violation, and where it was.
   *
   * @param life which life of the run
   * @param segment which segment of it
   * @param step after how many operations of the segment
   * @param operation the operation or the ending, as text
   * @param message what was found, and what should have been
   */
  public record Failure(long life, int segment, int step, String operation, String message) {}
}
