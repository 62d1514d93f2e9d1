// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.subject.OpenOptions;

/** Lives taken apart, and put together again without some of their parts. */
final class LifeParts {
  private static final int WHOLE = -1;

  private LifeParts() {}

  /**
   * Where something is in a life.
   *
   * @param edit which of a commit; {@link #WHOLE}: the operation
   */
  record Part(int segment, int thread, int operation, int edit) {}

  /** What becomes of an operation; null: it is left out. */
  private interface Change {
    @Nullable Operation of(Part part, Operation operation);
  }

  static Life withSegments(Life life, List<Segment> segments) {
    return new Life(life.seed(), life.number(), life.store(), List.copyOf(segments));
  }

  static Life withSegment(Life life, int index, Segment segment) {
    List<Segment> segments = new ArrayList<>(life.segments());
    segments.set(index, segment);
    return withSegments(life, segments);
  }

  /** How many threads there are in any segment. */
  static int threads(Life life) {
    return life.segments().stream().mapToInt(s -> s.operations().size()).max().orElse(0);
  }

  /**
   * A thread that does nothing is taken away if it is the last one: the others keep their lines.
   */
  static Life withoutThread(Life life, int thread) {
    boolean isLast = thread == threads(life) - 1;
    List<Segment> segments = new ArrayList<>();
    for (Segment segment : life.segments()) {
      List<List<Operation>> operations = new ArrayList<>(segment.operations());
      if (thread < operations.size()) {
        operations.set(thread, List.of());
      }
      boolean isFewer = isLast && thread < operations.size() && thread > 0;
      segments.add(withThreads(segment, isFewer ? operations.subList(0, thread) : operations));
    }
    return withSegments(life, segments);
  }

  private static Segment withThreads(Segment segment, List<List<Operation>> operations) {
    return new Segment(
        segment.options(), segment.slowPerMille(), List.copyOf(operations), segment.ending());
  }

  /** All operations. */
  static List<Part> operations(Life life) {
    List<Part> parts = new ArrayList<>();
    changed(
        life,
        (part, operation) -> {
          parts.add(part);
          return operation;
        });
    return parts;
  }

  static Life withOperations(Life life, List<Part> kept) {
    Set<Part> parts = new HashSet<>(kept);
    return changed(life, (part, operation) -> parts.contains(part) ? operation : null);
  }

  /** All changes of commits that have more than one. */
  static List<Part> edits(Life life) {
    List<Part> parts = new ArrayList<>();
    changed(
        life,
        (part, operation) -> {
          if (operation instanceof Operation.Commit commit && commit.edits().size() > 1) {
            for (int i = 0; i < commit.edits().size(); i++) {
              parts.add(new Part(part.segment, part.thread, part.operation, i));
            }
          }
          return operation;
        });
    return parts;
  }

  /** A commit without changes is left out. */
  static Life withEdits(Life life, List<Part> kept) {
    Set<Part> parts = new HashSet<>(kept);
    return changed(
        life,
        (part, operation) -> {
          if (!(operation instanceof Operation.Commit commit) || commit.edits().size() <= 1) {
            return operation;
          }
          List<Edit> edits = new ArrayList<>();
          for (int i = 0; i < commit.edits().size(); i++) {
            if (parts.contains(new Part(part.segment, part.thread, part.operation, i))) {
              edits.add(commit.edits().get(i));
            }
          }
          return edits.isEmpty() ? null : commit.with(edits);
        });
  }

  /** All values half as long. */
  static Life withShorterValues(Life life) {
    return changed(life, (part, operation) -> withValues(operation, LifeParts::shorter));
  }

  private static Value shorter(Value value) {
    return new Value(value.tag(), Math.max(Value.MIN_BYTES, value.lengthBytes() / 2));
  }

  private static Operation withValues(Operation operation, UnaryOperator<Value> change) {
    if (operation instanceof Operation.Apply apply) {
      return new Operation.Apply(withValue(apply.edit(), change), apply.promise());
    }
    if (operation instanceof Operation.Update update) {
      return new Operation.Update(update.way(), withValue(update.edit(), change), update.promise());
    }
    if (operation instanceof Operation.Commit commit) {
      return commit.with(commit.edits().stream().map(edit -> withValue(edit, change)).toList());
    }
    return operation;
  }

  private static Edit withValue(Edit edit, UnaryOperator<Value> change) {
    Value value = edit.value();
    return value == null ? edit : new Edit(edit.map(), edit.key(), change.apply(value));
  }

  private static Life changed(Life life, Change change) {
    List<Segment> segments = new ArrayList<>();
    for (int s = 0; s < life.segments().size(); s++) {
      Segment segment = life.segments().get(s);
      List<List<Operation>> threads = new ArrayList<>();
      for (int t = 0; t < segment.operations().size(); t++) {
        threads.add(changed(segment.operations().get(t), s, t, change));
      }
      segments.add(withThreads(segment, threads));
    }
    return withSegments(life, segments);
  }

  private static List<Operation> changed(
      List<Operation> operations, int segment, int thread, Change change) {
    List<Operation> changed = new ArrayList<>();
    for (int i = 0; i < operations.size(); i++) {
      Operation operation = change.of(new Part(segment, thread, i, WHOLE), operations.get(i));
      if (operation != null) {
        changed.add(operation);
      }
    }
    return List.copyOf(changed);
  }

  /** What is a bit simpler than a segment, in different ways; never more complicated. */
  static List<Segment> simpler(Segment segment) {
    List<Segment> simpler = new ArrayList<>();
    for (Segment.Ending ending : simpler(segment.ending())) {
      simpler.add(
          new Segment(segment.options(), segment.slowPerMille(), segment.operations(), ending));
    }
    if (segment.slowPerMille() > 0) {
      simpler.add(new Segment(segment.options(), 0, segment.operations(), segment.ending()));
    }
    if (!segment.options().equals(OpenOptions.USUAL)) {
      simpler.add(
          new Segment(
              OpenOptions.USUAL, segment.slowPerMille(), segment.operations(), segment.ending()));
    }
    return simpler;
  }

  private static List<Segment.Ending> simpler(Segment.Ending ending) {
    if (ending instanceof Segment.Ending.Close) {
      return List.of();
    }
    List<Segment.Ending> simpler = new ArrayList<>(List.of(new Segment.Ending.Close()));
    if (ending instanceof Segment.Ending.PowerCut cut && cut.cuts() > 1) {
      simpler.add(new Segment.Ending.PowerCut(cut.seed(), cut.cuts() / 2));
      simpler.add(new Segment.Ending.PowerCut(cut.seed(), cut.cuts() - 1));
    } else if (ending instanceof Segment.Ending.BitFlips flips && flips.flips() > 1) {
      simpler.add(new Segment.Ending.BitFlips(flips.seed(), flips.flips() / 2));
      simpler.add(new Segment.Ending.BitFlips(flips.seed(), flips.flips() - 1));
    } else if (ending instanceof Segment.Ending.Fault fault && fault.times() > 1) {
      simpler.add(
          new Segment.Ending.Fault(fault.fault(), fault.device(), fault.operationsBefore(), 1));
    }
    return simpler;
  }
}
