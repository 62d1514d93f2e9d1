// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.error.DeviceException;
import org.zapkv.error.ZapException;
import org.zapkv.pool.Transaction;

/**
 * Every call below a map fails, in turn: once, or from then on for good. The operation is done
 * then, or not, and never by half; the map can go on.
 */
@Tag("once") // It is long; what a failed call leaves is compared with a model, on dirty memory.
class ZapFaultTest {
  private static final ZapParameters SMALL = TestMap.FIXED_SALT.withFatBlockShift(9);

  /** The key itself is the hash. */
  private static final ZapParameters CHOSEN = SMALL.withFlagBits(ZapName.ALL_FLAGS);

  // What a failed change of the shape logs is as expected as it is much.
  private static final java.util.logging.Logger LOGGER =
      java.util.logging.Logger.getLogger(FatZap.class.getName());

  @BeforeAll
  static void silence() {
    LOGGER.setLevel(java.util.logging.Level.OFF);
  }

  @AfterAll
  static void speak() {
    LOGGER.setLevel(null);
  }

  /** An operation on an open map. */
  private interface Operation {
    void run(Zap zap, Transaction tx);
  }

  private static Operation add(byte[] key) {
    return (zap, tx) -> zap.add(key, ZapValue.ofLong(1), tx);
  }

  private static Operation remove(byte[] key) {
    return (zap, tx) -> zap.remove(key, tx);
  }

  private static List<Operation> adds(int from, int to) {
    List<Operation> adds = new ArrayList<>();
    for (int i = from; i < to; i++) {
      adds.add(add(TestMap.key(i)));
    }
    return adds;
  }

  /** Fails the calls of the last of some operations; the ones before it are done without. */
  private static final class Case {
    private final ZapParameters parameters;
    private final List<Operation> before;
    private final Operation operation;
    private int putBack;
    private int broken;

    Case(ZapParameters parameters, List<Operation> operations, int last) {
      this.parameters = parameters;
      this.before = operations.subList(0, last);
      this.operation = operations.get(last);
    }

    Case(ZapParameters parameters, List<Operation> operations) {
      this(parameters, operations, operations.size() - 1);
    }

    /**
     * Fails each call once, and all from a call on for some of them.
     *
     * @return how often the operation failed
     */
    int failInTurn(boolean anyCall) {
      int thrown = 0;
      for (boolean forGood : new boolean[] {false, true}) {
        boolean failed = true;
        for (int calls = 0; failed; calls += forGood ? 1 + calls / 4 : 1) {
          try (Attempt attempt = new Attempt(this, anyCall)) {
            failed = attempt.fail(calls, forGood);
            thrown += attempt.thrown ? 1 : 0;
          }
        }
      }
      return thrown;
    }
  }

  private static final class Attempt implements AutoCloseable {
    private final Case test;
    private final TestMap map;
    private final FaultyBlockObject object;
    private final Zap zap;
    private boolean thrown;

    Attempt(Case test, boolean anyCall) {
      this.test = test;
      this.map = TestMap.create(test.parameters, 4 << 20, new ReusingLeafCreator());
      try (Transaction tx = map.object().begin()) {
        test.before.forEach(operation -> operation.run(map.zap(), tx));
      }
      map.sync();
      map.zap().close();
      this.object = new FaultyBlockObject(map.cache(), map.object(), anyCall);
      this.zap = map.openOver(object);
    }

    /** Runs the operation while calls fail; whether one did. */
    boolean fail(int calls, boolean forGood) {
      Map<String, ZapValue> before = content();
      byte[] imageBefore = Images.image(map.object());
      object.failAfter(calls, forGood);
      try (Transaction tx = map.object().begin()) {
        test.operation.run(zap, tx);
      } catch (DeviceException e) {
        thrown = true;
      }
      boolean failed = object.hasFailed();
      if (forGood && failed) {
        assertNoWrongAnswer(before);
      }
      object.work();
      assertEquals(List.of(), map.cache().outstandingHolds());
      if (zap.isBroken()) {
        assertTrue(forGood);
        test.broken++;
        return failed;
      }
      if (thrown) {
        assertEquals(before, content());
        assertSound();
        if (test.operation == CONVERT && zap.isMicro()) {
          test.putBack++;
          assertEquals(1, map.object().blockCount());
          assertArrayEquals(imageBefore, map.image());
        }
        try (Transaction tx = map.object().begin()) {
          test.operation.run(zap, tx);
        }
      }
      assertSound();
      assertEquals(content().size(), zap.count());
      assertNotNull(zap.statistics());
      assertNothingLeaked();
      return failed;
    }

    /** Whatever can still be read is right. */
    private void assertNoWrongAnswer(Map<String, ZapValue> before) {
      for (Map.Entry<String, ZapValue> entry : before.entrySet()) {
        try {
          ZapValue value = zap.get(entry.getKey().getBytes(ISO_8859_1));
          assertTrue(value == null ? !thrown : value.equals(entry.getValue()), entry.getKey());
        } catch (ZapException e) {
          assertFalse(e instanceof org.zapkv.error.CorruptException, e.toString());
        }
      }
    }

    private Map<String, ZapValue> content() {
      Map<String, ZapValue> content = new TreeMap<>();
      try (ZapCursor cursor = zap.cursor()) {
        while (cursor.next()) {
          content.put(new String(cursor.key(), ISO_8859_1), cursor.value());
        }
      }
      return content;
    }

    private void assertSound() {
      assertEquals(List.of(), FixtureTest.problems(zap));
    }

