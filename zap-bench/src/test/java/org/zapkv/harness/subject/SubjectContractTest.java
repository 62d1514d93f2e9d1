// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.zapkv.bench.report.Directories;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.harness.operation.Value;

/** What the harness takes for granted, of each kind of store that comes with it. */
@Tag("once")
final class SubjectContractTest {
  private static final int THREADS = 3;
  private static final int CHANGES = 40;
  private static final int COPIES = 100;

  @TempDir private Path directory;

  static List<StoreKind> kinds() {
    return StoreKinds.all();
  }

  private Subject open(StoreKind kind) throws IOException {
    return open(kind, "store");
  }

  private Subject open(StoreKind kind, String name) throws IOException {
    return kind.open(
        new Place.Directory(directory.resolve("new").resolve(name)), OpenOptions.USUAL);
  }

  private static byte[] key(String key) {
    return key.getBytes(UTF_8);
  }

  private static Change put(String map, String key, long tag, int length) {
    return new Change(map, key(key), new Value(tag, length).bytes());
  }

  private static Change removal(String map, String key) {
    return new Change(map, key(key), null);
  }

  private static void assertValue(Subject subject, String map, String key, long tag, int length) {
    assertArrayEquals(new Value(tag, length).bytes(), subject.get(map, key(key)));
  }

  /** All entries of a map: keys and tags. */
  private static Map<String, Long> content(Subject subject, String map) {
    Map<String, Long> content = new HashMap<>();
    try (Subject.Scan scan = subject.scan(map, 0)) {
      Subject.@Nullable Entry entry = scan.next();
      while (entry != null) {
        assertArrayEquals(
            new Value(Value.tagOf(entry.value()), entry.value().length).bytes(), entry.value());
        assertNull(content.put(new String(entry.key(), UTF_8), Value.tagOf(entry.value())));
        entry = scan.next();
      }
      assertNull(scan.next());
    }
    return content;
  }

