// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.testing.ChildWatch;
import org.zapkv.store.MapCursor;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/**
 * A process that loads is killed at a random moment; what it reported as committed has to be there.
 * Five rounds, or as many as {@code -Dzap.kill.rounds} says.
 */
@Tag("once") // In children, which have no policy.
class KillDuringLoadTest {
  /*
   * Each round loads a map of its own in the same store, from an endless input. Line i, counted from
   * 1, has the key i % KEYS, so that keys are replaced too; but the last line of each batch has the
   * key MARK. The mark in the map tells after which line the load stood, and with that the whole
   * content that the map has to have: if that is not the end of a batch, or before what was reported,
   * or if any entry is not as after that line, a batch was torn or lost.
   */

  private static final int ROUNDS = Integer.getInteger("zap.kill.rounds", 5);
  private static final int KEYS = 20_011;
  private static final String MARK = "mark";

  @TempDir private Path directory;

  @Test
  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  void shouldKeepExactlyWhatWasCommitted() throws Exception {
    long seed = Seeds.next();
    System.out.println("KillDuringLoadTest: seed=" + seed + " rounds=" + ROUNDS);
    Random random = new Random(seed);
    Path store = directory.resolve("store");
    Map<String, Long> marks = new HashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      String map = "map" + round;
      int batch = 1 + random.nextInt(300);
      boolean durable = random.nextBoolean();
      String message =
          "seed=" + seed + " round=" + round + " batch=" + batch + " durable=" + durable;
      long acknowledged = loadAndKill(store, map, batch, durable, random);
      long mark = assertWhole(store, map, batch, acknowledged, message);
      marks.put(map, mark);
      assertUnchanged(store, marks, message);
    }
  }

  private static String line(long number, int batch) {
    return number % batch == 0
        ? MARK + "\t" + number + "\n"
        : number % KEYS + "\t" + value(number) + "\n";
  }

  private static String value(long number) {
    return number + "-" + "x".repeat((int) (number % 200));
  }

  /** Returns how many lines the process reported as committed. */
  private static long loadAndKill(Path store, String map, int batch, boolean durable, Random random)
      throws Exception {
    String mode = durable ? "--durability=sync" : "--skip-bad";
    List<Object> load =
        new ArrayList<>(List.of("load", "--acks", "--cache", "4m", "--batch", batch, mode));
    if (random.nextBoolean()) {
      load.add("--direct");
    }
    load.addAll(List.of(store, map));
    Process process = ChildJvm.start(load.toArray());
    Thread feeder = new Thread(() -> feed(process, batch), "feeder");
    Thread drain = new Thread(() -> drain(process), "drain");
    feeder.start();
    drain.start();
    try (ChildWatch watch = ChildWatch.of(process);
        BufferedReader acks = process.inputReader(StandardCharsets.UTF_8)) {
      assertNotNull(watch);
      String last = null;
      int count = random.nextInt(4) == 0 ? 0 : random.nextInt(100);
      for (int i = 0; i < count; i++) {
        last = acks.readLine();
        assertNotNull(last, "the load ended by itself");
      }
      // Not for anything to happen, but for the moment to be a random one.
      TimeUnit.MICROSECONDS.sleep(random.nextInt(count == 0 ? 3_000_000 : 20_000));
      // Through the handle: destroying the process itself closes its streams, with what is in them.
      process.toHandle().destroyForcibly();
      for (String next = acks.readLine(); next != null; next = acks.readLine()) {
        last = next;
      }
      return last == null ? 0 : Long.parseLong(last.replace("committed ", ""));
    } finally {
      process.destroyForcibly().waitFor();
      feeder.join();
      drain.join();
    }
  }

  private static void feed(Process process, int batch) {
    try (BufferedWriter lines = process.outputWriter(StandardCharsets.UTF_8)) {
      for (long number = 1; process.isAlive(); number++) {
        lines.write(line(number, batch));
      }
    } catch (IOException e) {
      assertFalse(process.isAlive() && !e.getMessage().contains("ipe"), e.getMessage());
    }
  }

  private static void drain(Process process) {
    try (BufferedReader errors = process.errorReader(StandardCharsets.UTF_8)) {
      errors.lines().forEach(line -> System.out.println("KillDuringLoadTest: load: " + line));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the line after which the load stood. */
  private static long assertWhole(
      Path store, String map, int batch, long acknowledged, String message) {
    if (!Files.exists(store.resolve("blocks.zap"))) {
      System.out.println("KillDuringLoadTest: " + message + " killed before there was a store");
      assertEquals(0, acknowledged, message);
      return 0;
    }
    Cli.Result check = Cli.run("check", store);
    assertEquals(ExitCode.OK, check.exitCode(), () -> message + " " + check);
    try (ZapStore opened = ZapStore.builder().createIfMissing(false).open(store)) {
      if (!opened.mapNames().contains(map)) {
        System.out.println("KillDuringLoadTest: " + message + " killed before there was a map");
        assertEquals(0, acknowledged, message);
        return 0;
      }
      ZapMap entries = opened.existingMap(map);
      String text = entries.getString(MARK);
      long mark = text == null ? 0 : Long.parseLong(text);
      System.out.println(
          "KillDuringLoadTest: " + message + " reported=" + acknowledged + " there=" + mark);
      assertEquals(0, mark % batch, message);
      assertTrue(mark >= acknowledged, message + ": there are " + mark + " of " + acknowledged);
      assertContent(entries, batch, mark, message);
      return mark;
    }
  }

  private static void assertContent(ZapMap map, int batch, long mark, String message) {
    Map<String, String> expected = new HashMap<>();
    for (long number = 1; number <= mark; number++) {
      if (number % batch != 0) {
        expected.put(Long.toString(number % KEYS), value(number));
      }
    }
    if (mark > 0) {
      expected.put(MARK, Long.toString(mark));
    }
    assertEquals(expected.size(), map.size(), message);
    long seen = 0;
    try (MapCursor cursor = map.cursor()) {
      while (cursor.next()) {
        String key = cursor.entry().keyString();
        assertEquals(expected.get(key), cursor.entry().valueString(), message + " key=" + key);
        seen++;
      }
    }
    assertEquals(expected.size(), seen, message);
  }

  /** The maps of earlier rounds are as they were. */
  private static void assertUnchanged(Path store, Map<String, Long> marks, String message) {
    if (!Files.exists(store.resolve("blocks.zap"))) {
      return;
    }
    try (ZapStore opened = ZapStore.open(store)) {
      marks.forEach(
          (name, mark) -> {
            if (mark > 0) {
              String text = opened.existingMap(name).getString(MARK);
              assertEquals(Long.toString(mark), text, message + " map=" + name);
            }
          });
    }
  }
}
