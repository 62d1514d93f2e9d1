// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** stat and check. */
class ReportCommandsTest {
  @TempDir private Path directory;
  private Path store;

  @BeforeEach
  void loadStore() {
    store = directory.resolve("store");
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 3000; i++) {
      text.append("key-").append(i).append('\t').append(i).append('\n');
    }
    Cli.runWith(text.toString(), "load", store, "fat map").ok();
    Cli.runWith("a\t1\nb\t2\n", "load", "--long", store, "small").ok();
  }

  private static void assertParts(String text, String... parts) {
    for (String part : parts) {
      assertTrue(text.contains(part), () -> part + " in " + text);
    }
  }

  @Test
  void shouldDescribeTheStore() {
    assertParts(
        Cli.run("stat", store).ok().out(),
        "store          " + store,
        "file ",
        "live ",
        "reclaimable ",
        "free ",
        "maps           2\n",
        "  fat          3,000 entries: fat map\n",
        "  micro        2 entries: small\n",
        "cache          256.0 MiB");
  }

  @Test
  void shouldCompact() {
    StringBuilder keys = new StringBuilder();
    for (int i = 0; i < 3000; i++) {
      keys.append("first-").append(i).append('\t').append("v".repeat(300)).append('\n');
    }
    Path other = directory.resolve("other");
    Cli.runWith(keys.toString(), "load", other, "a").ok();
    Cli.runWith(keys.toString().replace("first", "second"), "load", other, "b").ok();
    long before = other.resolve("blocks.zap").toFile().length();
    assertParts(Cli.run("compact", other).ok().out(), " before, ", " after, ", " moved\n");
    assertTrue(other.resolve("blocks.zap").toFile().length() <= before);
    assertParts(Cli.run("check", other).ok().out(), "2 maps with 6,000 entries", "no problems");
    Cli.run("compact", directory.resolve("none")).exits(3);
  }

  @Test
  void shouldDescribeAMicroMap() {
    String text = Cli.run("stat", store, "small").ok().out();
    assertParts(text, "map            small, micro\n", "entries        2\n", "1 of 512 B");
    assertEquals(4, text.lines().count(), text);
  }

  @Test
  void shouldDescribeAFatMapWithHistograms() {
    assertParts(
        Cli.run("stat", store, "fat map").ok().out(),
        "map            fat map, fat\n",
        "entries        3,000\n",
        " of 16.0 KiB",
        "leaves         ",
        "pointers (shift 10), embedded in block 0, not growing\n",
        "leaves by pointers to them\n",
        "leaves by entries\n",
        "leaves by how full\n",
        "entries by chunks used\n",
        "hash buckets by entries\n",
        "  ########");
  }

  @Test
  void shouldFindNothingWrongWithASoundStore() {
    Cli.Result result = Cli.run("check", store).ok();
    assertParts(result.out(), "2 maps with 3,002 entries", "leaked space: 0 B\n", "no problems\n");
    assertEquals("", result.err());
  }
}
