// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.FaultyDevice;
import org.zapkv.cache.device.testing.FaultyDevice.Fault;
import org.zapkv.cache.device.testing.ImageDevice;
import org.zapkv.error.DeviceException;
import org.zapkv.error.MapDroppedException;
import org.zapkv.error.StoreFullException;
import org.zapkv.error.ZapException;
import org.zapkv.object.DataObject;
import org.zapkv.object.ObjectType;
import org.zapkv.pool.Compression;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.Zap;
import org.zapkv.zap.ZapParameters;
import org.zapkv.zap.ZapValue;

/** Maps are dropped and cleared while something is damaged, full, failing or in use. */
@ExtendWith(SilentLog.class)
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class MapLifeFaultsTest {
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  @TempDir private Path directory;

  private ZapStoreBuilder builder() {
    return ZapStore.builder().leafBytes(4096).cacheBytes(8 << 20).compression(Compression.NONE);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void fill(ZapMap map, int entries) {
    Batch batch = map.store().batch();
    for (int i = 0; i < entries; i++) {
      batch.put(map, bytes("key " + i), bytes(("value " + i + " ").repeat(i % 100 == 0 ? 500 : 2)));
    }
    batch.commit();
  }

  private static boolean isFreed(ZapStore store) {
    return store.root().get(DirectoryKeys.anyDropped()) == null;
  }

  private static void awaitFreedByItself(ZapStore store) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!isFreed(store)) {
      assertTrue(System.nanoTime() < end, "nothing is freed");
      Thread.sleep(5);
    }
  }

  /** Turns a bit over in whatever has a text in it; returns how often it was there. */
  private int damage(String text) throws IOException {
    Path file = directory.resolve("s").resolve(StoreDirectory.BLOCKS_FILE);
    byte[] content = Files.readAllBytes(file);
    byte[] sought = bytes(text);
    int found = 0;
    for (int at = 0; at + sought.length <= content.length; at++) {
      int length = 0;
      while (length < sought.length && content[at + length] == sought[length]) {
        length++;
      }
      if (length == sought.length) {
        content[at] ^= 1;
        found++;
      }
    }
    Files.write(file, content);
    return found;
  }

  @Test
  void aMapWithDamagedLeavesIsDroppedAndHoldsUpNoOther() throws IOException {
    try (ZapStore store = builder().open(directory.resolve("s"))) {
      fill(store.map("m"), 2000);
      fill(store.map("other"), 2000);
    }
    assertTrue(damage("key 77") > 0);
    try (ZapStore store = builder().open(directory.resolve("s"))) {
      store.dropMap("m");
      store.map("other").clear();
      store.awaitFreed();
      assertTrue(isFreed(store));
      assertEquals(List.of("other"), store.mapNames());
      store.sync();
      long left = store.statistics().pool().allocatedBytes();
      assertTrue(left < 400_000, left + " bytes are left");
    }
  }

  /** How many maps found room. */
  private static int createUntilFull(ZapStore store) {
    int count = 0;
    try {
      while (true) {
        store.map("empty " + store.mapNames().size());
        count++;
      }
    } catch (StoreFullException e) {
      return count;
    }
  }

  @Test
  void aFullStoreHasRoomAgainWhenAMapIsDropped() {
    try (ZapStore store = builder().create(new MemoryDevice("full", 6 << 20), "test")) {
      ZapMap map = store.map("m").withDurability(Durability.NONE);
      store.map("k").putLong("a", 1);
      assertThrows(
          StoreFullException.class,
          () -> {
            for (int i = 0; i < 1_000_000; i++) {
              map.put("key " + i, new byte[i % 10 == 0 ? 4000 : 100]);
            }
          });
      // Until a sync makes no room either for another change of the directory.
      while (createUntilFull(store) > 0) {
        store.sync();
      }
      store.dropMap("m");
      store.awaitFreed();
      store.sync();
      fill(store.map("again"), 2000);
      assertEquals(2000, store.map("again").size());
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
  }

  /** Notes an object as dropped, as a crash in the middle of the freeing would leave it. */
  private static void leaveNote(ZapStore store, boolean hasObject) {
    try (Transaction tx = store.begin(1 << 20)) {
      long number = 123_456;
      if (hasObject) {
        try (DataObject object = store.objects().create(ObjectType.MAP, 512, tx)) {
          Zap.create(object, ZapParameters.DEFAULT, tx).close();
          number = object.objectId();
        }
      }
      store.root().put(DirectoryKeys.anyDropped(), ZapValue.ofLong(1), tx);
      store.root().put(DirectoryKeys.dropped(number), ZapValue.ofLong(number), tx);
    }
  }

  /** What a replay finds in the log is of the map that has the name when the log is replayed. */
  @Test
  void whatWasCommittedAfterARenameOrAClearIsReplayedIntoThatMap() {
    ImageDevice blocks = new DeviceImage().toDevice("blocks");
    ImageDevice log = new DeviceImage().toDevice("log");
    ZapStoreBuilder rarelySynced = builder().syncInterval(Duration.ofHours(1));
    ZapStore store = rarelySynced.create(blocks, log, "test");
    ZapMap map = store.map("before");
    map.put("old", "1");
    store.renameMap("before", "after");
    map.put("new", "2");
    ZapMap cleared = store.map("cleared");
    store.map("else").put("a", "1");
    cleared.put("old", "1");
    store.renameMap("cleared", "renamed");
    cleared.clear();
    cleared.put("new", "3");
    DeviceImage killedBlocks = blocks.image();
    DeviceImage killedLog = log.image();
    store.close();
    try (ZapStore again =
        rarelySynced.open(killedBlocks.toDevice("blocks"), killedLog.toDevice("log"), "again")) {
      assertEquals(List.of("after", "else", "renamed"), again.mapNames());
      assertEquals("1", again.map("after").getString("old"));
      assertEquals("2", again.map("after").getString("new"));
      assertEquals(2, again.map("after").size());
      assertEquals("3", again.map("renamed").getString("new"));
      assertEquals(1, again.map("renamed").size());
    }
  }

  @Test
  void whatWasDroppedIsFreedByTheNextOpening() throws InterruptedException {
    try (ZapStore store = builder().open(directory.resolve("s"))) {
      leaveNote(store, true);
      assertEquals(List.of(), store.mapNames());
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
    try (ZapStore store = builder().open(directory.resolve("s"))) {
      awaitFreedByItself(store);
      assertEquals(0, store.root().count());
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
  }

  @Test
  void anObjectThatIsNotThereStaysNotedAndHoldsUpNoOther() {
    try (ZapStore store = builder().open(directory.resolve("s"))) {
      leaveNote(store, false);
    }
    for (int i = 0; i < 2; i++) {
      try (ZapStore store = builder().open(directory.resolve("s"))) {
        store.map("m").putLong("a", 1);
        store.dropMap("m");
        store.awaitFreed();
        assertEquals(2, store.root().count());
      }
    }
  }

  /** The directory is in the cache then; of the map's leaves not all are. */
  private static void fillBeyondTheCache(ZapMap map) {
    for (int i = 0; i < 20; i++) {
      Batch batch = map.store().batch();
      for (int j = 0; j < 1000; j++) {
        batch.put(map, bytes("key " + i + "." + j), new byte[600]);
      }
      batch.commit();
    }
    map.store().sync();
    assertEquals(List.of("m"), map.store().mapNames());
  }

  @Test
  void whatCouldNotBeReadIsFreedWhenTheStoreIsSynced() throws InterruptedException {
    FaultyDevice device = new FaultyDevice(new MemoryDevice(), 1);
    try (ZapStore store = builder().cacheBytes(4 << 20).create(device, "test")) {
      ZapMap map = store.map("m");
      fillBeyondTheCache(map);
      device.withProbability(Fault.READ_ERROR, 1);
      store.dropMap("m");
      assertThrows(DeviceException.class, store::awaitFreed);
      assertFalse(isFreed(store));
      // The one that goes on by itself has given up.
      store.map("k").putLong("a", 1);
      device.heal();
      store.sync();
      awaitFreedByItself(store);
      assertEquals(List.of(), store.check((done, total) -> {}).problems());
    }
  }

  /** Does something once, on the thread that tells of a failure, before that goes on. */
  private static final class AtWarning extends Handler {
    private final AtomicReference<Runnable> action;

    AtWarning(Runnable action) {
      this.action = new AtomicReference<>(action);
    }

    @Override
    public void publish(LogRecord logged) {
      Runnable first = action.getAndSet(null);
      if (first != null) {
        first.run();
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Test
  void whoSyncsWhileTheFreeingIsGivingUpHasItTriedAgain() throws InterruptedException {
    FaultyDevice device = new FaultyDevice(new MemoryDevice(), 1);
    try (ZapStore store = builder().cacheBytes(4 << 20).create(device, "test")) {
      fillBeyondTheCache(store.map("m"));
      AtWarning handler =
          new AtWarning(
              () -> {
                device.heal();
                store.sync();
              });
      Logger logger = Logger.getLogger(MapRemains.class.getName());
      logger.addHandler(handler);
      logger.setLevel(Level.WARNING);
      logger.setUseParentHandlers(false);
      try {
        device.withProbability(Fault.READ_ERROR, 1);
        store.dropMap("m");
        awaitFreedByItself(store);
      } finally {
        logger.removeHandler(handler);
        logger.setLevel(null);
        logger.setUseParentHandlers(true);
      }
      assertNull(handler.action.get(), "it has failed once");
    }
  }

  @Test
  void aDamagedLeafOfTheDirectoryKeepsNoStoreFromBeingOpened() throws IOException {
    // A leaf keeps names in pieces of 21 bytes: the number is in one piece.
    String name = "x".repeat(63) + "unique-";
    int maps = 400;
    try (ZapStore store = builder().open(directory.resolve("s"))) {
      for (int i = 0; i < maps; i++) {
        store.map(name + i);
      }
      leaveNote(store, true);
    }
    assertTrue(damage("unique-123") > 0);
    try (ZapStore store = builder().open(directory.resolve("s"))) {
      int there = 0;
      for (int i = 0; i < maps; i++) {
        try {
          store.existingMap(name + i).size();
          there++;
        } catch (ZapException e) {
          // In the damaged leaf.
        }
      }
      assertTrue(there > 0 && there < maps, there + " maps are there");
    }
  }

  @Test
  void whatIsDroppedWhileTheLastOneIsBeingFreedIsFreedByItself() throws InterruptedException {
    try (ZapStore store = builder().inMemory()) {
      for (int i = 0; i < 100; i++) {
        store.map("a").putLong("key", 1);
        store.map("b").putLong("key", 1);
        store.dropMap("a");
        store.dropMap("b");
        awaitFreedByItself(store);
      }
    }
  }

  private static final class Reader {
    private final ZapStore store;
    private final AtomicBoolean stop;
    private final AtomicLong reads = new AtomicLong();

    Reader(ZapStore store, AtomicBoolean stop) {
      this.store = store;
      this.stop = stop;
    }

    void run() {
      for (int i = 0; !stop.get(); i++) {
        ZapMap map = store.map("m");
        try {
          read(map, i);
        } catch (MapDroppedException e) {
          reads.incrementAndGet();
        }
      }
    }

    private void read(ZapMap map, int i) {
      for (int j = 0; j < 50; j++) {
        int key = (i + j * 7) % 600;
        String value = map.getString("key " + key);
        if (value != null) {
          check(key, value);
        }
        map.containsKey("key " + key);
      }
      switch (i % 4) {
        case 0 ->
            map.forEach(e -> check(Integer.parseInt(e.keyString().substring(4)), e.valueString()));
        case 1 ->
            map.scanParallel(
                e ->
                    check(Integer.parseInt(e.keyString().substring(4)), e.toEntry().valueString()));
        case 2 -> assertTrue(map.size() <= 601);
        default -> {
          try (MapCursor cursor = map.cursor()) {
            while (cursor.next()) {
              check(
                  Integer.parseInt(cursor.entry().keyString().substring(4)),
                  cursor.entry().valueString());
            }
          }
        }
      }
    }

    private void check(int key, String value) {
      reads.incrementAndGet();
      assertTrue(value.startsWith("value " + key + " "), key + ": " + value);
    }
  }

  @Test
  void readersNeverSeeWrongData() throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(3);
    AtomicBoolean stop = new AtomicBoolean();
    try (ZapStore store = builder().create(new MemoryDevice(), "test")) {
      List<Reader> readers = new ArrayList<>();
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        Reader reader = new Reader(store, stop);
        readers.add(reader);
        ends.add(executor.submit(reader::run));
      }
      // Where threads are many and processors few, until each reader has come to read something.
      for (int round = 0; round < 40 || isAnyToReadYet(readers, ends); round++) {
        ZapMap map = store.map("m");
        fill(map, 1 + 300 * (round % 3));
        if (round % 2 == 0) {
          map.clear();
          assertNull(map.get("key 0"));
        } else {
          store.dropMap("m");
        }
      }
      stop.set(true);
      for (int i = 0; i < 3; i++) {
        ends.get(i).get();
        assertTrue(readers.get(i).reads.get() > 0);
      }
      store.awaitFreed();
      store.sync();
      StoreCheckReport report = store.check((done, total) -> {});
      assertEquals(List.of(), report.problems());
    } finally {
      stop.set(true);
      executor.shutdown();
    }
  }

  private static boolean isAnyToReadYet(List<Reader> readers, List<Future<?>> ends) {
    boolean isAny = false;
    for (int i = 0; i < readers.size(); i++) {
      isAny |= readers.get(i).reads.get() == 0 && !ends.get(i).isDone();
    }
    return isAny;
  }

  /** A reader that was in the map while it was cleared must not make the map what it was before. */
  @Test
  void aReaderThatIsLatePutsNoClearedMapBack() throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(2);
    AtomicBoolean stop = new AtomicBoolean();
    try (ZapStore store = builder().inMemory()) {
      ZapMap map = store.map("m");
      List<Future<?>> readers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        readers.add(
            executor.submit(
                () -> {
                  while (!stop.get()) {
                    map.size();
                  }
                }));
      }
      for (int round = 0; round < 1000; round++) {
        map.putLong("round", round);
        map.clear();
        assertEquals(0, map.size());
      }
      stop.set(true);
      for (Future<?> reader : readers) {
        reader.get();
      }
    } finally {
      stop.set(true);
      executor.shutdown();
    }
  }

  /** Nothing is freed that somebody may still be reading who was inside before the drop. */
  @Test
  void aDroppedMapIsFreedWhenItsReadersHaveLeft() throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(2);
    CountDownLatch isInside = new CountDownLatch(1);
    CountDownLatch leaves = new CountDownLatch(1);
    try (ZapStore store = builder().inMemory()) {
      fill(store.map("m"), 1000);
      Future<?> reader =
          executor.submit(
              () -> {
                int slot = store.gate().enter();
                isInside.countDown();
                leaves.await();
                store.gate().exit(slot);
                return null;
              });
      isInside.await();
      store.dropMap("m");
      Future<?> freed = executor.submit(store::awaitFreed);
      try {
        assertThrows(TimeoutException.class, () -> freed.get(300, TimeUnit.MILLISECONDS));
        assertFalse(isFreed(store));
      } finally {
        // Also where it is not so: closing the store waits for the reader.
        leaves.countDown();
      }
      reader.get();
      freed.get();
      assertTrue(isFreed(store));
    } finally {
      leaves.countDown();
      executor.shutdown();
    }
  }

  @Test
  void aWriterIsToldThatItsMapWasDroppedAndNothingElse() throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(2);
    AtomicBoolean stop = new AtomicBoolean();
    try (ZapStore store = builder().inMemory()) {
      List<Future<?>> writers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        boolean usesBatches = i == 0;
        writers.add(
            executor.submit(
                () -> {
                  while (!stop.get()) {
                    try {
                      ZapMap map = store.map("m");
                      if (usesBatches) {
                        store.batch().putLong(map, "a", 1).putLong(map, "b", 1).commit();
                      } else {
                        map.putLong("key", 1);
                      }
                    } catch (MapDroppedException e) {
                      // As it should be.
                    }
                  }
                }));
      }
      for (int round = 0; round < 500; round++) {
        store.map("m");
        store.dropMap("m");
      }
      stop.set(true);
      for (Future<?> writer : writers) {
        writer.get();
      }
    } finally {
      stop.set(true);
      executor.shutdown();
    }
  }

  /** Who asks for the map of a name gets one, and is not told that there was another before. */
  @Test
  void whoAsksForAMapWithOptionsGetsOneWhileItIsDropped() throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(2);
    AtomicBoolean stop = new AtomicBoolean();
    MapOptions options = MapOptions.none().withLeafBytes(4096);
    try (ZapStore store = builder().inMemory()) {
      List<Future<?>> askers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        askers.add(
            executor.submit(
                () -> {
                  while (!stop.get()) {
                    assertEquals("m", store.map("m", options).name());
                  }
                }));
      }
      for (int round = 0; round < 500; round++) {
        store.map("m");
        store.dropMap("m");
      }
      stop.set(true);
      for (Future<?> asker : askers) {
        asker.get();
      }
    } finally {
      stop.set(true);
      executor.shutdown();
    }
  }

  @Test
  void writersGoOnAndNoCommitIsLost() throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(3);
    AtomicBoolean stop = new AtomicBoolean();
    try (ZapStore store = builder().create(new MemoryDevice(), new MemoryDevice(), "test")) {
      List<Future<Long>> writers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        String name = "w" + i;
        writers.add(
            executor.submit(
                () -> {
                  long count = 0;
                  ZapMap map = store.map(name).withDurability(Durability.NONE);
                  while (!stop.get()) {
                    map.putLong("key " + count, count++);
                  }
                  return count;
                }));
      }
      for (int round = 0; round < 30; round++) {
        store.map("m").putLong("a", round);
        store.renameMap("m", "n");
        store.map("n").clear();
        store.dropMap("n");
      }
      stop.set(true);
      for (int i = 0; i < 3; i++) {
        assertEquals(writers.get(i).get(), store.map("w" + i).size());
      }
    } finally {
      stop.set(true);
      executor.shutdown();
    }
  }
}
