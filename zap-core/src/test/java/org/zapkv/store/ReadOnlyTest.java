// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.error.NotAStoreException;
import org.zapkv.error.ReadOnlyStoreException;
import org.zapkv.error.StoreLockedException;

/** A store that is open for reading: every answer, and not one byte of its directory changed. */
class ReadOnlyTest {
  private static final int ENTRIES = 2000;

  @TempDir Path directory;

  private Path newStore() {
    Path path = directory.resolve("s");
    try (ZapStore store = ZapStore.builder().durability(Durability.NONE).open(path)) {
      Random random = new Random(7);
      for (int i = 0; i < ENTRIES; i++) {
        store.map("m").put("key " + i, Seeds.bytes(random, i % 400 == 0 ? 40_000 : 60));
      }
      store.map("small").putLong("one", 1);
    }
    return path;
  }

  private static ZapStore openReadOnly(Path path) {
    return ZapStore.builder().cacheBytes(4 << 20).readOnly(true).open(path);
  }

  /** Every file of a directory with its content and time, and the directory's own time. */
  private static Map<String, String> picture(Path directory) throws IOException {
    Map<String, String> picture = new TreeMap<>();
    try (Stream<Path> files = Files.walk(directory)) {
      files.forEach(file -> picture.put(file.toString(), describe(file)));
    }
    return picture;
  }

