// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.operation.Segment.Ending;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.OpenOptions;

@Tag("once")
final class GeneratorTest {
  private static final Set<Capability> ALL = EnumSet.allOf(Capability.class);
  private static final Set<FaultKind> FAULTS = EnumSet.allOf(FaultKind.class);

  private static Life life(
      long seed, int number, int threads, Set<Capability> capabilities, Set<FaultKind> faults) {
    Generator generator = new Generator(seed, number, threads, capabilities, faults);
    for (int i = 0; i < generator.segments(); i++) {
      generator.next();
    }
    return generator.life("Kind");
  }

  /** Changes of a commit, or of a single change. */
  private static List<Edit> edits(Operation operation) {
    if (operation instanceof Operation.Apply apply) {
      return List.of(apply.edit());
    }
    if (operation instanceof Operation.Update update) {
      return List.of(update.edit());
    }
    return operation instanceof Operation.Commit commit ? commit.edits() : List.of();
  }

  private static List<Operation> operations(Life life, int thread) {
    return life.segments().stream()
        .flatMap(segment -> segment.operations().get(thread).stream())
        .toList();
  }

  /** All but the tags, which are of the number of the life alone. */
  private static String outline(Life life) {
    return life.segments().stream()
        .map(s -> s.options() + " " + s.ending() + " " + s.operations().get(0).size())
        .collect(Collectors.joining("\n"));
  }

  @Test
  void theSeedAndTheNumberMakeTheLife() throws Exception {
    Seeds.run(
        seed -> {
          Life life = life(seed, 3, 2, ALL, FAULTS);
          assertEquals(life, life(seed, 3, 2, ALL, FAULTS));
          Set<String> numbers = new HashSet<>();
          Set<String> seeds = new HashSet<>();
          for (int i = 0; i < 6; i++) {
            numbers.add(outline(life(seed, i, 2, ALL, FAULTS)));
            seeds.add(outline(life(seed + i, 3, 2, ALL, FAULTS)));
          }
          assertEquals(6, numbers.size());
          assertEquals(6, seeds.size());
        });
  }

  /**
   * A child JVM makes up the same life as its parent, and a seed that was noted is of use to
   * others: the number is to change only with what is made up.
   */
  @Test
  void aLifeIsTheSameInEveryJvm() {
    CRC32 sum = new CRC32();
    for (int number = 0; number < 10; number++) {
      for (Segment segment : life(7, number, 2, ALL, FAULTS).segments()) {
        List<Operation> operations = segment.operations().get(1);
        add(sum, segment.options().toString());
        add(sum, OperationText.of(operations.get(operations.size() / 2)));
        add(sum, OperationText.of(operations.get(operations.size() - 1)));
        add(sum, OperationText.of(segment.ending()));
      }
    }
    assertEquals(2_566_156_253L, sum.getValue());
  }