    /** A block that is in use and no hole, but for what a failure to free blocks left over. */
    private void assertNothingLeaked() {
      map.sync();
      ZapStatistics statistics = zap.statistics();
      long used = 1 + statistics.leafCount() + statistics.tableBlockCount();
      if (statistics.growingFirstBlock() != 0) {
        used += 2 * statistics.tableBlockCount();
      }
      if (!object.hasFailedToFree()) {
        assertTrue(Images.storedBlocks(map.object()) <= used + 1, "stored and not used");
      }
    }

    @Override
    public void close() {
      zap.close();
      map.abandon();
    }
  }

  /** The operations of a log that change a figure of the map's shape. */
  private static List<Integer> changesOf(
      ZapParameters parameters,
      List<Operation> operations,
      java.util.function.ToLongFunction<ZapStatistics> figure) {
    List<Integer> changes = new ArrayList<>();
    try (TestMap map = TestMap.create(parameters)) {
      long before = figure.applyAsLong(map.zap().statistics());
      for (int i = 0; i < operations.size(); i++) {
        try (Transaction tx = map.object().begin()) {
          operations.get(i).run(map.zap(), tx);
        }
        long after = figure.applyAsLong(map.zap().statistics());
        if (before != after) {
          changes.add(i);
        }
        before = after;
      }
    }
    return changes;
  }

  private static void failAll(
      ZapParameters parameters, List<Operation> operations, List<Integer> changes) {
    assertFalse(changes.isEmpty());
    for (int change : changes) {
      new Case(parameters, operations, change).failInTurn(true);
    }
  }

  @Test
  void microAddAndGrowth() {
    assertTrue(new Case(SMALL, adds(0, 7)).failInTurn(true) > 0);
    assertTrue(new Case(SMALL, adds(0, 8)).failInTurn(true) > 0);
  }

  private static final Operation CONVERT =
      (zap, tx) -> zap.put(TestMap.key("makes it fat"), ZapValue.ofBytes(new byte[3]), tx);

  @Test
  void conversionOfOneLeaf() {
    List<Operation> operations = adds(0, 100);
    operations.add(CONVERT);
    Case test = new Case(TestMap.FIXED_SALT, operations);
    assertTrue(test.failInTurn(true) > 0);
    // Only if nothing works any more a conversion cannot be undone.
    assertTrue(test.broken > 0);
    assertTrue(test.putBack > 0);
    assertTrue(new Case(TestMap.FIXED_SALT, operations).failInTurn(false) > 0);
  }

  @Test
  void conversionOfManyLeavesAndAGrownTable() {
    List<Operation> operations = adds(0, 90);
    operations.add(CONVERT);
    assertTrue(changesOf(SMALL, operations, ZapStatistics::tableBlockCount).contains(90));
    Case test = new Case(SMALL, operations);
    test.failInTurn(true);
    assertTrue(test.putBack > 100, "putBack=" + test.putBack);
  }

  @Test
  void conversionToBlocksOfTheSameSize() {
    List<Operation> operations = adds(0, 7);
    operations.add(CONVERT);
    Case test = new Case(SMALL, operations);
    test.failInTurn(true);
    assertTrue(test.putBack > 0);
  }

  @Test
  void splits() {
    List<Operation> operations = new ArrayList<>(List.of(CONVERT));
    operations.addAll(adds(0, 60));
    failAll(SMALL, operations, changesOf(SMALL, operations, ZapStatistics::leafCount));
  }

  @Test
  void growthOfTheTable() {
    List<Operation> operations = new ArrayList<>(List.of(CONVERT));
    operations.addAll(adds(0, 400));
    List<Integer> lengths = changesOf(SMALL, operations, ZapStatistics::tableLength);
    assertTrue(lengths.size() >= 4, "to fat, out of the header, and at least twice outside");
    List<Integer> steps = changesOf(SMALL, operations, ZapStatistics::growingBlocksCopied);
    assertFalse(steps.isEmpty());
    List<Integer> changes = new ArrayList<>(lengths.subList(1, lengths.size()));
    changes.addAll(steps);
    failAll(SMALL, operations, changes);
  }

  @Test
  void merges() {
    for (ShrinkPolicy policy : ShrinkPolicy.values()) {
      ZapParameters parameters = SMALL.withShrinkPolicy(policy);
      List<Operation> operations = new ArrayList<>(List.of(CONVERT));
      operations.addAll(adds(0, 40));
      for (int i = 0; i < 40; i++) {
        operations.add(remove(TestMap.key(i)));
      }
      List<Integer> changes = changesOf(parameters, operations, ZapStatistics::leafCount);
      failAll(parameters, operations, changes.stream().filter(i -> i > 40).toList());
    }
  }

  private static byte[] chosen(long top, int topBits, int number) {
    long word = (top << 7 | number) << (Long.SIZE - topBits - 7);
    return ByteBuffer.allocate(Long.BYTES).putLong(word).array();
  }

  @Test
  void tablesThatGetSmaller() {
    List<Operation> operations = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      operations.add(add(chosen(1, 1, i)));
    }
    for (int i = 0; i < 20; i++) {
      operations.add(add(chosen(1, 4, i)));
    }
    int added = operations.size();
    for (int i = 0; i < 20; i++) {
      operations.add(remove(chosen(1, 4, i)));
    }
    for (int i = 0; i < 60; i++) {
      operations.add(remove(chosen(1, 1, i)));
    }
    List<Integer> changes =
        changesOf(CHOSEN, operations, ZapStatistics::tableLength).stream()
            .filter(i -> i > added)
            .toList();

    assertTrue(changes.size() >= 2, "to a smaller table, and into the header: " + changes);
    failAll(CHOSEN, operations, List.of(changes.get(0), changes.get(changes.size() - 1)));
  }
}
