// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/** --json: lines of JSON whatever is stored, the last one with the result. */
class JsonOptionTest {
  @TempDir private Path directory;
  private Path store;

  @BeforeEach
  void makeStore() {
    store = directory.resolve("store");
    Cli.runWith("a\t1\nb\t2\n", "load", store, "m").ok();
  }

  private static Map<String, Object> last(Cli.Result result) {
    List<String> lines = result.out().lines().toList();
    return JsonReader.object(lines.get(lines.size() - 1));
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> part(Map<String, Object> object, String name) {
    return (Map<String, Object>) object.get(name);
  }

  @Test
  void everyCommandEndsWithItsResult() throws Exception {
    Path lines = Files.writeString(directory.resolve("lines"), "a\t1\nb\t2\n");
    Path rescued = directory.resolve("rescued");
    Path svg = directory.resolve("m.svg");
    Object[][] commands = {
      {"load", store, "m", lines},
      {"load", "--acks", store, "m", lines},
      {"get", store, "m", "a"},
      {"put", store, "m", "a", "1"},
      {"scan", store, "m"},
      {"count", store, "m"},
      {"maps", store},
      {"verify", store, "m", lines},
      {"stat", store},
      {"stat", store, "m"},
      {"check", store},
      {"scrub", store},
      {"compact", store},
      {"export", store, "m", "-o", directory.resolve("out.tsv")},
      {"plot", store, "m", "-o", svg},
      {"salvage", store, rescued},
      {"incr", store, "n", "a"},
      {"rm", store, "m", "b"},
    };
    for (Object[] command : commands) {
      Object[] args = new Object[command.length + 1];
      args[0] = command[0];
      args[1] = "--json";
      System.arraycopy(command, 1, args, 2, command.length - 1);
      Cli.Result result = Cli.run(args).ok();
      result.out().lines().forEach(JsonReader::object);
      Map<String, Object> end = last(result);
      assertEquals(command[0], end.get("command"), result::toString);
      assertEquals(store.toString(), end.get("store"), result::toString);
      assertEquals(0L, end.get("exitCode"), result::toString);
      assertFalse(end.containsKey("error"), result::toString);
    }
  }

  @Test
  void theFiguresAreThere() {
    assertEquals(2L, last(Cli.run("count", "--json", store, "m")).get("entries"));
    assertEquals(List.of("m"), last(Cli.run("maps", "--json", store)).get("maps"));
    Map<String, Object> stat = last(Cli.run("stat", "--json", store));
    assertEquals(List.of(Map.of("name", "m", "micro", false, "entries", 2L)), stat.get("maps"));
    assertTrue((Long) part(part(stat, "statistics"), "pool").get("deviceBytes") > 0);
    Map<String, Object> map = last(Cli.run("stat", "--json", store, "m"));
    assertEquals(2L, part(map, "statistics").get("entryCount"));
    assertEquals(2L, part(last(Cli.run("check", "--json", store)), "report").get("entries"));
    assertEquals("1", last(Cli.run("get", "--json", store, "m", "a")).get("value"));
    Cli.Result loaded = Cli.runWith("x\t7\n", "load", "--json", "--acks", "--long", store, "m");
    assertEquals(1L, JsonReader.object(loaded.out().lines().findFirst().get()).get("committed"));
    assertEquals(1L, last(loaded).get("entries"));
    assertNotNull(last(loaded).get("seconds"));
    assertEquals(7L, last(Cli.run("get", "--json", store, "m", "x")).get("value"));
  }

  @Test
  void aScanHasAnObjectForEachEntryAndTheCursor() {
    Map<String, Object> first = last(Cli.run("scan", "--json", "--limit", 1, store, "m").ok());
    assertEquals(1L, first.get("entries"));
    Cli.Result rest = Cli.run("scan", "--json", "--cursor", first.get("cursor"), store, "m").ok();
    assertNull(last(rest).get("cursor"));
    assertEquals("", rest.err());
    assertEquals(2, rest.out().lines().count());
  }

  @Test
  void aFailureIsToldToo() {
    Map<String, Object> end = last(Cli.run("get", "--json", store, "m", "zz").exits(1));
    assertEquals(1L, end.get("exitCode"));
    assertTrue(end.get("error").toString().contains("no key \"zz\""), end::toString);
    end = last(Cli.run("count", "--json", directory.resolve("none"), "m").exits(3));
    assertEquals(3L, end.get("exitCode"));
    Cli.Result different = Cli.runWith("a\t5\nb\t2\n", "verify", "--json", store, "m").exits(1);
    assertEquals(2, different.out().lines().count());
    assertEquals(1L, last(different).get("differences"));
    assertEquals("", Cli.run("count", "--json", store).exits(64).out());
    Cli.run("export", "--json", store, "m").exits(64);
  }

  @Test
  void anyBytesAreJson() {
    long seed = Seeds.next();
    Random random = new Random(seed);
    TreeMap<String, String> expected = new TreeMap<>();
    try (ZapStore opened = ZapStore.open(store)) {
      ZapMap map = opened.map("any");
      for (int i = 0; i < 500; i++) {
        byte[] key = bytes(random);
        byte[] value = bytes(random);
        map.put(key, value);
        expected.put(hex(key), hex(value));
      }
      map.put(new byte[] {0, '"', '\\', 0x1F, 0x7F, '\n'}, new byte[0]);
      expected.put(hex(new byte[] {0, '"', '\\', 0x1F, 0x7F, '\n'}), "");
    }
    TreeMap<String, String> found = new TreeMap<>();
    List<String> lines = Cli.run("scan", "--json", store, "any").ok().out().lines().toList();
    for (String line : lines.subList(0, lines.size() - 1)) {
      Map<String, Object> entry = JsonReader.object(line);
      found.put(hexOf(entry.get("key")), hexOf(entry.get("value")));
    }
    assertEquals(expected, found, "seed " + seed);
  }

  /** Text as often as not. */
  private static byte[] bytes(Random random) {
    if (random.nextBoolean()) {
      return random
          .ints(random.nextInt(20), 0, 0x2FFF)
          .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
          .toString()
          .getBytes(StandardCharsets.UTF_8);
    }
    byte[] bytes = new byte[random.nextInt(20)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static String hexOf(Object field) {
    return field instanceof Map<?, ?> object
        ? object.get("hex").toString()
        : hex(field.toString().getBytes(StandardCharsets.UTF_8));
  }
}
