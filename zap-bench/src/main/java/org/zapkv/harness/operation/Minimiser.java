// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Makes a life that shows a defect as short as it can: leaves out segments, what threads do,
 * operations, changes of commits, and makes the rest simpler, as long as the defect is still there.
 * What is left is not the shortest of all, but nothing can be left out of it alone, if the budget
 * was enough.
 */
public final class Minimiser {
  /*
   * Delta debugging: of a list of parts, first halves are left out, then quarters, until single
   * ones. It goes from the end, as what came after a defect was met is of no use. One kind of part
   * after the other, the large ones first, and again from the first, as an operation less may make
   * a segment superfluous.
   */

  private final Predicate<Life> stillFails;
  private final Budget budget;
  private Life best;

  private Minimiser(Life life, Predicate<Life> stillFails, Budget budget) {
    this.best = life;
    this.stillFails = stillFails;
    this.budget = budget;
  }

  /**
   * Makes a life shorter.
   *
   * @param life shows the defect
   * @param stillFails whether a life shows it, too; where chance is in the game it tries more than
   *     once
   * @param budget how much work this may be
   * @return the shortest life found for which {@code stillFails} said yes; the life itself if it
   *     said yes to none, or did not even to that one
   */
  public static Life minimise(Life life, Predicate<Life> stillFails, Budget budget) {
    Minimiser minimiser = new Minimiser(life, stillFails, budget);
    if (minimiser.accept(life)) {
      minimiser.minimise();
    }
    return minimiser.best;
  }

  private void minimise() {
    Life before;
    do {
      before = best;
      reduce(Life::segments, LifeParts::withSegments);
      leaveOutThreads();
      reduce(LifeParts::operations, LifeParts::withOperations);
      reduce(LifeParts::edits, LifeParts::withEdits);
      simplify();
    } while (!best.equals(before) && !budget.isSpent());
  }

  /** Tries a life, and keeps it if it shows the defect. */
  private boolean accept(Life life) {
    if (!budget.take() || !stillFails.test(life)) {
      return false;
    }
    best = life;
    return true;
  }

  /**
   * Leaves out as many parts as possible.
   *
   * @param all gives the parts of a life
   * @param with makes a life of another one and of some of its parts
   */
  private <T> void reduce(Function<Life, List<T>> all, BiFunction<Life, List<T>, Life> with) {
    Life whole = best;
    List<T> parts = all.apply(whole);
    int size = parts.size();
    while (size > 0 && !budget.isSpent()) {
      boolean isShorter = false;
      for (int to = parts.size(); to > 0; to -= size) {
        int from = Math.max(0, to - size);
        List<T> rest = new ArrayList<>(parts.subList(0, from));
        rest.addAll(parts.subList(to, parts.size()));
        if (accept(with.apply(whole, rest))) {
          parts = rest;
          isShorter = true;
        }
      }
      // Single ones until none of them can go.
      size = size > 1 || !isShorter ? size / 2 : 1;
      size = Math.min(size, parts.size());
    }
  }

  private void leaveOutThreads() {
    for (int thread = LifeParts.threads(best) - 1; thread >= 0; thread--) {
      Life without = LifeParts.withoutThread(best, thread);
      if (!without.equals(best)) {
        accept(without);
      }
    }
  }

  private void simplify() {
    for (int i = best.segments().size() - 1; i >= 0; i--) {
      simplify(i);
    }
    while (!budget.isSpent()) {
      Life shorter = LifeParts.withShorterValues(best);
      if (shorter.equals(best) || !accept(shorter)) {
        return;
      }
    }
  }

  private void simplify(int index) {
    Set<Segment> tried = new HashSet<>();
    boolean isSimpler = true;
    while (isSimpler && !budget.isSpent()) {
      isSimpler = false;
      for (Segment simpler : LifeParts.simpler(best.segments().get(index))) {
        if (tried.add(simpler) && accept(LifeParts.withSegment(best, index, simpler))) {
          isSimpler = true;
          break;
        }
      }
    }
  }
}
