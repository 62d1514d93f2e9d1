// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.oracle;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.oracle.Violation.Kind;

/**
 * Judges whether what is there of all lines is a beginning of the order of commits: none is there
 * without every one that has a smaller sequence, or was over before it began.
 */
final class OrderJudge {
  /*
   * Implementation notes
   *
   * Of a line several numbers of commits may be possible, where commits undid each other. The search
   * begins with the smallest ones and raises those that the order asks for: what it ends with is the
   * smallest solution, and if it finds none there is none. The last commit of the smallest number is
   * one that is there, also if it failed.
   *
   * What is counted as lost is what is surely lost. So it is counted from the largest solution: there
   * is one, as of two solutions the larger number of each line makes a solution, too.
   */

  private final List<LineJudge> judges;
  private final List<Integer> counts = new ArrayList<>();

  OrderJudge(List<LineJudge> judges) {
    this.judges = judges;
    judges.forEach(judge -> counts.add(judge.possible().nextSetBit(0)));
  }

  /** How many commits of each line are there, as few as can be; throws if the order is broken. */
  List<Integer> judge() {
    boolean isRaised = true;
    while (isRaised) {
      isRaised = false;
      Pending last = last(Comparator.comparingLong(Pending::sequence));
      Pending youngest = last(Comparator.comparingLong(commit -> commit.startedAt));
      for (int i = 0; last != null && youngest != null && i < judges.size(); i++) {
        isRaised |= raise(i, last, youngest);
      }
    }
    return List.copyOf(counts);
  }

  /** How many commits of each line are there, as many as can be, if the order is not broken. */
  List<Integer> most() {
    List<Integer> most = new ArrayList<>();
    judges.forEach(judge -> most.add(judge.possible().length() - 1));
    boolean isLowered = true;
    while (isLowered) {
      isLowered = false;
      for (int i = 0; i < judges.size(); i++) {
        for (int j = 0; j < judges.size(); j++) {
          isLowered |= i != j && lower(most, i, j);
        }
      }
    }
    return most;
  }

  /** Leaves out of a line what cannot be there without what another one lacks. */
  private boolean lower(List<Integer> most, int index, int other) {
    List<Pending> commits = judges.get(index).line().commits();
    List<Pending> lacking = judges.get(other).line().commits();
    List<Pending> firsts = firsts(lacking.subList(most.get(other), lacking.size()));
    for (int i = 0; i < most.get(index); i++) {
      Pending commit = commits.get(i);
      boolean isLate =
          commit.isAcknowledged()
              && firsts.stream().anyMatch(f -> f.isBefore(commit.sequence(), commit.startedAt));
      if (isLate) {
        most.set(index, judges.get(index).possible().previousSetBit(i));
        return true;
      }
    }
    return false;
  }

  /** Of a line's commits those before which all others of it come in no order. */
  private static List<Pending> firsts(List<Pending> commits) {
    List<Pending> firsts = new ArrayList<>();
    commits.stream().filter(Pending::isAcknowledged).findFirst().ifPresent(firsts::add);
    commits.stream()
        .filter(commit -> commit.isAcknowledged() && commit.sequence() > 0)
        .findFirst()
        .ifPresent(firsts::add);
    return firsts;
  }

  /** Of the commits that are there; null: there are none. */
  private @Nullable Pending last(Comparator<Pending> order) {
    Pending last = null;
    for (int i = 0; i < judges.size(); i++) {
      for (Pending commit : judges.get(i).line().commits().subList(0, counts.get(i))) {
        if (last == null || order.compare(commit, last) > 0) {
          last = commit;
        }
      }
    }
    return last;
  }

  private boolean raise(int index, Pending last, Pending youngest) {
    List<Pending> commits = judges.get(index).line().commits();
    int count = counts.get(index);
    int needed = commits.size();
    while (needed > count && !isNeeded(commits.get(needed - 1), last, youngest)) {
      needed--;
    }
    if (needed == count) {
      return false;
    }
    int possible = judges.get(index).possible().nextSetBit(needed);
    if (possible < 0) {
      throw broken(commits.get(needed - 1), last, youngest);
    }
    counts.set(index, possible);
    return true;
  }

  private static boolean isNeeded(Pending commit, Pending last, Pending youngest) {
    return commit.isBefore(last.sequence(), youngest.startedAt);
  }

  private static Violation broken(Pending absent, Pending last, Pending youngest) {
    boolean isBySequence = absent.isBefore(last.sequence(), 0);
    return new Violation(
        Kind.ORDER,
        isBySequence
            ? last + " is there, " + absent + " is not"
            : youngest + " is there, and " + absent + " is not, which was over when that began");
  }
}
