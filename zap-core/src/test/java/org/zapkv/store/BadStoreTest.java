// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.testing.ChildWatch;
import org.zapkv.error.CorruptException;
import org.zapkv.error.NotAStoreException;
import org.zapkv.error.StoreLockedException;
import org.zapkv.error.ZapException;

/** Directories that are no store, stores that are open elsewhere, files that are damaged. */
class BadStoreTest {
  /** The labels and uberblocks, which have copies of their own and a test of their own below. */
  private static final int HEAD_BYTES = 128 * 1024;

  @TempDir Path directory;

  @Test
  void aFileIsNoStore() throws IOException {
    Path file = Files.writeString(directory.resolve("f"), "text");
    NotAStoreException e = assertThrows(NotAStoreException.class, () -> ZapStore.open(file));
    assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
    assertEquals("text", Files.readString(file));
  }

  @Test
  void aDirectoryOfOtherThingsIsNoStore() throws IOException {
    Files.writeString(directory.resolve("letter.txt"), "text");
    NotAStoreException e = assertThrows(NotAStoreException.class, () -> ZapStore.open(directory));
    assertTrue(e.getMessage().contains("letter.txt"), e.getMessage());
    try (var files = Files.list(directory)) {
      assertEquals(1, files.count(), "nothing was put beside it");
    }
  }

  @Test
  void blocksOfSomethingElseAreNoStore() throws IOException {
    Files.write(directory.resolve(StoreDirectory.BLOCKS_FILE), new byte[300_000]);
    assertThrows(NotAStoreException.class, () -> ZapStore.open(directory));
    Files.write(directory.resolve(StoreDirectory.BLOCKS_FILE), new byte[10]);
    assertThrows(ZapException.class, () -> ZapStore.open(directory));
  }

  @Test
  void aStoreThatIsNotThereIsNotCreatedUnasked() {
    Path missing = directory.resolve("missing");
    assertThrows(
        NotAStoreException.class, () -> ZapStore.builder().createIfMissing(false).open(missing));
    assertFalse(Files.exists(missing));
  }

  @Test
  void theRemainsOfACreationThatWasCutOffAreReplaced() throws IOException {
    Files.write(directory.resolve(StoreDirectory.NEW_BLOCKS_FILE), new byte[1000]);
    try (ZapStore store = ZapStore.open(directory)) {
      store.map("m").put("k", "v");
    }
    assertFalse(Files.exists(directory.resolve(StoreDirectory.NEW_BLOCKS_FILE)));
  }

  @Test
  void builderArgumentsAreChecked() {
    ZapStoreBuilder builder = ZapStore.builder();
    assertThrows(IllegalArgumentException.class, () -> builder.cacheBytes(1 << 20));
    assertThrows(IllegalArgumentException.class, () -> builder.leafBytes(2048));
    assertThrows(IllegalArgumentException.class, () -> builder.leafBytes(5000));
    assertThrows(IllegalArgumentException.class, () -> builder.leafBytes(262144));
    assertThrows(IllegalArgumentException.class, () -> builder.syncInterval(Duration.ZERO));
    assertThrows(NullPointerException.class, () -> builder.open(null));
  }

  @Test
  void theSecondOpenerIsToldWhoTheFirstIs() {
    try (ZapStore store = ZapStore.open(directory)) {
      for (int i = 0; i < 3; i++) {
        StoreLockedException e =
            assertThrows(StoreLockedException.class, () -> ZapStore.open(directory));
        assertTrue(e.getMessage().contains("" + ProcessHandle.current().pid()), e.getMessage());
      }
      store.map("m").put("k", "v");
    }
    ZapStore.open(directory).close();
  }

