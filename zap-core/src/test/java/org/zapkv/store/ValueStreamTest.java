// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.error.ClosedException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.ReadOnlyStoreException;
import org.zapkv.error.StoreFullException;
import org.zapkv.error.ValueChangedException;
import org.zapkv.error.ValueTypeException;
import org.zapkv.object.DataObject;
import org.zapkv.object.ObjectType;
import org.zapkv.pool.Transaction;

/** Values that are written and read as streams. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ExtendWith(SilentLog.class)
class ValueStreamTest {
  private static final int BLOCK_BYTES = 128 << 10;

  private final long seed = Seeds.next();
  private final Random random = new Random(seed);
  private final HookedDevice device = new HookedDevice(new MemoryDevice()).outlivingClose();
  private final HookedDevice log = new HookedDevice(new MemoryDevice()).outlivingClose();
  private final ZapStore store = builder().create(device, log, "streams");
  private final ZapMap map = store.map("m");

  private static ZapStoreBuilder builder() {
    return ZapStore.builder().cacheBytes(4 << 20).leafBytes(4096).syncInterval(Duration.ofHours(1));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static void assertSound(ZapStore store) {
    StoreCheckReport report = store.check((done, total) -> {});
    assertEquals(List.of(), report.problems());
    assertEquals(0, report.leakedBytes());
  }

  private static void put(ZapMap map, String key, byte[] value) {
    try (ValueOutputStream out = map.newValue(key)) {
      out.write(value, 0, value.length);
      out.commit();
    }
  }

  private static byte[] read(ZapMap map, String key) throws IOException {
    try (ValueInputStream in = map.openValue(key)) {
      assertNotNull(in);
      byte[] bytes = in.readAllBytes();
      assertEquals(bytes.length, in.lengthBytes());
      return bytes;
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {0, 1, 2047, 2048, 2049, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 5 << 20})
  void whatWasWrittenIsRead(int length) throws IOException {
    byte[] value = Seeds.bytes(random, length);
    put(map, "k", value);
    assertArrayEquals(value, read(map, "k"));
    assertArrayEquals(value, map.get("k"));
    map.put("k", "small");
    assertArrayEquals(Keys.utf8("small"), read(map, "k"));
    store.sync();
    assertSound(store);
  }

  /** Streams, puts and removals of few keys against a model, and the store opened again. */
  @Test
  void randomStreamsAreWhatAModelSays() throws IOException {
    Map<String, byte[]> model = new HashMap<>();
    for (int i = 0; i < 60; i++) {
      String key = "key " + random.nextInt(8);
      byte[] value = Seeds.bytes(random, random.nextInt(random.nextBoolean() ? 5000 : 1 << 20));
      switch (random.nextInt(5)) {
        case 0 -> {
          map.remove(key);
          model.remove(key);
        }
        case 1 -> {
          map.put(key, value);
          model.put(key, value);
        }
        case 2 -> {
          try (ValueOutputStream out = map.newValue(key)) {
            out.write(value, 0, value.length);
          }
        }
        default -> {
          try (ValueOutputStream out = map.newValue(key)) {
            new ByteArrayInputStream(value).transferTo(out);
            assertEquals(value.length, out.lengthBytes());
            out.commit();
          }
          model.put(key, value);
        }
      }
    }
    assertContent(store, model);
    store.close();
    try (ZapStore again = builder().open(device, log, "streams")) {
      assertContent(again, model);
    }
  }

  private void assertContent(ZapStore in, Map<String, byte[]> model) throws IOException {
    assertEquals(model.size(), in.map("m").size(), "-Dzap.seed=" + seed);
    for (Map.Entry<String, byte[]> entry : model.entrySet()) {
      assertArrayEquals(entry.getValue(), read(in.map("m"), entry.getKey()), "seed " + seed);
    }
    assertEquals(List.of("m"), in.mapNames());
    assertSound(in);
  }

  @Test
  void nothingIsSeenBeforeTheCommitAndNothingIsLeftWithoutOne() {
    byte[] value = Seeds.bytes(random, 3 << 20);
    map.put("k", "old");
    store.sync();
    long used = store.statistics().pool().allocatedBytes();
    ValueOutputStream out = map.newValue("k");
    out.write(value, 0, value.length);
    assertEquals("old", map.getString("k"));
    store.sync();
    assertSound(store);
    out.close();
    out.close();
    assertThrows(ClosedException.class, () -> out.write(1));
    assertThrows(ClosedException.class, out::commit);
    store.sync();
    store.sync();
    assertEquals("old", map.getString("k"));
    assertTrue(store.statistics().pool().allocatedBytes() < used + (256 << 10));
    assertSound(store);
  }

  @Test
  void insideOfAComputeAStreamIsRefusedAndStaysGood() throws IOException {
    byte[] value = Seeds.bytes(random, 300_000);
    byte[] key = Keys.utf8("k");
    try (ValueOutputStream out = map.newValue(key)) {
      out.write(value, 0, 200_000);
      map.compute(
          Keys.utf8("other"),
          (same, old) -> {
            assertThrows(IllegalStateException.class, () -> out.write(value, 0, 200_000));
            assertThrows(IllegalStateException.class, out::commit);
            assertThrows(IllegalStateException.class, out::close);
            return same;
          });
      out.write(value, 200_000, 100_000);
      out.commit();
      map.compute(
          Keys.utf8("other"),
          (same, old) -> {
            assertDoesNotThrow(out::close);
            return null;
          });
    }
    try (ValueInputStream in = map.openValue(key)) {
      assertArrayEquals(value, in.readAllBytes());
    }
    assertSound(store);
  }

  @Test
  void pastTheLongestArrayOfAPut() throws IOException {
    byte[] part = Seeds.bytes(random, 1 << 20);
    long length = ZapMap.MAX_VALUE_BYTES + 1L;
    try (ValueOutputStream out = map.newValue("k")) {
      for (int i = 0; i < 64; i++) {
        out.write(part, 0, part.length);
      }
      out.write(7);
      out.commit();
    }
    try (ValueInputStream in = map.openValue("k")) {
      assertNotNull(in);
      assertEquals(length, in.lengthBytes());
      assertArrayEquals(part, in.readNBytes(part.length));
      assertEquals(length - part.length - 2, in.skip(length - part.length - 2));
      assertEquals(part[part.length - 1] & 0xFF, in.read());
      assertEquals(7, in.read());
      assertEquals(-1, in.read());
      assertEquals(0, in.skip(1));
      assertEquals(0, in.available());
    }
    assertTrue(map.remove("k"));
    store.sync();
    assertSound(store);
  }

  @Test
  void aValueThatIsReplacedIsNotReadOn() throws IOException {
    byte[] value = Seeds.bytes(random, 4 * BLOCK_BYTES);
    put(map, "k", value);
    try (ValueInputStream in = map.openValue("k")) {
      assertNotNull(in);
      assertArrayEquals(Arrays.copyOf(value, 100), in.readNBytes(100));
      assertEquals(BLOCK_BYTES - 100, in.available());
      put(map, "k", Seeds.bytes(random, 4 * BLOCK_BYTES));
      store.sync();
      // What is in memory is that of the value that was opened.
      assertEquals(value[100] & 0xFF, in.read());
      assertThrows(ValueChangedException.class, in::readAllBytes);
    }
    ValueInputStream in = map.openValue("k");
    assertNotNull(in);
    map.remove("k");
    assertThrows(ValueChangedException.class, in::read);
    in.close();
    in.close();
    assertThrows(ClosedException.class, in::read);
    store.sync();
    assertSound(store);
  }

  @Test
  void whatCannotBeStreamedIsRefused() {
    map.putLong("long", 1);
    assertThrows(ValueTypeException.class, () -> map.openValue("long"));
    assertNull(map.openValue("nothing"));
    assertThrows(KeyTooLongException.class, () -> map.newValue(new byte[1024]));
    assertThrows(KeyTooLongException.class, () -> map.openValue(new byte[1024]));
    map.put("k", "value");
    store.sync();
    try (ZapStore reader = builder().readOnly(true).open(device, log, "streams")) {
      assertThrows(ReadOnlyStoreException.class, () -> reader.map("m").newValue("k"));
    }
  }

  @Test
  void afterTheStoreIsClosedBothSidesSaySo() {
    byte[] value = Seeds.bytes(random, 4 * BLOCK_BYTES);
    put(map, "k", value);
    ValueInputStream in = map.openValue("k");
    assertNotNull(in);
    ValueOutputStream out = map.newValue("other");
    out.write(value, 0, value.length);
    store.close();
    assertThrows(ClosedException.class, in::read);
    assertThrows(ClosedException.class, () -> out.write(value, 0, value.length));
    assertThrows(ClosedException.class, () -> map.newValue("k"));
    assertThrows(ClosedException.class, () -> map.openValue("k"));
    in.close();
    out.close();
    try (ZapStore again = builder().open(device, log, "streams")) {
      assertFalse(again.map("m").containsKey("other"));
      again.sync();
      assertSound(again);
    }
  }

  @Test
  void aDiskThatFillsUpLeavesTheKeyAndGivesTheSpaceBack() throws IOException {
    FillingDevice filling = new FillingDevice(new MemoryDevice());
    byte[] value = Seeds.bytes(random, 3 << 20);
    try (ZapStore full = builder().create(filling, log, "streams")) {
      ZapMap fullMap = full.map("m");
      put(fullMap, "k", value);
      filling.fillUpAfter(10);
      try (ValueOutputStream out = fullMap.newValue("k")) {
        assertThrows(
            StoreFullException.class,
            () -> {
              while (true) {
                out.write(value, 0, value.length);
              }
            });
        assertThrows(IllegalStateException.class, () -> out.write(1));
        assertThrows(IllegalStateException.class, out::commit);
      }
      filling.makeRoom();
      assertArrayEquals(value, read(fullMap, "k"));
      full.sync();
      assertSound(full);
    }
  }

  /** Takes all the room of a log. */
  private static List<CommitLog.Room> takeAllRoom(ZapStore of) {
    List<CommitLog.Room> rooms = new ArrayList<>();
    for (int bytes = 16 << 10; bytes > 0; bytes /= 4) {
      try {
        while (true) {
          rooms.add(of.commitLog().reserve(bytes));
        }
      } catch (StoreFullException e) {
        // On to smaller ones.
      }
    }
    return rooms;
  }

  @Test
  void aCommitThatFoundNoRoomInTheLogCanBeTriedAgain() throws IOException {
    byte[] value = Seeds.bytes(random, 2 * BLOCK_BYTES + 100);
    try (ZapStore full =
        builder().create(new MemoryDevice(), new MemoryDevice("small log", 4 << 20), "streams")) {
      ZapMap fullMap = full.map("m");
      try (ValueOutputStream out = fullMap.newValue("k")) {
        out.write(value, 0, value.length);
        List<CommitLog.Room> rooms = takeAllRoom(full);
        assertThrows(StoreFullException.class, out::commit);
        assertNull(fullMap.openValue("k"));
        assertEquals(value.length, out.lengthBytes());
        assertThrows(IllegalStateException.class, () -> out.write(1));
        assertThrows(StoreFullException.class, out::commit);
        rooms.forEach(CommitLog.Room::giveBack);
        out.commit();
        assertEquals(value.length, out.lengthBytes());
      }
      assertArrayEquals(value, read(fullMap, "k"));
      full.sync();
      assertSound(full);
    }
  }

  @Test
  void aDiskThatCannotBeReadFailsTheReadAndNothingElse() throws IOException {
    byte[] value = Seeds.bytes(random, 4 << 20);
    put(map, "k", value);
    try (InputStream in = map.openValue("k")) {
      assertNotNull(in);
      device.beforeRead(
          () -> {
            throw HookedDevice.failure();
          });
      assertThrows(DeviceException.class, in::readAllBytes);
      device.noActions();
    }
    assertArrayEquals(value, read(map, "k"));
  }

  /** An object in the list of unfinished values. */
  private long unfinished(long blocks) {
    try (Transaction tx = store.begin(4 << 20);
        DataObject object = store.objects().create(ObjectType.VALUE, BLOCK_BYTES, tx)) {
      store.unfinished().add(object.objectId(), tx);
      for (long block = 0; block < blocks; block++) {
        object.writeDirect(block, new byte[BLOCK_BYTES], 0, BLOCK_BYTES, tx);
      }
      return object.objectId();
    }
  }

  /** Gives an object to a key, and takes it off the list when a thread waits, or is over. */
  private void publish(long objectId, long length, CountDownLatch named, Thread checking) {
    Change change = Change.putObject(new MapKey(map, Keys.utf8("published")), objectId, length);
    try (Transaction tx = store.begin(1 << 20)) {
      BatchApplier applier = new BatchApplier(store, tx);
      applier.prepare(change);
      int stripe = store.stripes().lock(change.key);
      try {
        applier.apply(
            change,
            () -> {
              named.countDown();
              while (checking.getState() != Thread.State.WAITING && checking.isAlive()) {
                Thread.onSpinWait();
              }
              store.unfinished().remove(objectId, tx);
            });
      } finally {
        store.stripes().unlock(stripe);
      }
    }
  }

  @Test
  void aCheckFindsNothingWrongWithOneThatIsBeingCommitted() throws Exception {
    long objectId = unfinished(2);
    CountDownLatch walking = new CountDownLatch(1);
    CountDownLatch named = new CountDownLatch(1);
    FutureTask<StoreCheckReport> check =
        new FutureTask<>(
            () ->
                store.check(
                    (done, total) -> {
                      walking.countDown();
                      while (named.getCount() > 0) {
                        Thread.onSpinWait();
                      }
                    }));
    Thread checking = new Thread(check);
    checking.start();
    try {
      while (!walking.await(10, TimeUnit.MILLISECONDS) && checking.isAlive()) {
        Thread.onSpinWait();
      }
      publish(objectId, 2L * BLOCK_BYTES, named, checking);
    } finally {
      // Also where something has failed: it would be waited for, for ever.
      named.countDown();
    }
    assertEquals(List.of(), check.get().problems());
    assertEquals(2 * BLOCK_BYTES, map.get("published").length);
    assertSound(store);
  }
}
