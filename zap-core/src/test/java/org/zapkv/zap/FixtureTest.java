// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.zapkv.cache.BufferCache;
import org.zapkv.error.KeyNotTextException;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.object.ImageObject;
import org.zapkv.pool.Transaction;

/**
 * Replays how OpenZFS made each fixture and compares the image byte for byte, and reads each
 * fixture's own image.
 */
@Tag("once") // It is long, and runs on dirty memory.
class FixtureTest {
  private static final HexFormat HEX = HexFormat.of();
  private static final int NEXT_FREE_BLOCK_END = FatHeaderLayout.FREE_BLOCK_OFFSET + Long.BYTES;

  /** Where the free block is inside the growing table; we write the block after the table there. */
  private static final String QUIRK = "fat-quirk-freeblk";

  /** What was checked, for all tests of this class. */
  private static final Map<String, AtomicLong> CHECKED = new ConcurrentSkipListMap<>();

  private static void checked(String what) {
    CHECKED.computeIfAbsent(what, key -> new AtomicLong()).incrementAndGet();
  }

  @AfterAll
  static void printWhatWasChecked() {
    System.out.println("FixtureTest, fixtures of OpenZFS: " + CHECKED);
  }

  @Test
  void theFullSetIsThere() {
    if (Fixture.isFullSet()) {
      assertEquals(47, Fixture.all().size());
    }
    assumeTrue(
        Fixture.isFullSet(),
        "only the fixtures in the resources are checked; -Dzap.shared names the full set's folder");
  }

  @TestFactory
  Stream<DynamicTest> replaysToTheSameBytes() {
    return Fixture.all().stream().map(f -> DynamicTest.dynamicTest(f.name(), () -> replay(f)));
  }

  @TestFactory
  Stream<DynamicTest> readsTheImage() {
    return Fixture.all().stream()
        .map(f -> DynamicTest.dynamicTest(f.name(), () -> read(f, f.image(), "read")));
  }

  @TestFactory
  Stream<DynamicTest> readsTheImageOfTheOtherByteOrder() {
    return Fixture.all().stream()
        .filter(Fixture::isSwappedToo)
        .map(
            f ->
                DynamicTest.dynamicTest(
                    f.name(), () -> read(f, f.swappedImage(), "read byte-swapped")));
  }

  static BufferCache newCache() {
    return BufferCache.builder().budgetBytes(64L << 20).build();
  }

  private static void replay(Fixture fixture) {
    try (BufferCache cache = newCache()) {
      ImageObject object = Images.create(cache, MicroLayout.STEP_BYTES);
      Zap zap;
      try (Transaction tx = object.begin()) {
        zap = Zap.create(object, fixture.parameters(), tx);
      }
      int line = 0;
      for (String[] operation : fixture.operations()) {
        line++;
        switch (operation[0]) {
          case "sync" -> object.sync();
          case "reopen" -> {
            zap.close();
            object.sync();
            object.forget();
            zap = Zap.open(object, fixture.parameters());
          }
          default -> {
            String result;
            try (Transaction tx = object.begin()) {
              result = apply(zap, operation, tx);
            }
            assertEquals(operation[5], result, "line " + line);
          }
        }
      }
      List<String> problems = problems(zap);
      zap.close();
      object.sync();
      assertEquals(List.of(), cache.outstandingHolds());
      assertEquals(List.of(), problems);
      compare(fixture, object);
      checked("replayed");
    }
  }

  private static String apply(Zap zap, String[] operation, Transaction tx) {
    byte[] key = HEX.parseHex(operation[1]);
    try {
      if (operation[0].equals("remove")) {
        return zap.remove(key, tx) == null ? "ENOENT" : "OK";
      }
      ZapValue value = new ZapValue(Integer.parseInt(operation[2]), HEX.parseHex(operation[4]));
      assertEquals(Integer.parseInt(operation[3]), value.count());
      if (operation[0].equals("add")) {
        return zap.add(key, value, tx) ? "OK" : "EEXIST";
      }
      zap.put(key, value, tx);
      return "OK";
    } catch (KeyTooLongException e) {
      return "ENAMETOOLONG";
    } catch (KeyNotTextException e) {
      return "ENOTSUP";
    } catch (ValueTooLargeException e) {
      return "E2BIG";
    }
  }

  private static void compare(Fixture fixture, ImageObject object) {
    byte[] expected = fixture.image();
    byte[] actual = Images.image(object);
    assertEquals(fixture.number("block_size"), object.blockSizeBytes());
    assertEquals(expected.length, actual.length, "image size");
    int from = 0;
    if (fixture.name().equals(QUIRK)) {
      from = NEXT_FREE_BLOCK_END;
      assertEquals(144, actual[FatHeaderLayout.FREE_BLOCK_OFFSET] & 0xFF, "after the larger copy");
      assertEquals(-1, firstDifference(expected, actual, 0, FatHeaderLayout.FREE_BLOCK_OFFSET));
    }
    int at = firstDifference(expected, actual, from, expected.length);
    if (at >= 0) {
      fail(
          "block "
              + at / object.blockSizeBytes()
              + " offset "
              + at % object.blockSizeBytes()
              + ": expected "
              + hexAt(expected, at)
              + " but was "
              + hexAt(actual, at));
    }
  }

