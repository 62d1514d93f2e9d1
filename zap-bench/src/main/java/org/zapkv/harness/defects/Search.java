// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.oracle.Violation;
import org.zapkv.harness.run.Outcome;

/**
 * A search for a defect.
 *
 * @param seed the seed of the run
 * @param kind what was found; null: nothing
 * @param message what was found, in words; null: nothing
 * @param operations how many operations it took, or were done in vain
 * @param elapsed how long that was
 */
public record Search(
    long seed,
    Violation.@Nullable Kind kind,
    @Nullable String message,
    long operations,
    Duration elapsed) {
  static Search of(Outcome outcome) {
    Outcome.Failure failure = outcome.violation();
    String message = failure == null ? null : failure.message();
    return new Search(
        outcome.seed(),
        message == null ? null : kindOf(message),
        message,
        outcome.operations(),
        outcome.elapsed());
  }

  /** Messages of violations begin with their kind. */
  private static Violation.Kind kindOf(String message) {
    return Violation.Kind.valueOf(message.substring(0, message.indexOf(':')));
  }

  /**
   * Whether something was found.
   *
   * @return false: the run ended without
   */
  public boolean isFound() {
    return kind != null;
  }
}