  @Test
  void anotherProcessIsToldWhoTheFirstIs() throws Exception {
    try (ZapStore store = ZapStore.open(directory)) {
      store.map("m").put("k", "v");
      // On POSIX systems a second opener in this process could drop the lock for the whole process.
      assertThrows(StoreLockedException.class, () -> ZapStore.open(directory));
      Process child =
          new ProcessBuilder(
                  ProcessHandle.current().info().command().orElse("java"),
                  "-cp",
                  System.getProperty("java.class.path"),
                  OpenInChild.class.getName(),
                  directory.toString())
              .redirectErrorStream(true)
              .start();
      String output;
      try (ChildWatch watch = ChildWatch.of(child)) {
        assertNotNull(watch);
        output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, child.waitFor(), output);
      }
      assertTrue(output.contains("StoreLockedException"), output);
      assertTrue(output.contains("process " + ProcessHandle.current().pid()), output);
      assertEquals("v", store.map("m").getString("k"));
    }
  }

  /** What the child process of the test above runs. */
  static final class OpenInChild {
    public static void main(String[] args) {
      ZapStore.open(Path.of(args[0])).close();
    }
  }

  private static List<byte[]> fill(Path path) {
    List<byte[]> values = new ArrayList<>();
    // In one group, however long it takes: where damage does harm depends on where the groups are.
    try (ZapStore store =
        ZapStore.builder()
            .durability(Durability.NONE)
            .syncInterval(Duration.ofHours(1))
            .open(path)) {
      ZapMap map = store.map("m");
      Random random = new Random(7);
      for (int i = 0; i < 3000; i++) {
        byte[] value = Seeds.bytes(random, i % 500 == 0 ? 40_000 : 60);
        values.add(value);
        map.put("key " + i, value);
      }
    }
    return values;
  }

  /** Every entry is read right or refused as corrupt; returns how many were refused. */
  private static int readRightOrRefuse(Path path, List<byte[]> values) {
    int refused = 0;
    try (ZapStore store = ZapStore.open(path)) {
      ZapMap map = store.existingMap("m");
      for (int i = 0; i < values.size(); i++) {
        try {
          assertArrayEquals(values.get(i), map.get("key " + i));
        } catch (CorruptException e) {
          refused++;
        }
      }
    } catch (CorruptException e) {
      return values.size();
    }
    return refused;
  }

  private static List<String> problems(Path path) {
    try (ZapStore store = ZapStore.open(path)) {
      return store.check((done, total) -> {}).problems();
    }
  }

  @Test
  void aFlippedBitIsNeverReturnedAsData() throws IOException {
    // What is mended on the way is told, each time.
    Logger logger = Logger.getLogger("org.zapkv");
    logger.setLevel(Level.OFF);
    try {
      flipBits();
    } finally {
      logger.setLevel(null);
    }
  }

  private void flipBits() throws IOException {
    long seed = Seeds.next();
    Random random = new Random(seed);
    Path path = directory.resolve("s");
    List<byte[]> values = fill(path);
    Path file = path.resolve(StoreDirectory.BLOCKS_FILE);
    byte[] whole = Files.readAllBytes(file);
    byte[] log = Files.readAllBytes(path.resolve(StoreDirectory.LOG_FILE));
    int detected = 0;
    for (int round = 0; round < 60; round++) {
      byte[] damaged = whole.clone();
      for (int flips = 0; flips < 20; flips++) {
        int at = HEAD_BYTES + random.nextInt(damaged.length - HEAD_BYTES);
        damaged[at] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(file, damaged);
      Files.write(path.resolve(StoreDirectory.LOG_FILE), log);
      try {
        detected += readRightOrRefuse(path, values) > 0 ? 1 : 0;
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("-Dzap.seed=" + seed + " round " + round, e);
      }
    }
    assertTrue(detected > 0, "damage was hit at least once, seed " + seed);
    Files.write(file, whole);
    Files.write(path.resolve(StoreDirectory.LOG_FILE), log);
    assertEquals(0, readRightOrRefuse(path, values));
  }

  @Test
  void aTruncatedFileIsRefusedOrReadRight() throws IOException {
    Path path = directory.resolve("s");
    List<byte[]> values = fill(path);
    Path file = path.resolve(StoreDirectory.BLOCKS_FILE);
    byte[] whole = Files.readAllBytes(file);
    byte[] log = Files.readAllBytes(path.resolve(StoreDirectory.LOG_FILE));
    int unharmed = 0;
    for (int parts = 1; parts < 16; parts++) {
      byte[] rest = java.util.Arrays.copyOf(whole, (int) (whole.length * (long) parts / 16));
      Files.write(file, rest);
      Files.write(path.resolve(StoreDirectory.LOG_FILE), log);
      try {
        if (readRightOrRefuse(path, values) > 0) {
          continue;
        }
      } catch (NotAStoreException e) {
        assertTrue(parts < 3, "a cut head is no store");
        continue;
      }
      // All is there. It is so where the part that is cut off has nothing but free space and second
      // copies of what lies above the maps, which are at the end; and check tells just that.
      unharmed++;
      Files.write(file, rest);
      List<String> problems = problems(path);
      assertFalse(problems.isEmpty(), "cut to " + parts + "/16");
      for (String problem : problems) {
        assertTrue(problem.contains("second copy"), problem);
      }
    }
    assertTrue(unharmed <= 1, "without " + unharmed + "/16 all is there");
  }

  @Test
  void checkFindsADamagedLeaf() throws IOException {
    Path path = directory.resolve("s");
    fill(path);
    Path file = path.resolve(StoreDirectory.BLOCKS_FILE);
    byte[] whole = Files.readAllBytes(file);
    byte[] log = Files.readAllBytes(path.resolve(StoreDirectory.LOG_FILE));
    int found = 0;
    for (int round = 0; round < 16; round++) {
      byte[] damaged = whole.clone();
      int from = (int) (whole.length * (long) round / 16);
      for (int i = from; i < Math.min(from + 4096, whole.length); i++) {
        damaged[i] ^= 0x55;
      }
      Files.write(file, damaged);
      Files.write(path.resolve(StoreDirectory.LOG_FILE), log);
      try (ZapStore store = ZapStore.open(path)) {
        StoreCheckReport report = store.check((done, total) -> {});
        found += report.isClean() ? 0 : 1;
      } catch (CorruptException | NotAStoreException e) {
        found++;
      }
    }
    assertTrue(found >= 10, "damage in " + found + " of 16 places was found");
  }
}
