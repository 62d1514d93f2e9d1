// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;

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
 * Every call below a flooded map that needs memory or a device fails, in turn: the operation is
 * done then, or not at all.
 */
@Tag("once") // It is long; what a failed call leaves is compared with a model, on dirty memory.
class FloodFaultTest {
  private static final ZapParameters SMALL = TestMap.FIXED_SALT.withFatBlockShift(9);

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

  private interface Operation {
    void run(Zap zap, Transaction tx);
  }

  private static byte[] key(int number) {
    return Collisions.keyWithHash(0x24955, 0x7777777777777777L, number);
  }

  private static Operation put(int number, int bytes) {
    return (zap, tx) -> zap.put(key(number), ZapValue.ofBytes(new byte[bytes]), tx);
  }

  private static Operation remove(int number) {
    return (zap, tx) -> zap.remove(key(number), tx);
  }

  private static List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    operations.add((zap, tx) -> zap.put(TestMap.key("fat"), ZapValue.ofBytes(new byte[3]), tx));
    for (int i = 0; i < 20; i++) {
      operations.add(put(i, 8));
    }
    for (int i = 0; i < 4; i++) {
      operations.add(put(i, 200));
      operations.add(put(i, 250));
    }
    operations.add(put(1, 3));
    operations.add(put(12, 200));
    for (int i = 0; i < 20; i++) {
      operations.add(remove(i));
    }
    operations.add(put(30, 8));
    return operations;
  }

  private static void failInTurn(boolean anyCall, List<String> found) {
    List<Operation> operations = operations();
    for (int last = 0; last < operations.size(); last++) {
      for (boolean forGood : new boolean[] {false, true}) {
        boolean failed = true;
        for (int calls = 0; failed; calls += 1 + calls / 4) {
          try {
            failed = attempt(operations, last, anyCall, calls, forGood);
          } catch (AssertionError | ZapException e) {
            found.add("operation " + last + " call " + calls + " forGood=" + forGood + ": " + e);
          }
        }
      }
    }
  }

  private static boolean attempt(
      List<Operation> operations, int last, boolean anyCall, int calls, boolean forGood) {
    TestMap map = TestMap.create(SMALL, 4 << 20, new ReusingLeafCreator());
    try {
      try (Transaction tx = map.object().begin()) {
        operations.subList(0, last).forEach(operation -> operation.run(map.zap(), tx));
      }
      map.sync();
      map.zap().close();
      map.object().forget();
      FaultyBlockObject object = new FaultyBlockObject(map.cache(), map.object(), anyCall);
      Zap zap = map.openOver(object);
      Map<String, ZapValue> before = content(zap);
      boolean thrown = false;
      object.failAfter(calls, forGood);
      try (Transaction tx = map.object().begin()) {
        operations.get(last).run(zap, tx);
      } catch (DeviceException e) {
        thrown = true;
      }
      boolean failed = object.hasFailed();
      object.work();
      try {
        assertEquals(List.of(), map.cache().outstandingHolds());
        if (!zap.isBroken()) {
          if (thrown) {
            assertEquals(before, content(zap), "half done");
            assertEquals(List.of(), FixtureTest.problems(zap), "after the failure");
            try (Transaction tx = map.object().begin()) {
              operations.get(last).run(zap, tx);
            }
          }
          assertEquals(List.of(), FixtureTest.problems(zap));
          assertEquals(content(zap).size(), zap.count());
        }
      } catch (AssertionError e) {
        if (!failed) {
          throw new IllegalStateException(e);
        }
        throw e;
      } finally {
        zap.close();
      }
      return failed;
    } finally {
      map.abandon();
    }
  }

  private static Map<String, ZapValue> content(Zap zap) {
    Map<String, ZapValue> content = new TreeMap<>();
    try (ZapCursor cursor = zap.cursor()) {
      while (cursor.next()) {
        content.put(new String(cursor.key(), ISO_8859_1), cursor.value());
      }
    }
    return content;
  }

  @Test
  void anyCall() {
    List<String> found = new ArrayList<>();
    failInTurn(true, found);
    assertEquals(List.of(), found);
  }

  @Test
  void callsThatNeedMemoryOrTheDevice() {
    List<String> found = new ArrayList<>();
    failInTurn(false, found);
    assertEquals(List.of(), found);
  }
}
