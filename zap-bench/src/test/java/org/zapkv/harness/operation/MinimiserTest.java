// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.operation.Segment.Ending;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.OpenOptions;
import org.zapkv.harness.subject.Promise;

@Tag("once")
final class MinimiserTest {
  private static final int THREADS = 3;

  private static Budget plenty() {
    return new Budget(1_000_000, () -> false);
  }

  private static Life life(long seed) {
    Generator generator =
        new Generator(
            seed, 0, THREADS, EnumSet.allOf(Capability.class), EnumSet.allOf(FaultKind.class));
    for (int i = 0; i < 4; i++) {
      generator.next();
    }
    return generator.life("Kind");
  }

  private static List<Operation> operations(Life life) {
    return life.segments().stream()
        .flatMap(segment -> segment.operations().stream())
        .flatMap(List::stream)
        .toList();
  }

  private static List<Edit> edits(Operation operation) {
    if (operation instanceof Operation.Apply apply) {
      return List.of(apply.edit());
    }
    return operation instanceof Operation.Commit commit ? commit.edits() : List.of();
  }

  /** The tags of all values of a life, in order. */
  private static List<Long> tags(Life life) {
    List<Long> tags = new ArrayList<>();
    for (Operation operation : operations(life)) {
      for (Edit edit : edits(operation)) {
        if (edit.value() != null) {
          tags.add(edit.value().tag());
        }
      }
    }
    return tags;
  }

  private static Operation put(int thread, int key, int length) {
    Value value = new Value(1000L * thread + key, length);
    return new Operation.Apply(new Edit("m", "t" + thread + ".k" + key, value), Promise.LATER);
  }

  private static Segment segment(Ending ending, List<List<Operation>> operations) {
    return new Segment(
        new OpenOptions(4 << 20, true, 4096, 1, 2), 5, List.copyOf(operations), ending);
  }

