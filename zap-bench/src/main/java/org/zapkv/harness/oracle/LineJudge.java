// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.operation.Value;
import org.zapkv.harness.oracle.Violation.Kind;

/**
 * Finds out how many of a line's commits a store holds that was opened, and whether it may hold
 * that. Used by one thread, when nothing is committed.
 */
final class LineJudge {
  /*
   * Implementation notes
   *
   * With order, the store holds what the first k commits have made; failed ones among them were done
   * or left out. Without order, it holds what all have made, and each that is not durable was done
   * or left out. So in both cases there is a number k, and commits below it are firm (there) or free
   * (there as a whole or not at all). What was there before is firm, but where nothing is promised.
   *
   * Each key tells which k can be, as values are never alike: a value is there from its commit on
   * until the next firm commit on that key; that there is none, rules out what lies between a firm
   * value and the next removal. What all keys agree on is possible. A key also tells of free commits
   * that they were done (it has their value), or were not (it has an older one). Where several free
   * removals could explain that a key is gone, nothing is concluded: so the judge may let pass what
   * it cannot know, but accuses nobody wrongly.
   *
   * If there is no k, the keys are compared with what k has to be at least, to say what is missing:
   * of a commit that shows elsewhere it was torn, of a durable one lost, else it is out of order.
   */

  private final Line line;
  private final Found found;
  private final Rules rules;
  private final List<Pending> commits;
  private final BitSet durable;

  /** How many commits can be there at most. */
  private final int most;

  /** The numbers of commits that can be there, as far as keys and what had begun tell. */
  private final BitSet possible = new BitSet();

  private final BitSet done = new BitSet();
  private final BitSet leftOut = new BitSet();

  /** One more than the latest commit of which there is a value: so many are there at least. */
  private int seen;

  /** So many are there at most, as later ones replace a value that is there. */
  private int limit;

  LineJudge(Line line, Found found, Rules rules) {
    this.line = line;
    this.found = found;
    this.rules = rules;
    this.commits = line.commits();
    this.durable = rules.durable(line);
    this.most = rules.begun(line);
    this.limit = most;
    possible.set(rules.isOrdered() ? 0 : most, most + 1);
    line.states().forEach(this::narrow);
    rule(0, seen);
    rule(limit + 1, most + 1);
  }

  private boolean isFirm(Version version) {
    if (version.commit == Version.BASE) {
      return rules.isBaseFirm();
    }
    return rules.isOrdered()
        ? !commits.get(version.commit).isFailed()
        : durable.get(version.commit);
  }

  /** It is none of these numbers. */
  private void rule(int from, int to) {
    if (from < to) {
      possible.clear(from, to);
    }
  }

  private void narrow(KeyState state) {
    List<Version> history = state.history();
    Version shown = shown(history);
    if (shown == null) {
      narrowAbsent(history);
    } else {
      narrowPresent(history, shown);
    }
  }

  /** The version of a key that is there; null if it has no value. */
  private @Nullable Version shown(List<Version> history) {
    Version any = history.get(0);
    Value value = found.get(any.map, any.key);
    return value == null ? null : line.version(any.map, any.key, value);
  }

  private void narrowPresent(List<Version> history, Version shown) {
    seen = Math.max(seen, shown.commit + 1);
    if (shown.commit != Version.BASE && !isFirm(shown)) {
      done.set(shown.commit);
    }
    for (Version later : history) {
      if (later.commit > shown.commit) {
        if (isFirm(later)) {
          limit = Math.min(limit, later.commit);
          return;
        }
        leftOut.set(later.commit);
      }
    }
  }

  private void narrowAbsent(List<Version> history) {
    int putBy = Version.NEVER;
    for (Version version : history) {
      if (!version.isPut()) {
        if (putBy != Version.NEVER) {
          rule(putBy + 1, version.commit + 1);
        }
        putBy = Version.NEVER;
      } else if (isFirm(version) && putBy == Version.NEVER) {
        putBy = version.commit;
      }
    }
    if (putBy != Version.NEVER) {
      limit = Math.min(limit, putBy);
    }
    for (int i = history.size() - 1; i >= 0 && history.get(i).isPut(); i--) {
      if (history.get(i).commit != Version.BASE && !isFirm(history.get(i))) {
        leftOut.set(history.get(i).commit);
      }
    }
  }

  /**
   * Judges the line by itself.
   *
   * @throws Violation if it cannot be what it is
   */
  void judge() {
    if (possible.isEmpty()) {
      throw inconsistent();
    }
    int least = least();
    if (possible.nextSetBit(least) < 0) {
      int there = possible.length() - 1;
      throw new Violation(
          Kind.LOST,
          "of line %s there is what its first %d commits made, of %d; durable were the first %d, "
                  .formatted(line.name(), there, commits.size(), least)
              + "with "
              + commits.get(least - 1));
    }
    possible.clear(0, least);
    checkAtomic();
  }