  private static String describe(Path file) {
    try {
      String time = Files.getLastModifiedTime(file).toString();
      return Files.isDirectory(file)
          ? time
          : time + " " + Files.size(file) + " " + Arrays.hashCode(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void assertReads(ZapStore store) {
    Random random = new Random(7);
    for (int i = 0; i < ENTRIES; i++) {
      byte[] expected = Seeds.bytes(random, i % 400 == 0 ? 40_000 : 60);
      assertArrayEquals(expected, store.existingMap("m").get("key " + i));
    }
    assertEquals(List.of("m", "small"), store.mapNames());
    assertEquals(ENTRIES, store.existingMap("m").size());
    assertEquals(1, store.existingMap("small").getLong("one").getAsLong());
  }

  @Test
  void noByteIsChanged() throws Exception {
    Path path = newStore();
    Map<String, String> before = picture(path);
    try (ZapStore store = openReadOnly(path)) {
      assertReads(store);
      assertTrue(store.check((done, total) -> {}).isClean());
      store.sync();
      assertEquals(2, store.statistics().mapCount());
      assertEquals(before, picture(path));
    }
    assertEquals(before, picture(path));
  }

  /** After a kill the log has what no group has: it is there, each time, and stays in the log. */
  @Test
  void theLogIsReplayedInMemoryOnly() throws Exception {
    Path path = newStore();
    Path killed = Files.createDirectory(directory.resolve("killed"));
    try (ZapStore store = ZapStore.builder().syncInterval(Duration.ofDays(1)).open(path)) {
      store.map("m").put("key " + ENTRIES, new byte[30_000]);
      store.map("new").put("k", "v");
      store.map("small").remove("one");
      for (String file : List.of(StoreDirectory.BLOCKS_FILE, StoreDirectory.LOG_FILE)) {
        Files.copy(path.resolve(file), killed.resolve(file));
      }
    }
    Map<String, String> before = picture(killed);
    for (int i = 0; i < 2; i++) {
      try (ZapStore store = openReadOnly(killed)) {
        assertEquals(ENTRIES + 1, store.existingMap("m").size());
        assertEquals(30_000, store.existingMap("m").get("key " + ENTRIES).length);
        assertEquals("v", store.existingMap("new").getString("k"));
        assertEquals(0, store.existingMap("small").size());
        ZapMap map = store.existingMap("new");
        assertThrows(ReadOnlyStoreException.class, () -> map.put("k", "w"));
        assertEquals(List.of(), store.check((done, total) -> {}).problems());
      }
      assertEquals(before, picture(killed));
    }
  }

  @Test
  void everyChangeIsRefusedAndReadingGoesOn() {
    Path path = newStore();
    try (ZapStore store = openReadOnly(path)) {
      ZapMap map = store.existingMap("m");
      assertThrows(ReadOnlyStoreException.class, () -> map.put("key 1", "v"));
      assertThrows(ReadOnlyStoreException.class, () -> map.put("key 1", new byte[100_000]));
      assertThrows(ReadOnlyStoreException.class, () -> map.putLong("key 1", 1));
      assertThrows(ReadOnlyStoreException.class, () -> map.remove("key 1"));
      assertThrows(ReadOnlyStoreException.class, () -> store.map("new"));
      assertThrows(ReadOnlyStoreException.class, () -> store.scrub(0, (done, total) -> {}));
      Batch batch = store.batch().put(map, "key 1", "v").remove(map, "key 2");
      ReadOnlyStoreException e = assertThrows(ReadOnlyStoreException.class, () -> batch.commit());
      assertTrue(e.getMessage().contains(path.toString()), e.getMessage());
      assertReads(store);
    }
  }

  @Test
  void readersShareADirectoryWritersDoNot() {
    Path path = newStore();
    try (ZapStore one = openReadOnly(path)) {
      try (ZapStore other = openReadOnly(path)) {
        assertReads(other);
      }
      assertThrows(StoreLockedException.class, () -> ZapStore.open(path));
      try (ZapStore other = openReadOnly(path)) {
        assertReads(other);
      }
      assertReads(one);
    }
    try (ZapStore writer = ZapStore.open(path)) {
      assertThrows(StoreLockedException.class, () -> openReadOnly(path));
      assertReads(writer);
    }
  }

  @Test
  void anotherProcessMayReadButNotWrite() throws Exception {
    Path path = newStore();
    try (ZapStore reader = openReadOnly(path)) {
      try (ZapStore second = openReadOnly(path)) {
        assertEquals(2, second.mapNames().size());
      }
      assertEquals("read\n", runChild(path, "read"));
      String refused = runChild(path, "write");
      assertTrue(refused.contains("StoreLockedException"), refused);
      assertTrue(refused.contains("for reading"), refused);
      assertReads(reader);
    }
    assertEquals("write\n", runChild(path, "write"));
  }

  private static String runChild(Path path, String how) throws Exception {
    Process child =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                OpenInChild.class.getName(),
                path.toString(),
                how)
            .redirectErrorStream(true)
            .start();
    String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(child.waitFor(60, TimeUnit.SECONDS));
    return output;
  }

  /** What the child process of the test above runs. */
  static final class OpenInChild {
    public static void main(String[] args) {
      ZapStore.builder().readOnly(args[1].equals("read")).open(Path.of(args[0])).close();
      System.out.println(args[1]);
    }
  }

  @Test
  void aDirectoryThatOneMayNotWriteIsRead() throws Exception {
    Path path = newStore();
    Files.delete(path.resolve(DirectoryLock.LOCK_FILE));
    Files.setPosixFilePermissions(
        path.resolve(StoreDirectory.BLOCKS_FILE), PosixFilePermissions.fromString("r--r--r--"));
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r-xr-xr-x"));
    Map<String, String> before = picture(path);
    try (ZapStore store = openReadOnly(path)) {
      assertReads(store);
    } finally {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    assertEquals(before, picture(path));
  }

  @Test
  void nothingIsCreated() throws IOException {
    Path missing = directory.resolve("missing");
    assertThrows(NotAStoreException.class, () -> openReadOnly(missing));
    assertFalse(Files.exists(missing));
    Path empty = Files.createDirectory(directory.resolve("empty"));
    assertThrows(NotAStoreException.class, () -> openReadOnly(empty));
    try (Stream<Path> files = Files.list(empty)) {
      assertEquals(0, files.count());
    }
    assertThrows(IllegalStateException.class, () -> ZapStore.builder().readOnly(true).inMemory());
  }
}
