// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.report;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that is told of a run when it is over.
 *
 * @param store the store
 * @param told what the run was told, and what it ran on: names and values in their order
 * @param untested of each event that was never met, why
 * @param operations how many operations were done
 * @param lives how many stores were made
 * @param openings how often one was opened
 * @param faults how many things went wrong on purpose
 * @param elapsed how long it took
 * @param coverage what was met
 * @param recoveries how long the openings after a crash took
 * @param samples how far it was when, from its beginning to its end
 * @param problem what the store did wrong; null: nothing
 */
public record Result(
    Store store,
    Map<String, String> told,
    Map<Event, String> untested,
    long operations,
    long lives,
    long openings,
    long faults,
    Duration elapsed,
    Coverage coverage,
    RecoveryTimes recoveries,
    List<Timeline.Sample> samples,
    @Nullable Problem problem) {
  private static final double NANOS_PER_SECOND = 1e9;

  /**
   * A kind of store, in its own words.
   *
   * @param title its name
   * @param settings those it was tested with
   * @param promise what it promises with them
   */
  public record Store(String title, String settings, String promise) {}

  /**
   * What a store did wrong.
   *
   * @param message what was found, and what should have been
   * @param life in which life of the run
   * @param segment in which segment of it
   * @param step after how many operations of that
   * @param operation the operation, or how the segment ended
   * @param log where the operations that lead to it are; null: nowhere
   * @param lines what is in the log, or its beginning
   * @param again how to do it again: commands
   */
  public record Problem(
      String message,
      long life,
      int segment,
      int step,
      String operation,
      @Nullable String log,
      List<String> lines,
      List<String> again) {}

  double operationsPerSecond() {
    return operations / Math.max(seconds(), Double.MIN_NORMAL);
  }

  double seconds() {
    return elapsed.toNanos() / NANOS_PER_SECOND;
  }

  /** In a few words. */
  String verdict() {
    return problem == null ? "no violation" : "VIOLATION";
  }
}
