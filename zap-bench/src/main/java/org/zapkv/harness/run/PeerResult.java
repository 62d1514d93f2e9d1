// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import org.zapkv.harness.oracle.Violation;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.StoreKind;

/**
 * What became of a kind of store whose process was killed again and again.
 *
 * @param title its name
 * @param settings those it had
 * @param promise what it promises with them
 * @param capabilities what it was held to
 * @param kills how often its process was killed
 * @param lives how many stores were made
 * @param openings how often one was opened
 * @param durable how many commits had returned that were to be durable by then
 * @param later how many commits had returned that need not be durable yet
 * @param lost how many commits that had returned were gone, as they may
 * @param violations in how many lives it did what it may not do; each ends with the first one
 * @param examples of each kind of violation the first one
 * @param recoveryMillis how long its openings after a kill took, ascending
 * @param elapsed how long all of it took
 */
record PeerResult(
    String title,
    String settings,
    String promise,
    Set<Capability> capabilities,
    long kills,
    long lives,
    long openings,
    long durable,
    long later,
    long lost,
    Map<Kind, Long> violations,
    Map<Kind, String> examples,
    List<Double> recoveryMillis,
    Duration elapsed) {
  static PeerResult of(KillRun run, List<Violation> violations) {
    StoreKind kind = run.settings.store();
    Map<Kind, Long> counts =
        violations.stream()
            .collect(
                Collectors.groupingBy(
                    Violation::kind, () -> new EnumMap<>(Kind.class), Collectors.counting()));
    Map<Kind, String> examples = new EnumMap<>(Kind.class);
    for (Violation violation : violations) {
      examples.putIfAbsent(violation.kind(), String.valueOf(violation.getMessage()));
    }
    return new PeerResult(
        kind.title(),
        kind.settings(),
        kind.promise(),
        kind.capabilities().isEmpty()
            ? EnumSet.noneOf(Capability.class)
            : EnumSet.copyOf(kind.capabilities()),
        run.kills,
        run.tally.lives.sum(),
        run.tally.openings.sum(),
        run.durable,
        run.later,
        run.lost,
        counts,
        examples,
        run.tally.recoveries().stream().sorted().toList(),
        run.elapsed());
  }

  /** In how many lives something was lost that was promised to be durable. */
  long durableLosses() {
    return violations.getOrDefault(Kind.LOST, 0L);
  }

  long violationCount() {
    return violations.values().stream().mapToLong(Long::longValue).sum();
  }

  /** How long half of its openings after a kill took at most; empty: there were none. */
  OptionalDouble medianMillis() {
    return recoveryMillis.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(recoveryMillis.get(recoveryMillis.size() / 2));
  }

  /** How long the slowest of them took; empty: there were none. */
  OptionalDouble longestMillis() {
    return recoveryMillis.stream().mapToDouble(Double::doubleValue).max();
  }
}