  private static void add(CRC32 sum, String text) {
    sum.update(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aLifeGrowsBySegments() {
    Generator generator = new Generator(1, 2, 1, ALL, FAULTS);
    assertEquals(new Life(1, 2, "Kind", List.of()), generator.life("Kind"));
    List<Segment> segments = new ArrayList<>();
    for (int i = 0; i < generator.segments() + 3; i++) {
      segments.add(generator.next());
      assertEquals(new Life(1, 2, "Kind", segments), generator.life("Kind"));
    }
  }

  @Test
  void threadsKeepToTheirLinesAndTagsAndScansAreUnique() throws Exception {
    Seeds.run(
        seed -> {
          Set<Long> tags = new HashSet<>();
          Map<Integer, Integer> threadOfScan = new HashMap<>();
          for (int number = 0; number < 12; number++) {
            Life life = life(seed, number, 3, ALL, FAULTS);
            for (Segment segment : life.segments()) {
              assertEquals(3, segment.operations().size());
            }
            for (int thread = 0; thread < 3; thread++) {
              for (Operation operation : operations(life, thread)) {
                keepsToItsLine(operation, thread);
                for (Edit edit : edits(operation)) {
                  assertTrue(edit.value() == null || tags.add(edit.value().tag()));
                }
                if (operation instanceof Operation.ScanBegin scan) {
                  Integer other = threadOfScan.put(scan.scan(), thread);
                  assertTrue(other == null || other == thread);
                }
              }
            }
          }
        });
  }

  private static void keepsToItsLine(Operation operation, int thread) {
    Set<String> keys = new HashSet<>();
    for (Edit edit : edits(operation)) {
      assertEquals("t" + thread, Edit.lineOf(edit.key()));
      assertTrue(keys.add(edit.map() + " " + edit.key()), edit::toString);
      assertTrue(edit.key().length() <= 1023);
    }
    if (operation instanceof Operation.Commit) {
      assertFalse(keys.isEmpty());
    }
  }

  @Test
  void storesAreAskedForNothingThatTheyCannotDo() throws Exception {
    Seeds.run(
        seed -> {
          for (int number = 0; number < 15; number++) {
            Life life = life(seed, number, 2, Set.of(Capability.BATCH), FAULTS);
            for (Segment segment : life.segments()) {
              assertEquals(new Ending.Close(), segment.ending());
              assertTrue(segment.options().leafBytes() >= 4096);
            }
            for (Operation operation : operations(life, 1)) {
              assertFalse(operation instanceof Operation.ScanResume);
              assertFalse(operation instanceof Operation.Compact);
              assertFalse(operation instanceof Operation.Scrub);
              List<Edit> edits = edits(operation);
              assertTrue(edits.stream().map(Edit::map).distinct().count() <= 1);
              for (Edit edit : edits) {
                assertTrue(edit.key().length() <= 400);
                assertTrue(edit.value() == null || edit.value().lengthBytes() <= 8000);
              }
            }
            assertTrue(
                operations(life(seed, number, 1, Set.of(), FAULTS), 0).stream()
                    .noneMatch(operation -> operation instanceof Operation.Commit));
          }
        });
  }

  @Test
  void nothingGoesWrongThatMayNot() throws Exception {
    Seeds.run(
        seed -> {
          for (int number = 0; number < 12; number++) {
            Life life = life(seed, number, 1, ALL, EnumSet.of(FaultKind.POWER));
            for (Segment segment : life.segments()) {
              assertTrue(
                  segment.ending() instanceof Ending.Close
                      || segment.ending() instanceof Ending.PowerCut);
              assertEquals(0, segment.slowPerMille());
            }
            for (Operation operation : operations(life, 0)) {
              assertFalse(operation instanceof Operation.Interrupt);
              assertFalse(operation instanceof Operation.ClockJump);
            }
          }
        });
  }

  /** Three of the largest that are drawn fit a leaf of 512 bytes, which has 18 chunks of 24. */
  @Test
  void whatIsPutIntoTheSmallestLeavesFits() throws Exception {
    Seeds.run(
        seed -> {
          int found = 0;
          // Two of seven lives have such leaves: that there is none in all of them is no chance.
          for (int number = 0; number < 25 || (found == 0 && number < 150); number++) {
            Life life = life(seed, number, 2, ALL, FAULTS);
            long small =
                life.segments().stream().filter(s -> s.options().leafBytes() < 4096).count();
            assertTrue(small == 0 || small == life.segments().size());
            if (small > 0) {
              found++;
              for (Operation operation : operations(life, 0)) {
                for (Edit edit : edits(operation)) {
                  assertTrue(edit.key().length() <= 24);
                  int length = edit.value() == null ? 0 : edit.value().lengthBytes();
                  assertTrue(length <= 60 || length > 2048, edit::toString);
                }
              }
            }
          }
          assertTrue(found > 0);
        });
  }

  /** What a run should meet, it can. */
  @Test
  void thereIsSomeOfEverything() {
    Set<String> met = new TreeSet<>();
    for (int number = 0; number < 60; number++) {
      Life life = life(11, number, 2, ALL, FAULTS);
      Map<String, Integer> lengths = new HashMap<>();
      for (Segment segment : life.segments()) {
        note(segment, met);
        for (int thread = 0; thread < 2; thread++) {
          for (Operation operation : segment.operations().get(thread)) {
            note(operation, thread, met);
            for (Edit edit : edits(operation)) {
              int length = edit.value() == null ? 0 : edit.value().lengthBytes();
              lengths.put(edit.map() + edit.key(), length);
            }
          }
        }
        if (lengths.values().stream().mapToLong(l -> l).sum() > OpenOptions.LEAST_CACHE_BYTES) {
          met.add("beyond the least cache");
        }
      }
    }
    assertEquals(EXPECTED, met);
  }

  private static void note(Segment segment, Set<String> met) {
    met.add(segment.ending().getClass().getSimpleName());
    if (segment.ending() instanceof Ending.Fault fault) {
      met.add(fault.fault() + fault.device());
    }
    met.add("slow " + (segment.slowPerMille() > 0));
    noteOptions(segment.options(), met);
  }

  private static final Set<String> EXPECTED =
      new TreeSet<>(
          List.of(
              "Apply",
              "Commit",
              "Get",
              "ScanBegin",
              "ScanStep",
              "ScanResume",
              "Sync",
              "Update",
              "Wipe",
              "Compact",
              "Scrub",
              "Interrupt",
              "ClockJump",
              "Close",
              "PowerCut",
              "Fault",
              "BitFlips",
              "READ_ERROR0",
              "WRITE_ERROR0",
              "WRITE_ERROR1",
              "FLUSH_ERROR0",
              "FLUSH_ERROR1",
              "FULL0",
              "FULL1",
              "slow false",
              "slow true",
              "least cache",
              "direct",
              "leaf 512",
              "leaf 4096",
              "leaf 16384",
              "sync 1",
              "sync 20",
              "sync 500",
              "sync 5000",
              "sync 3600000",
              "compression 0",
              "compression 1",
              "compression 2",
              "compression 3",
              "DURABLE",
              "LATER",
              "several maps",
              "several records",
              "removal",
              "long value",
              "large value",
              "long key",
              "another's key",
              "beyond the least cache"));

  private static void noteOptions(OpenOptions options, Set<String> met) {
    if (options.cacheBytes() == OpenOptions.LEAST_CACHE_BYTES) {
      met.add("least cache");
    }
    if (options.directIo()) {
      met.add("direct");
    }
    met.add("leaf " + options.leafBytes());
    met.add("sync " + options.syncMillis());
    met.add("compression " + options.compression());
  }

  private static void note(Operation operation, int thread, Set<String> met) {
    met.add(operation.getClass().getSimpleName());
    if (operation instanceof Operation.Apply apply) {
      met.add(apply.promise().name());
    }
    if (operation instanceof Operation.Get get && !get.key().startsWith("t" + thread + ".")) {
      met.add("another's key");
    }
    List<Edit> edits = edits(operation);
    if (edits.stream().map(Edit::map).distinct().count() > 1) {
      met.add("several maps");
    }
    if (edits.size() > 256) {
      met.add("several records");
    }
    for (Edit edit : edits) {
      if (edit.key().length() > 900) {
        met.add("long key");
      }
      if (edit.value() == null) {
        met.add("removal");
      } else if (edit.value().lengthBytes() == Value.MIN_BYTES) {
        met.add("long value");
      } else if (edit.value().lengthBytes() > 100_000) {
        met.add("large value");
      }
    }
  }

  @Test
  void tooManyAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Generator(1, -1, 1, ALL, FAULTS));
    assertThrows(IllegalArgumentException.class, () -> new Generator(1, 1 << 24, 1, ALL, FAULTS));
    assertThrows(IllegalArgumentException.class, () -> new Generator(1, 0, 0, ALL, FAULTS));
    assertThrows(IllegalArgumentException.class, () -> new Generator(1, 0, 256, ALL, FAULTS));
  }
}