  @Test
  void whatIsNeededIsAllThatIsLeft() throws Exception {
    Seeds.run(
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          for (int round = 0; round < 3; round++) {
            Life life = life(random.nextLong());
            List<Long> tags = tags(life);
            Set<Long> needed = new HashSet<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
              needed.add(tags.get(random.nextInt(tags.size())));
            }
            Life least = Minimiser.minimise(life, some -> tags(some).containsAll(needed), plenty());
            assertEquals(needed, new HashSet<>(tags(least)));
            assertEquals(needed.size(), tags(least).size());
            // Nothing but these values, in commits and segments that have others of them only.
            for (Operation operation : operations(least)) {
              assertTrue(
                  !edits(operation).isEmpty()
                      && edits(operation).stream().allMatch(edit -> edit.value() != null));
            }
            for (Segment segment : least.segments()) {
              assertTrue(segment.operations().stream().anyMatch(thread -> !thread.isEmpty()));
              assertEquals(OpenOptions.USUAL, segment.options());
              assertEquals(0, segment.slowPerMille());
              assertEquals(new Ending.Close(), segment.ending());
            }
          }
        });
  }

  /** One change, and a later one, of many. */
  @Test
  void orderIsKeptAndFewAttemptsAreEnough() {
    List<Operation> thread = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      thread.add(put(0, i, 8));
    }
    Life life =
        new Life(1, 2, "Kind", List.of(segment(new Ending.Close(), List.of(List.copyOf(thread)))));
    AtomicInteger attempts = new AtomicInteger();
    Predicate<Life> fails =
        some -> {
          attempts.incrementAndGet();
          int first = operations(some).indexOf(put(0, 123, 8));
          return first >= 0 && first < operations(some).indexOf(put(0, 700, 8));
        };
    Life least = Minimiser.minimise(life, fails, plenty());
    assertEquals(List.of(put(0, 123, 8), put(0, 700, 8)), operations(least));
    assertEquals(1, least.seed());
    assertEquals(2, least.number());
    assertEquals("Kind", least.store());
    // Twice the logarithm for each of them, and some more for the rest.
    assertTrue(attempts.get() < 80, "attempts=" + attempts);
  }

  @Test
  void aCommitIsLeftWithTheEditsThatMatter() {
    List<Edit> edits = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      edits.add(new Edit("m" + i % 3, "t0.k" + i, i % 2 == 0 ? null : new Value(i, 100)));
    }
    Operation commit = new Operation.Commit(List.copyOf(edits), Promise.DURABLE);
    Life life =
        new Life(
            1, 2, "Kind", List.of(segment(new Ending.Close(), List.of(List.of(commit, commit)))));
    Life least =
        Minimiser.minimise(
            life,
            some ->
                operations(some).stream()
                    .anyMatch(
                        operation ->
                            edits(operation).stream().anyMatch(edit -> edit.value() == null)
                                && edits(operation).stream().anyMatch(e -> e.map().equals("m1"))),
            plenty());
    List<Operation> left = operations(least);
    assertEquals(1, left.size());
    assertTrue(edits(left.get(0)).size() <= 2, left.toString());
    assertTrue(left.get(0) instanceof Operation.Commit c && c.promise() == Promise.DURABLE);
  }

  /** Those that are left keep their numbers, as their keys have them. */
  @Test
  void threadsThatDoNotMatterDoNothing() {
    List<List<Operation>> threads =
        List.of(List.of(put(0, 1, 8)), List.of(put(1, 1, 8)), List.of(put(2, 1, 8)));
    Life life = new Life(1, 2, "Kind", List.of(segment(new Ending.Close(), threads)));
    Life least =
        Minimiser.minimise(life, some -> operations(some).contains(put(1, 1, 8)), plenty());
    assertEquals(List.of(List.of(), List.of(put(1, 1, 8))), least.segments().get(0).operations());
  }

  @Test
  void endingsThatMatterAreAsSmallAsTheyCanBe() {
    Life life =
        new Life(
            1,
            2,
            "Kind",
            List.of(
                segment(new Ending.BitFlips(7, 24), List.of()),
                segment(new Ending.PowerCut(8, 24), List.of()),
                segment(new Ending.Fault("FULL", 0, 3, 100), List.of())));
    Life least =
        Minimiser.minimise(
            life,
            some ->
                some.segments().size() == 3
                    && some.segments().get(0).ending() instanceof Ending.BitFlips flips
                    && flips.flips() >= 3
                    && some.segments().get(1).ending() instanceof Ending.PowerCut cut
                    && cut.cuts() >= 5
                    && some.segments().get(2).ending() instanceof Ending.Fault,
            plenty());
    assertEquals(
        List.of(
            new Ending.BitFlips(7, 3),
            new Ending.PowerCut(8, 5),
            new Ending.Fault("FULL", 0, 3, 1)),
        least.segments().stream().map(Segment::ending).toList());
  }

  @Test
  void valuesAreShortened() {
    Life life =
        new Life(
            1, 2, "Kind", List.of(segment(new Ending.Close(), List.of(List.of(put(0, 1, 1000))))));
    Life least =
        Minimiser.minimise(
            life,
            some ->
                operations(some).stream()
                    .flatMap(operation -> edits(operation).stream())
                    .anyMatch(edit -> edit.value() != null && edit.value().lengthBytes() > 100),
            plenty());
    assertEquals(List.of(put(0, 1, 125)), operations(least));
  }

  @Test
  void aLifeThatDoesNotFailIsLeftAlone() {
    Life life = life(5);
    AtomicInteger attempts = new AtomicInteger();
    Life same =
        Minimiser.minimise(
            life,
            some -> {
              attempts.incrementAndGet();
              return false;
            },
            plenty());
    assertSame(life, same);
    assertEquals(1, attempts.get());
  }

  @Test
  void theBudgetIsKeptAndWhatIsGivenHasFailed() throws Exception {
    Seeds.run(
        seed -> {
          Life life = life(seed);
          long tag = tags(life).get(0);
          for (int attempts = 0; attempts < 40; attempts++) {
            AtomicInteger tried = new AtomicInteger();
            Predicate<Life> fails = some -> tags(some).contains(tag);
            Life least =
                Minimiser.minimise(
                    life,
                    some -> {
                      tried.incrementAndGet();
                      return fails.test(some);
                    },
                    new Budget(attempts, () -> false));
            assertTrue(fails.test(least));
            assertTrue(tried.get() <= attempts, tried + " of " + attempts);
          }
        });
  }

  @Test
  void timeEndsIt() {
    Life life = life(5);
    AtomicInteger asked = new AtomicInteger();
    AtomicInteger tried = new AtomicInteger();
    Minimiser.minimise(
        life,
        some -> tried.incrementAndGet() == 1,
        new Budget(1000, () -> asked.incrementAndGet() > 5));
    assertEquals(5, tried.get());
  }

  /** A defect that comes and goes: whatever is given has shown it. */
  @Test
  void chanceDoesNoHarm() throws Exception {
    Seeds.run(
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          Set<Life> failed = new HashSet<>();
          Life life = life(seed);
          Life least =
              Minimiser.minimise(
                  life,
                  some -> {
                    boolean fails = some.equals(life) || random.nextInt(3) == 0;
                    if (fails) {
                      failed.add(some);
                    }
                    return fails;
                  },
                  new Budget(200, () -> false));
          assertTrue(failed.contains(least));
        });
  }
}
