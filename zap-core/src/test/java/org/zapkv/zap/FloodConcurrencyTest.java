// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.pool.Transaction;

/** Several threads change a flooded map, each its own keys, while others walk, count and check. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FloodConcurrencyTest {
  private static final int OPERATIONS = Integer.getInteger("zap.flood.operations", 3_000);
  private static final int WRITERS = 3;
  private static final int STAYING = 60;
  private static final long SALT = 0x24955;

  private static byte[] key(int writer, Random random) {
    int number = writer * 1000 + random.nextInt(120);
    return key(number, random.nextInt(3));
  }

  private static byte[] key(int number, int kind) {
    return kind == 0
        ? TestMap.key(number)
        : Collisions.keyWithHash(SALT, kind * 0x4123456789ABCDEFL, number);
  }

  @Test
  void writersWalkersAndCheckers() {
    Seeds.run(
        random -> {
          for (int shift : new int[] {9, 12}) {
            run(random, shift);
          }
        });
  }

  private static void run(Random random, int shift) throws Exception {
    ZapParameters parameters = TestMap.FIXED_SALT.withFatBlockShift(shift);
    TestMap map = TestMap.createUntraced(parameters);
    map.makeFat();
    for (int i = 0; i < STAYING; i++) {
      map.put(key(9000 + i, i % 3), ZapValue.ofLong(i));
    }
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(WRITERS + 2);
    List<Future<Map<String, ZapValue>>> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      int writer = i + 1;
      long seed = random.nextLong();
      writers.add(threads.submit(() -> write(map, writer, new Random(seed))));
    }
    Future<?> walker = threads.submit(() -> walk(map, done));
    Future<?> checker = threads.submit(() -> check(map, done));
    Map<String, ZapValue> model = new HashMap<>();
    try {
      for (Future<Map<String, ZapValue>> writer : writers) {
        model.putAll(writer.get());
      }
    } finally {
      done.set(true);
      threads.shutdown();
    }
    walker.get();
    checker.get();
    for (int i = 0; i < STAYING; i++) {
      model.put(text(key(9000 + i, i % 3)), ZapValue.ofLong(i));
    }
    assertEquals(model.size(), map.zap().count());
    assertEquals(model, map.content());
    assertEquals(List.of(), map.problems());
    map.reopen();
    assertEquals(model, map.content());
    assertEquals(List.of(), map.problems());
    map.abandon();
  }

  private static String text(byte[] key) {
    return new String(key, java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  private static Map<String, ZapValue> write(TestMap map, int writer, Random random) {
    Map<String, ZapValue> model = new HashMap<>();
    for (int i = 0; i < OPERATIONS; i++) {
      boolean growing = i / 500 % 2 == 0;
      byte[] key = key(writer, random);
      ZapValue before = model.get(text(key));
      try (Transaction tx = map.object().begin()) {
        if (random.nextInt(10) < (growing ? 8 : 2)) {
          ZapValue value =
              random.nextInt(3) == 0
                  ? ZapValue.ofBytes(new byte[random.nextInt(250)])
                  : ZapValue.ofLong(random.nextLong());
          if (before != null && random.nextBoolean()) {
            assertTrue(map.zap().replace(key, before, value, tx));
          } else {
            assertEquals(before, map.zap().put(key, value, tx));
          }
          model.put(text(key), value);
        } else {
          assertEquals(before, map.zap().remove(key, tx));
          model.remove(text(key));
        }
      }
      byte[] other = key(writer, random);
      ZapValue expected = model.get(text(other));
      if (expected == null) {
        assertNull(map.get(other));
      } else {
        assertEquals(expected, map.get(other));
      }
      if (i % 400 == 0) {
        map.sync();
      }
    }
    return model;
  }

  private static void walk(TestMap map, AtomicBoolean done) {
    while (!done.get()) {
      Set<String> seen = new HashSet<>();
      int staying = 0;
      try (ZapCursor cursor = map.zap().cursor()) {
        while (cursor.next()) {
          seen.add(text(cursor.key()));
        }
      }
      for (int i = 0; i < STAYING; i++) {
        staying += seen.contains(text(key(9000 + i, i % 3))) ? 1 : 0;
      }
      assertEquals(STAYING, staying);
    }
  }

  private static void check(TestMap map, AtomicBoolean done) {
    while (!done.get()) {
      assertEquals(List.of(), map.problems());
      assertTrue(map.zap().count() >= STAYING);
      map.zap().statistics();
    }
  }
}
