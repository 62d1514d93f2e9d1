// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.error.CorruptException;
import org.zapkv.error.NotAStoreException;

/** Opening a store with records in its intent log, whole or damaged. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ExtendWith(SilentLog.class)
class ReplayTest {

  @TempDir Path directory;

  @Test
  void aLogLargerThanTheCacheIsReplayed() {
    CrashStore crash = new CrashStore(1);
    // A large cache, so that nothing has to be synced before the crash.
    ZapStore store =
        CrashStore.builder().cacheBytes(64 << 20).create(crash.blocks, crash.log, "crash");
    int entries = 5000;
    Random random = new Random(1);
    ZapMap map = store.map("m").withDurability(Durability.NONE);
    for (int i = 0; i < entries; i++) {
      map.put(Keys.utf8("key " + i), Seeds.bytes(random, 1500));
    }
    map.put("large", new byte[6 << 20]);
    store.batch().commit();
    assertTrue(store.statistics().log().usedBytes() > 12 << 20);
    crash.crash(store);
    try (ZapStore again = crash.open()) {
      assertEquals(entries + 1, again.statistics().log().replayedRecords());
      assertTrue(again.statistics().cache().peakUsedBytes() <= 4 << 20);
      random = new Random(1);
      for (int i = 0; i < entries; i++) {
        assertArrayEquals(Seeds.bytes(random, 1500), again.map("m").get("key " + i));
      }
      assertArrayEquals(new byte[6 << 20], again.map("m").get("large"));
      assertEquals(List.of(), again.check((done, total) -> {}).problems());
    }
  }

  @Test
  void partsOfABatchWithoutItsEndAreNotReplayed() {
    CrashStore crash = new CrashStore(2);
    ZapStore store = crash.create();
    ZapMap map = store.map("m");
    map.put("before", "1");
    CommitLog log = store.commitLog();
    long batch = log.newBatch();
    log.reserve(1000, 1000, 1000);
    log.append(CommitRecord.Kind.PART, batch, applied(map, "a"));
    map.put("between", "2");
    log.append(CommitRecord.Kind.PART, batch, applied(map, "b"));
    long ended = log.newBatch();
    log.append(CommitRecord.Kind.PART, ended, applied(map, "c"));
    log.appendEnd(ended);
    map.put("after", "3");
    crash.crash(store);
    try (ZapStore again = crash.open()) {
      ZapMap found = again.map("m");
      assertNull(found.get("a"));
      assertNull(found.get("b"));
      assertEquals("of a batch", found.getString("c"));
      assertEquals(4, found.size());
    }
  }

  private static List<Change> applied(ZapMap map, String key) {
    Change change = Change.put(new MapKey(map, Keys.utf8(key)), Keys.utf8("of a batch"));
    change.applied();
    return List.of(change);
  }

  /** A store in a directory that was not closed: its files as they are. */
  private Path killed() throws IOException {
    Path copy = directory.resolve("killed");
    try (ZapStore store = ZapStore.builder().open(directory.resolve("s"))) {
      ZapMap map = store.map("m");
      for (int i = 0; i < 50; i++) {
        map.put("key " + i, "value " + i);
      }
      Files.createDirectories(copy);
      for (String file : List.of(StoreDirectory.BLOCKS_FILE, StoreDirectory.LOG_FILE)) {
        Files.copy(directory.resolve("s").resolve(file), copy.resolve(file));
      }
    }
    return copy;
  }

  private static ZapStoreBuilder accepting() {
    return ZapStore.builder().acceptLogLoss(true);
  }

  @Test
  void whatAKilledProcessLeftIsReplayed() throws IOException {
    Path path = killed();
    try (ZapStore store = ZapStore.open(path)) {
      assertEquals(50, store.map("m").size());
      assertEquals(50, store.statistics().log().replayedRecords());
    }
    try (ZapStore store = ZapStore.open(path)) {
      assertEquals(50, store.map("m").size());
      assertEquals(0, store.statistics().log().replayedRecords());
    }
  }

  @Test
  void aDamagedLogIsRefusedUnlessItsLossIsAccepted() throws IOException {
    Path path = killed();
    Path log = path.resolve(StoreDirectory.LOG_FILE);
    byte[] bytes = Files.readAllBytes(log);
    bytes[indexOf(bytes, Keys.utf8("value 30"))] ^= 1;
    Files.write(log, bytes);
    for (int i = 0; i < 2; i++) {
      CorruptException e = assertThrows(CorruptException.class, () -> ZapStore.open(path));
      assertTrue(e.getMessage().contains("after commit 30"), e.getMessage());
      assertTrue(e.getMessage().contains("acceptLogLoss(true)"), e.getMessage());
      assertTrue(e.getMessage().contains(path.toString()), e.getMessage());
    }
    try (ZapStore store = accepting().open(path)) {
      assertEquals(30, store.map("m").size());
      assertEquals("value 29", store.map("m").getString("key 29"));
      store.map("m").put("key 30", "again");
    }
    try (ZapStore store = ZapStore.open(path)) {
      assertEquals(31, store.map("m").size());
    }
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int i = 0; i + part.length <= bytes.length; i++) {
      if (java.util.Arrays.equals(bytes, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    throw new AssertionError("not found");
  }

  @Test
  void aMissingLogIsRefusedUnlessItsLossIsAccepted() throws IOException {
    Path path = killed();
    Files.delete(path.resolve(StoreDirectory.LOG_FILE));
    NotAStoreException e = assertThrows(NotAStoreException.class, () -> ZapStore.open(path));
    assertTrue(e.getMessage().contains(StoreDirectory.LOG_FILE), e.getMessage());
    assertTrue(e.getMessage().contains(StoreDirectory.BLOCKS_FILE), e.getMessage());
    try (ZapStore store = accepting().open(path)) {
      assertEquals(List.of(), store.mapNames());
      store.map("m").put("a", "b");
    }
    try (ZapStore store = ZapStore.open(path)) {
      assertEquals(1, store.map("m").size());
    }
  }

  @Test
  void theLogOfAnotherStoreIsRefusedUnlessTheLossIsAccepted() throws IOException {
    Path path = killed();
    Path other = directory.resolve("other");
    ZapStore.open(other).close();
    Path log = path.resolve(StoreDirectory.LOG_FILE);
    Files.delete(log);
    Files.copy(other.resolve(StoreDirectory.LOG_FILE), log);
    CorruptException e = assertThrows(CorruptException.class, () -> ZapStore.open(path));
    assertTrue(e.getMessage().contains(StoreDirectory.LOG_FILE), e.getMessage());
    try (ZapStore store = accepting().open(path)) {
      assertEquals(List.of(), store.mapNames());
    }
    ZapStore.open(path).close();
  }

  @Test
  void aLogWithoutItsBlocksIsNotOverwritten() throws IOException {
    Path path = killed();
    Files.delete(path.resolve(StoreDirectory.BLOCKS_FILE));
    byte[] log = Files.readAllBytes(path.resolve(StoreDirectory.LOG_FILE));
    NotAStoreException e = assertThrows(NotAStoreException.class, () -> ZapStore.open(path));
    assertTrue(e.getMessage().contains(StoreDirectory.BLOCKS_FILE), e.getMessage());
    assertThrows(NotAStoreException.class, () -> accepting().open(path));
    assertArrayEquals(log, Files.readAllBytes(path.resolve(StoreDirectory.LOG_FILE)));
  }
}