  private static int firstDifference(byte[] expected, byte[] actual, int from, int to) {
    for (int i = from; i < to; i++) {
      if (expected[i] != actual[i]) {
        return i;
      }
    }
    return -1;
  }

  private static String hexAt(byte[] bytes, int at) {
    return HEX.formatHex(bytes, at, Math.min(at + 16, bytes.length));
  }

  private static void read(Fixture fixture, byte[] image, String what) {
    try (BufferCache cache = newCache()) {
      ImageObject object = Images.of(cache, (int) fixture.number("block_size"), image);
      Zap zap = Zap.open(object, fixture.parameters());
      assertEquals(fixture.isMicro(), zap.isMicro());
      assertEquals(fixture.number("num_entries"), zap.count());
      assertEquals(List.of(), problems(zap));
      ZapStatistics statistics = zap.statistics();
      assertEquals(fixture.number("num_leafs"), statistics.leafCount());
      assertEquals(fixture.number("num_entries"), statistics.entryCount());
      walk(zap, fixture.entries());
      fixture.lookups().forEach(lookup -> lookUp(zap, lookup));
      zap.close();
      assertEquals(List.of(), cache.outstandingHolds());
      checked(what);
    }
  }

  private static void lookUp(Zap zap, Map<String, Object> lookup) {
    byte[] query = HEX.parseHex((String) lookup.get("query_hex"));
    MatchType match =
        switch (((Long) lookup.get("matchtype")).intValue()) {
          case 0 -> MatchType.EXACT;
          case 1 -> MatchType.NORMALIZED;
          default -> MatchType.MATCH_CASE;
        };
    if (lookup.get("result").equals("ENOTSUP")) {
      assertThrows(KeyNotTextException.class, () -> zap.lookup(query, match), lookup::toString);
    } else if (lookup.get("result").equals("ENOENT")) {
      assertNull(zap.lookup(query, match), lookup::toString);
    } else {
      ZapMatch expected =
          new ZapMatch(
              HEX.parseHex((String) lookup.get("realname_hex")),
              ZapValue.ofLong(unsigned(lookup, "value")),
              (Boolean) lookup.get("conflict"));
      assertEquals(expected, zap.lookup(query, match), lookup::toString);
    }
    checked("lookups");
  }

  private static void walk(Zap zap, List<Map<String, Object>> entries) {
    try (ZapCursor cursor = zap.cursor()) {
      for (int i = 0; i < entries.size(); i++) {
        Map<String, Object> entry = entries.get(i);
        assertTrue(cursor.next());
        byte[] key = HEX.parseHex((String) entry.get("name_hex"));
        assertArrayEquals(key, cursor.key());
        assertEquals(unsigned(entry, "hash"), cursor.hash());
        assertEquals(entry.get("cd"), Integer.toUnsignedLong(cursor.cd()));
        assertEquals(value(entry), cursor.value());
        assertEquals(entry.getOrDefault("conflict", false), cursor.conflict());
        assertEquals(value(entry), zap.get(key));
        assertTrue(zap.contains(key));
        checked("entries");
        if (entry.containsKey("cursor")) {
          assertEquals(unsigned(entry, "cursor"), cursor.cookie());
          assertEquals(unsigned(entry, "cursor_next"), cursor.nextCookie());
          assertResumes(zap, cursor, entries, i);
        }
      }
      assertFalse(cursor.next());
      assertEquals(-1, cursor.nextCookie());
    }
  }

  private static void assertResumes(
      Zap zap, ZapCursor cursor, List<Map<String, Object>> entries, int index) {
    try (ZapCursor here = zap.cursor(cursor.cookie());
        ZapCursor after = zap.cursor(cursor.nextCookie())) {
      assertTrue(here.next());
      assertArrayEquals(cursor.key(), here.key());
      assertEquals(index + 1 < entries.size(), after.next());
      if (index + 1 < entries.size()) {
        assertEquals(entries.get(index + 1).get("name_hex"), HEX.formatHex(after.key()));
      }
    }
  }

  private static long unsigned(Map<String, Object> entry, String key) {
    return Long.parseUnsignedLong((String) entry.get(key), 16);
  }

  @SuppressWarnings("unchecked")
  private static ZapValue value(Map<String, Object> entry) {
    int integerBytes = ((Long) entry.get("integer_length")).intValue();
    StringBuilder hex = new StringBuilder();
    for (String integer : (List<String>) entry.get("value")) {
      hex.append("0".repeat(2 * integerBytes - integer.length())).append(integer);
    }
    return new ZapValue(integerBytes, HEX.parseHex(hex));
  }

  static List<String> problems(Zap zap) {
    List<String> problems = new ArrayList<>();
    zap.check(
        (block, offset, problem) ->
            problems.add("block=" + block + " offset=" + offset + ": " + problem));
    return problems;
  }
}
