// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.error.MapDroppedException;
import org.zapkv.error.MapExistsException;
import org.zapkv.error.MapOptionsException;
import org.zapkv.error.NoSuchMapException;
import org.zapkv.error.ReadOnlyStoreException;
import org.zapkv.zap.ShrinkPolicy;

/** Maps are dropped, renamed, cleared and made with options: what each call does and refuses. */
final class MapLifeTest {
  @TempDir private Path directory;

  private ZapStore open() {
    return ZapStore.builder().leafBytes(4096).open(directory.resolve("s"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A fat map, some of whose values are large. */
  private static void fill(ZapMap map, int entries) {
    Batch batch = map.store().batch();
    for (int i = 0; i < entries; i++) {
      batch.put(map, bytes("key " + i), new byte[i % 50 == 0 ? 5000 : 20]);
    }
    batch.commit();
  }

  private static void assertClean(ZapStore store) {
    store.sync();
    StoreCheckReport report = store.check((done, total) -> {});
    assertEquals(List.of(), report.problems());
    assertEquals(0, report.leakedBytes());
  }

  private static void assertDropped(ZapStore store, ZapMap map) {
    assertThrows(MapDroppedException.class, () -> map.get("a"));
    assertThrows(MapDroppedException.class, () -> map.get(bytes("a"), new byte[10], 0));
    assertThrows(MapDroppedException.class, () -> map.getString("a"));
    assertThrows(MapDroppedException.class, () -> map.getLong("a"));
    assertThrows(MapDroppedException.class, () -> map.getLong(bytes("a"), 1));
    assertThrows(MapDroppedException.class, () -> map.entry(bytes("a")));
    assertThrows(MapDroppedException.class, () -> map.containsKey("a"));
    assertThrows(MapDroppedException.class, () -> map.put("a", "b"));
    assertThrows(MapDroppedException.class, () -> map.putLong("a", 1));
    assertThrows(MapDroppedException.class, () -> map.remove("a"));
    assertThrows(MapDroppedException.class, map::size);
    assertThrows(MapDroppedException.class, map::isMicro);
    assertThrows(MapDroppedException.class, map::statistics);
    assertThrows(MapDroppedException.class, map::cursor);
    assertThrows(MapDroppedException.class, map::stream);
    assertThrows(MapDroppedException.class, map::clear);
    assertThrows(MapDroppedException.class, () -> map.forEach(entry -> {}));
    assertThrows(MapDroppedException.class, () -> map.scan(entry -> {}));
    assertThrows(MapDroppedException.class, () -> map.scanParallel(entry -> {}));
    Batch batch = store.batch().putLong(map, "a", 1);
    assertThrows(MapDroppedException.class, batch::commit);
    assertEquals(1, batch.size());
  }

  @Test
  void aDroppedMapIsGoneAndRefusesAll() {
    try (ZapStore store = open()) {
      for (int entries : new int[] {0, 1, 3000}) {
        ZapMap map = store.map("m");
        fill(map, entries);
        ZapMap view = map.withDurability(Durability.NONE);
        store.dropMap("m");
        assertEquals(List.of(), store.mapNames());
        assertDropped(store, map);
        assertDropped(store, view);
        assertThrows(NoSuchMapException.class, () -> store.existingMap("m"));
        ZapMap again = store.map("m");
        assertEquals(0, again.size());
        again.put("a", "new");
        assertDropped(store, map);
        assertEquals("new", again.getString("a"));
        store.dropMap("m");
        store.awaitFreed();
        assertClean(store);
      }
    }
    try (ZapStore store = open()) {
      assertEquals(List.of(), store.mapNames());
      assertNull(store.root().get(DirectoryKeys.anyDropped()));
      assertEquals(0, store.root().count());
      assertClean(store);
    }
  }

  @Test
  void longsOfAMicroMapThatWasDroppedAreRefused() {
    try (ZapStore store = open()) {
      ZapMap map = store.map("m");
      map.putLong("a", 7);
      assertEquals(OptionalLong.of(7), map.getLong("a"));
      store.dropMap("m");
      assertDropped(store, map);
    }
  }

  @Test
  void aBatchThatWasFilledBeforeIsRefusedAsAWhole() {
    try (ZapStore store = open()) {
      ZapMap dropped = store.map("dropped");
      ZapMap other = store.map("other");
      Batch batch = store.batch().put(other, "a", "1").put(dropped, "a", "1");
      store.dropMap("dropped");
      assertThrows(MapDroppedException.class, batch::commit);
      assertFalse(other.containsKey("a"));
    }
  }

  @Test
  void aCursorOfADroppedMapIsRefusedAndOneOfAClearedMapEnds() {
    try (ZapStore store = open()) {
      for (int entries : new int[] {100, 3000}) {
        ZapMap map = store.map("m");
        fill(map, entries);
        try (MapCursor begun = map.cursor();
            MapCursor fresh = map.cursor()) {
          assertTrue(begun.next());
          store.dropMap("m");
          assertThrows(MapDroppedException.class, begun::next);
          assertThrows(MapDroppedException.class, fresh::next);
        }
        ZapMap other = store.map("m");
        fill(other, entries);
        Iterator<ZapEntry> entriesOf = other.stream().iterator();
        try (MapCursor begun = other.cursor()) {
          assertTrue(begun.next());
          assertTrue(entriesOf.hasNext());
          other.clear();
          other.put("a", "b");
          assertFalse(begun.next());
          assertFalse(begun.next());
        }
        assertEquals(1, other.stream().count());
        store.dropMap("m");
      }
    }
  }

  @Test
  void aDropInTheMiddleOfAScanEndsTheScan() {
    try (ZapStore store = open()) {
      ZapMap map = store.map("m");
      fill(map, 3000);
      assertThrows(
          MapDroppedException.class,
          () ->
              map.scan(
                  view -> {
                    if (store.mapNames().contains("m")) {
                      store.dropMap("m");
                    }
                  }));
    }
  }

  @Test
  void aClearedMapIsEmptyAndGoesOn() {
    try (ZapStore store = open()) {
      ZapMap map = store.map("m");
      ZapMap view = map.withDurability(Durability.NONE);
      for (int entries : new int[] {0, 10, 3000}) {
        fill(map, entries);
        Batch batch = store.batch().put(map, "key 0", "before");
        map.clear();
        assertEquals(0, map.size());
        assertNull(map.get("key 0"));
        assertNull(view.get("key 0"));
        assertFalse(view.containsKey("key 0"));
        assertEquals(0, map.stream().count());
        batch.put(map, "key 0", "after").commit();
        assertEquals("after", view.getString("key 0"));
        assertEquals(1, view.size());
        assertSame(map, store.map("m"));
        view.put("key 0", "view");
        assertEquals("view", map.getString("key 0"));
      }
      store.awaitFreed();
      assertClean(store);
    }
    try (ZapStore store = open()) {
      assertEquals("view", store.map("m").getString("key 0"));
      assertEquals(1, store.map("m").size());
      assertClean(store);
    }
  }

  @Test
  void aRenamedMapGoesOnUnderItsNewName() {
    String longName = "n".repeat(ZapMap.MAX_NAME_BYTES);
    try (ZapStore store = open()) {
      ZapMap map = store.map("m");
      fill(map, 2000);
      Batch batch = store.batch().put(map, "batch", "1");
      store.renameMap("m", longName);
      assertEquals(longName, map.name());
      assertSame(map, store.map(longName));
      assertEquals(List.of(longName), store.mapNames());
      batch.commit();
      map.put("a", "b");
      store.map("m").put("a", "another");
      assertEquals("b", map.getString("a"));
      assertThrows(MapExistsException.class, () -> store.renameMap("m", longName));
      assertThrows(MapExistsException.class, () -> store.renameMap("m", "m"));
      assertThrows(NoSuchMapException.class, () -> store.renameMap("none", "other"));
      assertThrows(IllegalArgumentException.class, () -> store.renameMap("m", ""));
      assertThrows(IllegalArgumentException.class, () -> store.renameMap("m", longName + "n"));
      // One that is not open.
      store.renameMap("m", "k");
    }
    try (ZapStore store = open()) {
      store.renameMap("k", "m");
      assertEquals("another", store.map("m").getString("a"));
      assertEquals(2002, store.map(longName).size());
      assertClean(store);
    }
  }

  @Test
  void whatIsRefusedSyncsNothing() {
    try (ZapStore store = open()) {
      store.map("m").withDurability(Durability.NONE).put("a", "b");
      long synced = store.objects().syncedGroup();
      assertThrows(NoSuchMapException.class, () -> store.dropMap("none"));
      assertThrows(NoSuchMapException.class, () -> store.renameMap("none", "m"));
      store.map("n");
      assertThrows(MapExistsException.class, () -> store.renameMap("m", "n"));
      assertThrows(
          MapOptionsException.class, () -> store.map("m", MapOptions.none().withLeafBytes(8192)));
      assertEquals(synced, store.objects().syncedGroup());
    }
  }

  @Test
  void optionsAreKept() {
    MapOptions options =
        MapOptions.none().withLeafBytes(8192).withShrinkPolicy(ShrinkPolicy.FORMAT_FAITHFUL);
    try (ZapStore store = open()) {
      ZapMap map = store.map("m", options);
      assertSame(map, store.map("m", options));
      assertSame(map, store.map("m"));
      assertSame(map, store.map("m", MapOptions.none()));
      store.map("plain", MapOptions.none()).put("a", "b");
      assertSame(store.map("plain"), store.map("plain", MapOptions.none().withLeafBytes(4096)));
      store.renameMap("m", "n");
    }
    try (ZapStore store = open()) {
      ZapMap map = store.map("n", options);
      assertEquals(options, map.options());
      map.clear();
      fill(map, 1000);
      assertEquals(8192, map.object().blockSizeBytes());
    }
    try (ZapStore store = ZapStore.builder().open(directory.resolve("s"))) {
      MapOptionsException e =
          assertThrows(
              MapOptionsException.class, () -> store.map("n", options.withLeafBytes(16384)));
      assertTrue(e.getMessage().contains("8192"), e.getMessage());
      assertTrue(e.getMessage().contains("16384"), e.getMessage());
      assertThrows(
          MapOptionsException.class,
          () -> store.map("n", MapOptions.none().withShrinkPolicy(ShrinkPolicy.MERGE)));
      assertEquals(options, store.map("n").options());
      store.dropMap("n");
      store.dropMap("plain");
      store.awaitFreed();
      assertEquals(0, store.root().count());
      assertClean(store);
    }
    assertThrows(IllegalArgumentException.class, () -> MapOptions.none().withLeafBytes(5000));
  }

  @Test
  void aStoreThatIsOnlyReadRefuses() {
    try (ZapStore store = open()) {
      store.map("m").put("a", "b");
    }
    try (ZapStore store = ZapStore.builder().readOnly(true).open(directory.resolve("s"))) {
      ZapMap map = store.map("m");
      assertThrows(ReadOnlyStoreException.class, () -> store.dropMap("m"));
      assertThrows(ReadOnlyStoreException.class, () -> store.renameMap("m", "n"));
      assertThrows(ReadOnlyStoreException.class, map::clear);
      assertThrows(
          ReadOnlyStoreException.class,
          () -> store.map("n", MapOptions.none().withLeafBytes(8192)));
      assertEquals("b", map.getString("a"));
    }
  }

  @Test
  void theListenerOfACheckIsRefused() {
    try (ZapStore store = open()) {
      ZapMap map = store.map("m");
      fill(map, 100);
      int[] calls = {0};
      store.check(
          (done, total) -> {
            calls[0]++;
            assertThrows(IllegalStateException.class, () -> store.dropMap("m"));
            assertThrows(IllegalStateException.class, () -> store.renameMap("m", "n"));
            assertThrows(IllegalStateException.class, map::clear);
            assertThrows(IllegalStateException.class, store::awaitFreed);
            assertThrows(
                IllegalStateException.class,
                () -> store.map("n", MapOptions.none().withLeafBytes(8192)));
          });
      assertTrue(calls[0] > 0);
      store.scrub(
          0,
          (done, total) -> {
            if (store.mapNames().contains("m")) {
              store.dropMap("m");
            }
          });
      assertEquals(List.of(), store.mapNames());
    }
  }

  @Test
  void theSpaceComesBack() {
    try (ZapStore store = open()) {
      long[] sizes = new long[4];
      for (int round = 0; round < sizes.length; round++) {
        ZapMap map = store.map("m");
        fill(map, 5000);
        if (round % 2 == 0) {
          store.dropMap("m");
        } else {
          map.clear();
        }
        store.awaitFreed();
        store.sync();
        sizes[round] = store.statistics().pool().allocatedBytes();
      }
      assertTrue(sizes[3] < 300_000, () -> "bytes used: " + Arrays.toString(sizes));
      assertClean(store);
    }
  }
}
