// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.ClosedException;
import org.zapkv.error.ZapException;
import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.Transaction;

/** Every bad copy is found; it is mended where there is a good one; nobody else is disturbed. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ScrubTest {
  private static final int MAP_BLOCKS = 150;
  private static final int BLOCK_BYTES = 4096;
  private static final long STEP_BYTES = 64 << 10;

  private final MemoryDevice device = new MemoryDevice();
  private AutoCloseable quiet = () -> {};

  private record Stored(long objectId, int level, long index, BlockPointer pointer) {}

  private static final class Lister implements StoreWalker.Visitor {
    final List<Stored> blocks = new ArrayList<>();

    @Override
    public boolean object(long objectId, Dnode dnode) {
      return true;
    }

    @Override
    public boolean pointer(long objectId, BlockPointer pointer, int level, long index) {
      blocks.add(new Stored(objectId, level, index, pointer));
      return true;
    }

    @Override
    public void endOfObject(long objectId, Dnode dnode) {}

    @Override
    public void damaged(long objectId, long blockId, ZapException problem) {
      throw problem;
    }
  }

  /** A directory, object 1, and a map, object 2. */
  @BeforeEach
  void makeStore() {
    quiet = TestObjects.silence();
    try (ObjectSet objects = ObjectSet.create(device, TestObjects.options())) {
      try (Transaction tx = objects.begin(2 << 20);
          DataObject directory = objects.create(ObjectType.DIRECTORY, BLOCK_BYTES, tx);
          DataObject map = objects.create(ObjectType.MAP, BLOCK_BYTES, tx)) {
        TestObjects.fill(directory, 0, 5, tx);
        for (int block = 0; block < MAP_BLOCKS; block++) {
          TestObjects.fill(map, block, 1000 + block, tx);
        }
      }
    }
  }

  @AfterEach
  void speakAgain() throws Exception {
    quiet.close();
  }

  private ObjectSet open() {
    return ObjectSet.open(device, TestObjects.options());
  }

  private static List<Stored> blocksOf(ObjectSet objects) {
    Lister lister = new Lister();
    objects.walk(lister);
    return lister.blocks;
  }

  private static BlockPointer find(ObjectSet objects, long objectId, int level) {
    return blocksOf(objects).stream()
        .filter(stored -> stored.objectId() == objectId && stored.level() == level)
        .findFirst()
        .orElseThrow()
        .pointer();
  }

  private void flip(long offset) {
    try (BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build();
        IoMemory memory = cache.allocateIo(512)) {
      device.read(offset, memory.address(), 1);
      NativeMemory.putByte(memory.address(), NativeMemory.getByte(memory.address()) ^ 4);
      device.write(offset, memory.address(), 1);
    }
  }

  private static Scrub scrub(ObjectSet objects) {
    Scrub scrub = objects.scrub();
    long done = 0;
    while (scrub.step(STEP_BYTES)) {
      assertTrue(scrub.readBytes() > done, "no step forward");
      assertTrue(scrub.readBytes() <= done + STEP_BYTES + 2 * DnodeLayout.META_BLOCK_BYTES);
      assertTrue(scrub.readBytes() <= scrub.totalBytes());
      done = scrub.readBytes();
    }
    return scrub;
  }

  private static ScrubProblem only(Scrub scrub) {
    assertEquals(1, scrub.problems().size(), () -> scrub.problems().toString());
    return scrub.problems().get(0);
  }

  @Test
  void everyCopyOfEverythingIsRead() {
    try (ObjectSet objects = open()) {
      Scrub scrub = scrub(objects);
      assertEquals(List.of(), scrub.problems());
      assertEquals(blocksOf(objects).size(), scrub.blockCount());
      assertEquals(objects.statistics().allocatedBytes(), scrub.readBytes());
    }
  }

  @Test
  void eitherCopyIsMendedAndTheCheckIsCleanAfterwards() {
    int count;
    try (ObjectSet objects = open()) {
      count = blocksOf(objects).size();
    }
    for (int i = 0; i < count; i++) {
      for (int copy = 0; copy < 2; copy++) {
        try (ObjectSet objects = open()) {
          Stored stored = blocksOf(objects).get(i);
          BlockPointer pointer = stored.pointer();
          if (pointer.copyCount() == 2) {
            long bad = copy == 0 ? pointer.offsetBytes() : pointer.secondOffsetBytes();
            flip(bad + pointer.physicalBytes() / 2);
            Scrub scrub = scrub(objects);
            ScrubProblem problem = only(scrub);
            assertEquals(0, scrub.damageCount());
            assertTrue(problem.isMended());
            assertEquals(stored.objectId(), problem.objectId());
            assertEquals(stored.level(), problem.level());
            assertEquals(stored.index(), problem.blockId());
            assertEquals(bad, problem.offsetBytes());
            assertEquals(1, objects.statistics().mendedCopies());
            TestObjects.assertClean(objects);
          }
        }
      }
    }
  }

  /** What is below a block of pointers that is lost is not reached; all else is. */
  @Test
  void bothCopiesBadIsDamageAndTheRestIsStillScrubbed() {
    try (ObjectSet objects = open()) {
      BlockPointer pointer = find(objects, 2, 1);
      BlockPointer directory = find(objects, 1, 0);
      flip(pointer.offsetBytes());
      flip(pointer.secondOffsetBytes() + 9);
      flip(directory.secondOffsetBytes());
      Scrub scrub = scrub(objects);
      assertEquals(2, scrub.damageCount());
      assertEquals(3, scrub.problems().size());
      // A block of dnodes, the directory, the map's top, three below that, one of them lost.
      assertEquals(6 + MAP_BLOCKS - TreeShape.FANOUT, scrub.blockCount());
      assertEquals(pointer.offsetBytes(), scrub.problems().get(1).offsetBytes());
      assertEquals(pointer.secondOffsetBytes(), scrub.problems().get(2).offsetBytes());
      assertEquals(1, objects.statistics().mendedCopies());
      assertEquals(2, objects.check(CheckProgress.NONE).problemCount());
    }
  }

  @Test
  void dataIsStoredOnceAndItsDamageIsTold() {
    try (ObjectSet objects = open()) {
      BlockPointer pointer = find(objects, 2, 0);
      flip(pointer.offsetBytes() + 100);
      ScrubProblem problem = only(scrub(objects));
      assertEquals(
          "DAMAGED: object 2 block 0: ", problem.toString().substring(0, 27), problem::toString);
      assertEquals(pointer.offsetBytes(), problem.offsetBytes());
      assertEquals(1, scrub(objects).damageCount());
    }
  }

  @Test
  void lostDnodesAreToldOnce() {
    long offset;
    try (ObjectSet objects = open()) {
      BlockPointer pointer = find(objects, 0, 0);
      flip(pointer.offsetBytes());
      flip(pointer.secondOffsetBytes());
      offset = pointer.offsetBytes();
    }
    try (ObjectSet objects = open()) {
      Scrub scrub = scrub(objects);
      assertEquals(2, scrub.damageCount(), () -> scrub.problems().toString());
      assertEquals(offset, scrub.problems().get(0).offsetBytes());
      assertEquals(1, scrub.blockCount());
    }
  }

  @Test
  void whatCannotBeReadIsMendedOrTold() {
    HookedDevice hooked = new HookedDevice(device);
    try (ObjectSet objects = ObjectSet.open(hooked, TestObjects.options())) {
      long second = find(objects, 2, 1).secondOffsetBytes();
      hooked.unreadable(second, second + 512);
      assertTrue(only(scrub(objects)).isMended());
      long data = find(objects, 2, 0).offsetBytes();
      hooked.unreadable(data, data + 512);
      assertTrue(only(scrub(objects)).text().contains("cannot be read"));
    }
  }

  /** A copy that cannot be written is told, and does no harm. */
  @Test
  void aCopyThatCannotBeMendedIsDamage() {
    HookedDevice hooked = new HookedDevice(device);
    try (ObjectSet objects = ObjectSet.open(hooked, TestObjects.options())) {
      flip(find(objects, 2, 1).secondOffsetBytes());
      hooked.beforeWrite(
          () -> {
            throw HookedDevice.failure();
          });
      Scrub scrub = scrub(objects);
      assertEquals(1, scrub.damageCount());
      hooked.noActions();
      assertTrue(only(scrub(objects)).isMended());
      TestObjects.assertClean(objects);
    }
  }

  /** Blocks are changed, freed and written early, objects come and go: none of it is damage. */
  @Test
  void writersAreNoDamage() {
    long seed = TestObjects.seed();
    AtomicBoolean stop = new AtomicBoolean();
    try (ObjectSet objects =
        ObjectSet.open(
            device, TestObjects.options().withCacheBytes(4 << 20).withDirtyLimitBytes(512 << 10))) {
      CompletableFuture<Void> writer =
          CompletableFuture.runAsync(() -> writeUntil(stop, objects, new SplittableRandom(seed)));
      try {
        for (int round = 0; round < 20; round++) {
          assertEquals(List.of(), scrub(objects).problems());
        }
      } finally {
        stop.set(true);
      }
      writer.get(180, TimeUnit.SECONDS);
      objects.sync();
      assertEquals(List.of(), scrub(objects).problems());
      TestObjects.assertClean(objects);
    } catch (Throwable e) {
      throw new AssertionError("-Dzap.seed=" + seed, e);
    }
  }

  private static void writeUntil(AtomicBoolean stop, ObjectSet objects, SplittableRandom random) {
    while (!stop.get()) {
      long id;
      try (Transaction tx = objects.begin(1 << 20);
          DataObject map = objects.open(2);
          DataObject object = objects.create(ObjectType.VALUE, BLOCK_BYTES, tx)) {
        id = object.objectId();
        for (int block = 0; block < 100; block++) {
          TestObjects.fill(object, block, random.nextLong(), tx);
        }
        for (int i = 0; i < 20; i++) {
          TestObjects.fill(map, random.nextInt(MAP_BLOCKS), random.nextLong(), tx);
        }
        map.freeRange(random.nextInt(MAP_BLOCKS), 1 + random.nextInt(5), tx);
      }
      if (random.nextInt(3) > 0) {
        objects.sync();
      }
      try (Transaction tx = objects.beginFreeing(1 << 20)) {
        objects.destroy(id, tx);
      }
    }
  }

  /**
   * The syncing thread frees a block and its space is written anew between the scrub's look at the
   * pointer and its read: what it reads is no damage.
   */
  @Test
  void aBlockThatIsMovedWhileItIsReadIsNoDamage() {
    HookedDevice hooked = new HookedDevice(device);
    try (ObjectSet objects = ObjectSet.open(hooked, TestObjects.options())) {
      // From here on the scrub reads from the device only to verify: it holds nothing meanwhile.
      scrub(objects);
      Thread scrubber = Thread.currentThread();
      for (int at = 0; at < 12; at++) {
        AtomicInteger left = new AtomicInteger(at * 5);
        hooked.beforeRead(
            () -> {
              if (Thread.currentThread() == scrubber && left.getAndDecrement() == 0) {
                rewrite(objects, hooked);
              }
            });
        assertEquals(List.of(), scrub(objects).problems());
        assertTrue(left.get() < 0);
      }
    }
  }

  private static void rewrite(ObjectSet objects, HookedDevice hooked) {
    hooked.noActions();
    for (int round = 0; round < 3; round++) {
      try (Transaction tx = objects.begin(2 << 20);
          DataObject map = objects.open(2)) {
        for (int block = 0; block < MAP_BLOCKS; block++) {
          TestObjects.fill(map, block, 7000 * round + block, tx);
        }
      }
      objects.sync();
    }
  }

  @Test
  void aClosedStoreIsNotScrubbed() {
    ObjectSet objects = open();
    Scrub scrub = objects.scrub();
    assertTrue(scrub.step(1));
    objects.close();
    assertThrows(ClosedException.class, () -> scrub.step(STEP_BYTES));
    assertThrows(ClosedException.class, objects::scrub);
  }
}