  /** The names of the maps with entries. */
  private static Set<String> maps(Subject subject) {
    Set<String> maps = new TreeSet<>(subject.maps());
    maps.removeIf(map -> content(subject, map).isEmpty());
    return maps;
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void keepsWhatItHadWhenItWasClosed(StoreKind kind) throws IOException {
    try (Subject subject = open(kind)) {
      for (Promise promise : Promise.values()) {
        String at = "t0." + promise;
        subject.apply(put("m", at + ".kept", 1, 20), promise);
        subject.apply(put("m", at + ".changed", 2, 20), promise);
        subject.apply(put("m", at + ".changed", 3, 8), promise);
        subject.apply(put("m", at + ".removed", 4, 20), promise);
        subject.apply(removal("m", at + ".removed"), promise);
        subject.apply(removal("m", at + ".missing"), promise);
      }
      assertValue(subject, "m", "t0.LATER.changed", 3, 8);
      assertNull(subject.get("m", key("t0.LATER.removed")));
    }
    Map<String, Long> expected =
        Map.of(
            "t0.LATER.kept", 1L,
            "t0.LATER.changed", 3L,
            "t0.DURABLE.kept", 1L,
            "t0.DURABLE.changed", 3L);
    try (Subject subject = open(kind)) {
      assertEquals(expected, content(subject, "m"));
      assertEquals(Set.of("m"), maps(subject));
      expected.forEach((key, tag) -> assertNotNull(subject.get("m", key(key))));
      assertNull(subject.get("m", key("t0.DURABLE.removed")));
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void mapsAreApart(StoreKind kind) throws IOException {
    try (Subject subject = open(kind)) {
      assertEquals(Set.of(), maps(subject));
      for (String map : List.of("b", "a", "ab", "a.b")) {
        subject.apply(put(map, "t0.k", map.hashCode(), 30), Promise.LATER);
      }
      assertEquals(Set.of("a", "a.b", "ab", "b"), maps(subject));
      assertEquals(Map.of("t0.k", (long) "a".hashCode()), content(subject, "a"));
      assertNull(subject.get("c", key("t0.k")));
      assertEquals(Map.of(), content(subject, "aa"));
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aCommitChangesAllItsKeys(StoreKind kind) throws IOException {
    assumeTrue(kind.capabilities().contains(Capability.BATCH_OVER_MAPS));
    try (Subject subject = open(kind)) {
      subject.apply(put("m", "t0.gone", 1, 20), Promise.LATER);
      List<Change> changes = new ArrayList<>(List.of(removal("m", "t0.gone")));
      for (int i = 0; i < 300; i++) {
        changes.add(put(i % 2 == 0 ? "m" : "n", "t0." + i, i, 20));
      }
      subject.commit(changes, Promise.LATER);
      subject.commit(List.of(put("n", "t0.last", 5, 20)), Promise.DURABLE);
      assertNull(subject.get("m", key("t0.gone")));
      assertValue(subject, "m", "t0.298", 298, 20);
      assertEquals(150, content(subject, "m").size());
      assertEquals(151, content(subject, "n").size());
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void takesKeysAndValuesOfAllLengths(StoreKind kind) throws IOException {
    String longKey = "t0." + "k".repeat(1020);
    int[] lengths = {8, 9, 100, 2048, 2049, 70_000, 300_000};
    try (Subject subject = open(kind)) {
      for (int length : lengths) {
        subject.apply(put("m", "t0." + length, length, length), Promise.LATER);
      }
      subject.apply(put("m", longKey, 1, 50), Promise.LATER);
      subject.apply(put("m", longKey.substring(0, 1022) + "x", 2, 50), Promise.LATER);
    }
    try (Subject subject = open(kind)) {
      for (int length : lengths) {
        assertValue(subject, "m", "t0." + length, length, length);
      }
      assertValue(subject, "m", longKey, 1, 50);
      assertEquals(1L, content(subject, "m").get(longKey));
      subject.apply(removal("m", longKey), Promise.LATER);
      assertNull(subject.get("m", key(longKey)));
      assertEquals(lengths.length + 1, content(subject, "m").size());
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aWalkGoesOnWhileItsThreadReadsAndChanges(StoreKind kind) throws IOException {
    try (Subject subject = open(kind)) {
      for (int i = 0; i < CHANGES; i++) {
        subject.apply(put("m", "t0." + i, i, 100), Promise.LATER);
      }
      Set<String> seen = new TreeSet<>();
      try (Subject.Scan scan = subject.scan("m", 0)) {
        for (int i = 0; i < CHANGES; i++) {
          seen.add(new String(Objects.requireNonNull(scan.next()).key(), UTF_8));
          subject.apply(put("n", "t0." + i, i, 100), Promise.LATER);
          assertValue(subject, "m", "t0." + i, i, 100);
        }
        assertNull(scan.next());
      }
      assertEquals(CHANGES, seen.size());
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aTransactionReadsAndChanges(StoreKind kind) throws IOException {
    assumeTrue(kind.capabilities().contains(Capability.TRANSACT));
    try (Subject subject = open(kind)) {
      subject.apply(put("m", "t0.bytes", 1, 100), Promise.LATER);
      subject.apply(put("n", "t0.long", 2, 8), Promise.LATER);
      List<Change> changes =
          List.of(put("m", "t0.bytes", 3, 8), removal("n", "t0.long"), put("n", "t0.new", 4, 60));
      Map<Integer, Long> seen = new HashMap<>();
      subject.transact(
          changes,
          (index, value) -> seen.put(index, value == null ? -1 : Value.tagOf(value)),
          Promise.DURABLE);
      assertEquals(Map.of(0, 1L, 1, 2L, 2, -1L), seen);
      assertEquals(Map.of("t0.bytes", 3L), content(subject, "m"));
      assertEquals(Map.of("t0.new", 4L), content(subject, "n"));
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void wipesMapsThatAreBeingRead(StoreKind kind) throws IOException {
    assumeTrue(kind.capabilities().contains(Capability.CLEAR_MAP));
    try (Subject subject = open(kind)) {
      for (boolean drops : new boolean[] {false, true, true}) {
        for (int i = 0; i < CHANGES; i++) {
          subject.apply(put("d0", "t0." + i, i, 100), Promise.LATER);
        }
        subject.apply(put("m", "t0.stays", 1, 100), Promise.LATER);
        try (Subject.Scan scan = subject.scan("d0", 0)) {
          assertNotNull(scan.next());
          long cookie = scan.cookie();
          subject.wipe("d0", drops, Promise.DURABLE);
          assertNull(scan.next());
          assertEquals(cookie, scan.cookie());
        }
        assertNull(subject.get("d0", key("t0.1")));
        assertEquals(Map.of(), content(subject, "d0"));
      }
      assertEquals(Set.of("m"), maps(subject));
      subject.wipe("d1", true, Promise.DURABLE);
    }
    try (Subject subject = open(kind)) {
      assertEquals(Set.of("m"), maps(subject));
    }
  }

  /** In all the ways in which a store is asked for them. */
  @ParameterizedTest
  @MethodSource("kinds")
  void readsValuesOfManyBlocks(StoreKind kind) throws IOException {
    assumeTrue(kind.capabilities().contains(Capability.STREAM));
    try (Subject subject = open(kind)) {
      for (int i = 0; i < 8; i++) {
        subject.apply(put("m", "t0." + i, i, 700_000), Promise.LATER);
      }
    }
    try (Subject subject = open(kind)) {
      for (int i = 0; i < 8; i++) {
        assertValue(subject, "m", "t0." + i, i, 700_000);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void goesOnFromWhereAWalkWas(StoreKind kind) throws IOException {
    assumeTrue(kind.capabilities().contains(Capability.RESUMABLE_SCAN));
    try (Subject subject = open(kind)) {
      for (int i = 0; i < CHANGES; i++) {
        subject.apply(put("m", "t0." + i, i, 100), Promise.LATER);
      }
      Set<String> seen = new TreeSet<>();
      long cookie = 0;
      for (int i = 0; i < CHANGES; i++) {
        try (Subject.Scan scan = subject.scan("m", cookie)) {
          seen.add(new String(Objects.requireNonNull(scan.next()).key(), UTF_8));
          cookie = scan.cookie();
        }
      }
      assertEquals(CHANGES, seen.size());
      try (Subject.Scan scan = subject.scan("m", cookie)) {
        assertNull(scan.next());
        cookie = scan.cookie();
      }
      try (Subject.Scan scan = subject.scan("m", cookie)) {
        assertNull(scan.next());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void isUsedByManyThreads(StoreKind kind) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(THREADS);
    try (Subject subject = open(kind)) {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        String line = "t" + t + ".";
        tasks.add(() -> changeAndRead(subject, line));
      }
      for (Future<Void> future : executor.invokeAll(tasks)) {
        future.get();
      }
      assertEquals(THREADS * CHANGES / 2, content(subject, "m").size());
    } finally {
      executor.shutdown();
    }
  }

  private static @Nullable Void changeAndRead(Subject subject, String line) {
    for (int i = 0; i < CHANGES; i++) {
      Promise promise = i % 8 == 0 ? Promise.DURABLE : Promise.LATER;
      subject.apply(put("m", line + i, i, 50), promise);
      assertValue(subject, "m", line + i, i, 50);
      if (i % 2 == 1) {
        subject.apply(removal("m", line + i), promise);
        assertNull(subject.get("m", key(line + i)));
      }
      if (i == CHANGES / 2) {
        assertFalse(content(subject, "m").isEmpty());
      }
    }
    return null;
  }

  /** A copy of its files is what a kill leaves. */
  @ParameterizedTest
  @MethodSource("kinds")
  void filesHaveWhatIsDurable(StoreKind kind) throws IOException {
    try (Subject subject = open(kind)) {
      subject.apply(put("m", "t0.synced", 1, 50), Promise.LATER);
      subject.sync();
      subject.apply(put("m", "t0.durable", 2, 50), Promise.DURABLE);
      copy("store", "copy");
    }
    try (Subject subject = open(kind, "copy")) {
      assertEquals(Map.of("t0.synced", 1L, "t0.durable", 2L), content(subject, "m"));
    }
  }

  private void copy(String from, String to) throws IOException {
    Path source = directory.resolve("new").resolve(from);
    Path target = directory.resolve("new").resolve(to);
    for (int left = COPIES; !isCopied(source, target); left--) {
      assertTrue(left > 0, "files come and go all the time in " + source);
      Directories.remove(target);
    }
  }

  /** False: the store, which is open, has removed one meanwhile. */
  private static boolean isCopied(Path source, Path target) throws IOException {
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(source.relativize(file)));
      }
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof NoSuchFileException) {
        return false;
      }
      throw e;
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void maintenanceDoesNoHarm(StoreKind kind) throws IOException {
    Map<String, Long> expected = new HashMap<>();
    try (Subject subject = open(kind)) {
      for (int i = 0; i < CHANGES; i++) {
        subject.apply(put("m", "t0." + i, i, 1000), Promise.LATER);
        expected.put("t0." + i, (long) i);
      }
      if (kind.capabilities().contains(Capability.COMPACT)) {
        subject.compact();
      }
      assertEquals(List.of(), subject.scrub());
      assertEquals(List.of(), subject.check());
      assertEquals(expected, content(subject, "m"));
    }
    try (Subject subject = open(kind)) {
      assertEquals(expected, content(subject, "m"));
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void saysWhatItIs(StoreKind kind) {
    assertFalse(kind.settings().isBlank());
    assertFalse(kind.promise().isBlank());
    assertEquals(kind.getClass(), StoreKinds.of(kind.getClass().getName()).getClass());
    String name = kind.title().replace(" ", "");
    assertEquals(kind.getClass(), StoreKinds.of(name).getClass());
    Place devices = new Place.Devices(new MemoryDevice(), new MemoryDevice());
    if (!kind.capabilities().contains(Capability.DEVICES)) {
      assertThrows(
          IllegalArgumentException.class, () -> kind.open(devices, OpenOptions.USUAL).close());
    }
  }

  @Test
  void whatIsNoKindIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> StoreKinds.of("sqlite"));
    assertThrows(IllegalArgumentException.class, () -> StoreKinds.of("java.lang.String"));
  }
}
