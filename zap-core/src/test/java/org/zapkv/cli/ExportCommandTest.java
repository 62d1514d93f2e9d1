// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.store.Batch;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/** export writes what load makes the same map of, whatever the bytes. */
class ExportCommandTest {
  @TempDir private Path directory;

  @Test
  void anyMapComesBackAsItWas() {
    long seed = Seeds.next();
    Random random = new Random(seed);
    Path store = directory.resolve("store");
    try (ZapStore opened = ZapStore.open(store)) {
      ZapMap map = opened.map("any");
      Batch batch = opened.batch();
      for (int i = 0; i < 2000; i++) {
        byte[] key = bytes(random, 30);
        if (random.nextInt(3) == 0) {
          batch.putLong(map, key, random.nextLong() >> random.nextInt(64));
        } else {
          batch.put(map, key, bytes(random, random.nextInt(50) == 0 ? 5000 : 60));
        }
      }
      // What looks like an integer, or like an escape, is bytes all the same.
      batch.put(map, bytes("\\l42"), bytes("\\l-42"));
      batch.put(map, bytes("l42"), bytes("42"));
      batch.put(map, bytes(""), bytes(""));
      batch.put(map, bytes("\t\r\n\\"), bytes("a\tb\r"));
      batch.putLong(map, bytes("least"), Long.MIN_VALUE);
      batch.putLong(map, bytes("most"), Long.MAX_VALUE);
      batch.commit();
    }
    for (String name : new String[] {"any.tsv", "any.tsv.gz"}) {
      Path file = directory.resolve(name);
      Path copy = directory.resolve("copy-" + name);
      Cli.run("export", store, "any", "-o", file).ok();
      Cli.run("load", "--escaped", copy, "any", file).ok();
      Cli.run("verify", "--escaped", copy, "any", file).ok();
      assertEqualMaps(store, copy, seed);
    }
  }

  private static void assertEqualMaps(Path one, Path other, long seed) {
    try (ZapStore a = ZapStore.open(one);
        ZapStore b = ZapStore.open(other)) {
      ZapMap copied = b.existingMap("any");
      assertEquals(a.existingMap("any").size(), copied.size(), "seed " + seed);
      a.existingMap("any")
          .forEach(entry -> assertEquals(entry, copied.entry(entry.key()), "seed " + seed));
    }
  }

  private static byte[] bytes(Random random, int most) {
    byte[] bytes = new byte[random.nextInt(most)];
    random.nextBytes(bytes);
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = random.nextInt(4) == 0 ? (byte) "\\l\t\r\nx0".charAt(random.nextInt(7)) : bytes[i];
    }
    return bytes;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void writesToStandardOutputOrPacked() throws Exception {
    Path store = directory.resolve("store");
    Cli.runWith("a b\t-42\n", "load", "--long", store, "m").ok();
    Cli.runWith("text\tx\ty\n", "load", store, "n").ok();
    Cli.Result shown = Cli.run("export", store, "m").ok();
    assertEquals("a b\t\\l-42\n", shown.out());
    assertTrue(shown.err().startsWith("zap: exported 1 entries in "), shown.err());
    Path packed = directory.resolve("n.gz");
    Cli.run("export", store, "n", "--output", packed).ok();
    try (GZIPInputStream in =
        new GZIPInputStream(new ByteArrayInputStream(Files.readAllBytes(packed)))) {
      assertArrayEquals(bytes("text\tx\\ty\n"), in.readAllBytes());
    }
  }

  @Test
  void refusesWhatCannotBeWrittenOrRead() throws Exception {
    Path store = directory.resolve("store");
    Cli.runWith("a\tb\n", "load", store, "m").ok();
    Path kept = Files.writeString(directory.resolve("kept"), "as it was");
    Cli.run("export", store, "none", "-o", kept).exits(1);
    Cli.run("export", directory.resolve("nowhere"), "m", "-o", kept).exits(3);
    Cli.run("export", store, "m", "-o", directory).exits(3);
    Cli.run("export", store, "m", "-o", directory.resolve("no/file")).exits(3);
    assertEquals("as it was", Files.readString(kept));
    assertFalse(Files.exists(directory.resolve("nowhere")));
  }

  @Test
  void aMarkThatIsNoIntegerIsABadLine() {
    Path store = directory.resolve("store");
    for (String value : new String[] {"\\l", "\\lx", "\\l9223372036854775808", "x\\l1"}) {
      Cli.Result result = Cli.runWith("k\t" + value + "\n", "load", "--escaped", store, "m");
      assertTrue(result.exits(1).err().contains("line 1: the value "), result::toString);
    }
    // Without --escaped a backslash is a backslash.
    Cli.runWith("k\t\\l1\n", "load", store, "m").ok();
    assertEquals("\\l1\n", Cli.run("get", store, "m", "k").ok().out());
  }
}