  /** How many of the first commits have to be there. */
  private int least() {
    return rules.isOrdered() ? durable.length() : most;
  }

  private void checkAtomic() {
    BitSet torn = (BitSet) done.clone();
    torn.and(leftOut);
    if (rules.isAtomic() && !torn.isEmpty()) {
      Pending commit = commits.get(torn.nextSetBit(0));
      throw new Violation(Kind.TORN_BATCH, commit + " is there in part: " + parts(commit));
    }
  }

  private String parts(Pending commit) {
    StringBuilder text = new StringBuilder();
    int listed = 0;
    for (Version version : commit.versions) {
      if (listed++ == 8) {
        return text.append("; and ").append(commit.versions.size() - 8).append(" more").toString();
      }
      text.append(listed == 1 ? "" : "; ")
          .append(Line.place(version.map, version.key))
          .append(" was given ")
          .append(Version.text(version.value))
          .append(" and has ")
          .append(Version.text(found.get(version.map, version.key)));
    }
    return text.toString();
  }

  /** Why no number of commits is possible. */
  private Violation inconsistent() {
    int needed = Math.max(seen, least());
    Violation worst = null;
    if (seen <= most) {
      for (KeyState state : line.states()) {
        Violation violation = missing(state, needed);
        if (violation != null && (worst == null || rank(violation) > rank(worst))) {
          worst = violation;
        }
      }
    }
    return worst != null
        ? worst
        : new Violation(
            Kind.ORDER,
            "line %s holds what no number of its %d commits made; there is a value of commit %d, "
                    .formatted(line.name(), commits.size(), seen)
                + most
                + " had begun");
  }

  private static int rank(Violation violation) {
    return switch (violation.kind()) {
      case TORN_BATCH -> 2;
      case LOST -> 1;
      default -> 0;
    };
  }

  /** What a key lacks if so many commits are there; null: nothing. */
  private @Nullable Violation missing(KeyState state, int needed) {
    Version expected = null;
    boolean isAbsenceRight = true;
    for (Version version : state.history()) {
      if (version.commit < needed && (isFirm(version) || !version.isPut())) {
        expected = isFirm(version) ? version : expected;
        isAbsenceRight = !version.isPut();
      }
    }
    Version shown = shown(state.history());
    boolean isRight = shown == null ? isAbsenceRight : isNotBefore(shown, expected);
    return isRight || expected == null ? null : missing(expected, shown, needed);
  }

  private static boolean isNotBefore(Version shown, @Nullable Version expected) {
    return expected == null || shown.commit >= expected.commit;
  }

  private Violation missing(Version expected, @Nullable Version shown, int needed) {
    String text =
        "%s has %s; should have %s"
            .formatted(
                Line.place(expected.map, expected.key),
                shown == null ? "nothing" : shown,
                expected);
    if (expected.commit == Version.BASE) {
      return new Violation(Kind.LOST, text);
    }
    Pending commit = commits.get(expected.commit);
    if (rules.isAtomic() && showsElsewhere(commit)) {
      return new Violation(
          Kind.TORN_BATCH, commit + " is there in part: " + text + "; " + parts(commit));
    }
    boolean isDurable = expected.commit < durable.length();
    String why =
        isDurable
            ? commit + " was acknowledged as durable, or one after it was"
            : "there is a value of " + commits.get(needed - 1) + ", and not all of " + commit;
    return new Violation(isDurable ? Kind.LOST : Kind.ORDER, text + ": " + why);
  }

  private boolean showsElsewhere(Pending commit) {
    return commit.versions.stream()
        .anyMatch(
            version -> {
              Value value = version.value;
              return value != null && value.equals(found.get(version.map, version.key));
            });
  }

  /** How many commits can be there. */
  BitSet possible() {
    return possible;
  }

  Line line() {
    return line;
  }

  /** How many commits are there, as far as is known, if so many of the first ones are. */
  int there(int count) {
    return (int) commits.stream().filter(commit -> isThere(commit, count)).count();
  }

  /** How many acknowledged commits are not there, if so many of the first ones are. */
  int lost(int count) {
    return (int)
        commits.stream()
            .filter(commit -> commit.isAcknowledged() && !isThere(commit, count))
            .count();
  }

  private boolean isThere(Pending commit, int count) {
    boolean isFailed = commit.isFailed() && !done.get(commit.number);
    return commit.number < count && !isFailed && !leftOut.get(commit.number);
  }
}
