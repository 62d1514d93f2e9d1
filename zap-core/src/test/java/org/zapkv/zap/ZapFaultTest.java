// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.zapkv.error.DeviceException;
import org.zapkv.pool.Transaction;

/** Every call below a map fails once, in turn: the map is as before, or as after, and goes on. */
class ZapFaultTest {
  private static final ZapParameters SMALL = TestMap.FIXED_SALT.withFatBlockShift(9);

  /** An operation on an open map. */
  private interface Operation {
    void run(Zap zap, Transaction tx);
  }

  /** Runs an operation with the first call failing, then the second, until none is left to fail. */
  private static int failInTurn(
      ZapParameters parameters,
      boolean anyCallFails,
      Consumer<TestMap> setUp,
      Operation operation) {
    int calls = 0;
    for (boolean failed = true; failed; calls++) {
      try (TestMap map = TestMap.create(parameters)) {
        setUp.accept(map);
        Map<String, ZapValue> before = map.content();
        map.zap().close();
        FaultyBlockObject faulty = new FaultyBlockObject(map.cache(), map.object(), anyCallFails);
        Zap zap = map.openOver(faulty);
        failed = failOnce(map, faulty, zap, before, operation, calls);
        zap.close();
        map.reopen();
      }
    }
    return calls - 1;
  }

  private static boolean failOnce(
      TestMap map,
      FaultyBlockObject faulty,
      Zap zap,
      Map<String, ZapValue> before,
      Operation operation,
      int calls) {
    boolean thrown = false;
    faulty.failAfter(calls);
    try (Transaction tx = map.object().begin()) {
      operation.run(zap, tx);
    } catch (DeviceException e) {
      thrown = true;
    }
    boolean failed = faulty.hasFailed();
    faulty.failAfter(Long.MAX_VALUE);
    if (thrown) {
      assertEquals(before, content(zap));
      assertSound(zap);
      try (Transaction tx = map.object().begin()) {
        operation.run(zap, tx);
      }
    }
    assertSound(zap);
    assertEquals(content(zap).size(), zap.count());
    assertEquals(List.of(), map.cache().outstandingHolds());
    return failed;
  }

  private static Map<String, ZapValue> content(Zap zap) {
    Map<String, ZapValue> content = new TreeMap<>();
    try (ZapCursor cursor = zap.cursor()) {
      while (cursor.next()) {
        content.put(new String(cursor.key(), UTF_8), cursor.value());
      }
    }
    return content;
  }

  private static void assertSound(Zap zap) {
    List<String> problems = new ArrayList<>();
    zap.check((block, offset, text) -> problems.add(text));
    assertEquals(List.of(), problems);
  }

  private static Operation add(int number) {
    return (zap, tx) -> assertTrue(zap.add(TestMap.key(number), ZapValue.ofLong(1), tx));
  }

  @Test
  void microAddAndGrowth() {
    assertTrue(failInTurn(SMALL, true, map -> map.putAll(0, 6), add(6)) > 0);
    assertTrue(failInTurn(SMALL, true, map -> map.putAll(0, 7), add(7)) > 0);
  }

  @Test
  void conversionToALargerBlock() {
    Operation convert = (zap, tx) -> zap.put(TestMap.key("a"), ZapValue.ofBytes(new byte[3]), tx);
    failInTurn(TestMap.FIXED_SALT, false, map -> map.putAll(0, 100), convert);
  }

  @Test
  void splitsAndTableGrowth() {
    for (int i = 0; i < 60; i++) {
      int count = i;
      Consumer<TestMap> setUp =
          map -> {
            map.makeFat();
            map.putAll(0, count);
          };
      failInTurn(SMALL, true, setUp, add(count));
    }
  }

  @Test
  void merges() {
    for (int i = 1; i < 24; i++) {
      int left = i;
      Consumer<TestMap> setUp =
          map -> {
            map.makeFat();
            map.putAll(0, 24);
            map.removeAll(left, 24);
          };
      Operation remove = (zap, tx) -> zap.remove(TestMap.key(left - 1), tx);
      failInTurn(SMALL, true, setUp, remove);
    }
  }
}
