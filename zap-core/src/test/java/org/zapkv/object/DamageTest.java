// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.FormatTooNewException;
import org.zapkv.error.NotAStoreException;
import org.zapkv.error.ZapException;
import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.LabelEditor;
import org.zapkv.pool.Transaction;

/** Damage to what is stored is an error that names the place; it is never taken for data. */
final class DamageTest {
  private static final int OBJECTS = 2;
  private static final int BLOCKS = 70;
  private static final int BLOCK_BYTES = 4096;
  private static final int HEAD_BYTES = 128 << 10;

  private AutoCloseable quiet = () -> {};

  @BeforeEach
  void beQuiet() {
    quiet = TestObjects.silence();
  }

  @AfterEach
  void speakAgain() throws Exception {
    quiet.close();
  }

  private static MemoryDevice newStore() {
    MemoryDevice device = new MemoryDevice();
    try (ObjectSet objects = ObjectSet.create(device, TestObjects.options())) {
      try (Transaction tx = objects.begin(4 << 20)) {
        for (int i = 0; i < OBJECTS; i++) {
          objects.create(ObjectType.MAP, BLOCK_BYTES, tx).close();
        }
      }
      for (int id = 1; id <= OBJECTS; id++) {
        try (Transaction tx = objects.begin(1 << 20);
            DataObject object = objects.open(id)) {
          for (int block = 0; block < BLOCKS; block++) {
            TestObjects.fill(object, block, id * 1000L + block, tx);
          }
        }
        objects.sync();
      }
    }
    return device;
  }

  private static byte[] contentOf(BlockDevice device) {
    byte[] content = new byte[(int) device.sizeBytes()];
    try (BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build();
        IoMemory memory = cache.allocateIo(4096)) {
      for (int offset = 0; offset < content.length; offset += 4096) {
        int length = Math.min(4096, content.length - offset);
        device.read(offset, memory.address(), length);
        NativeMemory.copyToArray(memory.address(), content, offset, length);
      }
    }
    return content;
  }

  private static MemoryDevice deviceOf(byte[] content) {
    MemoryDevice device = new MemoryDevice();
    try (BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build();
        IoMemory memory = cache.allocateIo(4096)) {
      for (int offset = 0; offset < content.length; offset += 4096) {
        int length = Math.min(4096, content.length - offset);
        NativeMemory.copyFromArray(content, offset, memory.address(), length);
        device.write(offset, memory.address(), length);
      }
    }
    return device;
  }

  /** What the walk over the store says is stored where. */
  private record Stored(
      long objectId, int level, long index, long offset, int length, int copy, int copyCount) {}

  private static List<Stored> blocksOf(BlockDevice device) {
    Lister lister = new Lister();
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      objects.walk(lister);
    }
    return lister.blocks;
  }

  private static final class Lister implements StoreWalker.Visitor {
    final List<Stored> blocks = new ArrayList<>();

    @Override
    public boolean object(long objectId, Dnode dnode) {
      return true;
    }

    @Override
    public boolean pointer(long objectId, BlockPointer pointer, int level, long index) {
      int length = pointer.physicalBytes();
      int copies = pointer.copyCount();
      for (int copy = 0; copy < copies; copy++) {
        long offset = copy == 0 ? pointer.offsetBytes() : pointer.secondOffsetBytes();
        blocks.add(new Stored(objectId, level, index, offset, length, copy, copies));
      }
      return true;
    }

    @Override
    public void endOfObject(long objectId, Dnode dnode) {}

    @Override
    public void damaged(long objectId, long blockId, ZapException problem) {
      throw problem;
    }
  }

  @Test
  void aFlippedBitInAnyBlockIsFound() {
    long seed = TestObjects.seed();
    SplittableRandom random = new SplittableRandom(seed);
    byte[] good = contentOf(newStore());
    List<Stored> blocks = blocksOf(deviceOf(good));
    assertTrue(blocks.size() > OBJECTS * BLOCKS, () -> "blocks: " + blocks.size());
    try {
      for (Stored stored : blocks) {
        byte[] bad = good.clone();
        int at = (int) stored.offset() + random.nextInt(stored.length());
        bad[at] ^= (byte) (1 << random.nextInt(8));
        assertFound(deviceOf(bad), stored);
      }
    } catch (Throwable e) {
      throw new AssertionError("-Dzap.seed=" + seed, e);
    }
  }

  private static void assertFound(BlockDevice device, Stored stored) {
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      CheckReport report = objects.check(CheckProgress.NONE);
      CheckProblem problem = report.problems().get(0);
      assertEquals(1, report.problemCount(), () -> report.problems().toString());
      assertEquals(CheckProblem.Kind.DAMAGED, problem.kind());
      assertEquals(stored.objectId(), problem.objectId());
      assertEquals(stored.index(), problem.blockId());
      if (stored.copyCount() == 2) {
        readAll(objects);
        assertMended(objects, stored);
        return;
      }
      CorruptException thrown = assertThrows(CorruptException.class, () -> readAll(objects));
      assertEquals(stored.objectId(), thrown.objectId());
      assertEquals(stored.index(), thrown.blockId());
      assertTrue(thrown.getMessage().contains("level " + stored.level()), thrown.getMessage());
    }
  }

  /** Reading comes by the first copies only. */
  private static void assertMended(ObjectSet objects, Stored stored) {
    boolean isMended = stored.copy() == 0;
    assertEquals(isMended ? 1 : 0, objects.statistics().mendedCopies(), stored::toString);
    assertEquals(isMended, objects.check(CheckProgress.NONE).isClean(), stored::toString);
  }

  private static void readAll(ObjectSet objects) {
    for (int id = 1; id <= OBJECTS; id++) {
      try (DataObject object = objects.open(id)) {
        for (int block = 0; block < BLOCKS; block++) {
          TestObjects.assertFilled(object, block, id * 1000L + block);
        }
      }
    }
  }

  @Test
  void blocksThatChangedPlacesAreFound() {
    byte[] content = contentOf(newStore());
    List<Stored> data = new ArrayList<>(blocksOf(deviceOf(content)));
    data.removeIf(stored -> stored.level() > 0 || stored.objectId() == 0);
    Stored one = data.get(3);
    Stored other = data.get(BLOCKS + 5);
    byte[] swapped = content.clone();
    System.arraycopy(content, (int) one.offset(), swapped, (int) other.offset(), BLOCK_BYTES);
    System.arraycopy(content, (int) other.offset(), swapped, (int) one.offset(), BLOCK_BYTES);
    try (ObjectSet objects = ObjectSet.open(deviceOf(swapped), TestObjects.options())) {
      assertEquals(2, objects.check(CheckProgress.NONE).problemCount());
    }
  }

  @Test
  void aTruncatedStoreIsFoundAndTheRestIsReadable() {
    byte[] content = contentOf(newStore());
    for (int kept = content.length - 1; kept > 0; kept -= 37_777) {
      byte[] cut = Arrays.copyOf(content, kept);
      try (ObjectSet objects = ObjectSet.open(deviceOf(cut), TestObjects.options())) {
        CheckReport report = objects.check(CheckProgress.NONE);
        assertFalse(report.isClean(), "cut to " + kept);
        readAll(objects);
        assertTrue(objects.statistics().mendedCopies() > 0 || isOnlySecondCopies(report));
      } catch (CorruptException | NotAStoreException e) {
        assertTrue(kept < content.length);
      }
    }
  }

  private static boolean isOnlySecondCopies(CheckReport report) {
    return report.problems().stream().allMatch(problem -> problem.text().contains("second copy"));
  }

  @Test
  void eitherCopyOfTheLabelIsEnough() {
    byte[] content = contentOf(newStore());
    for (int copy = 0; copy < 2; copy++) {
      byte[] bad = content.clone();
      bad[copy * 4096 + 30] ^= 1;
      ObjectSet.open(deviceOf(bad), TestObjects.options()).close();
    }
    byte[] bad = content.clone();
    bad[30] ^= 1;
    bad[4096 + 30] ^= 1;
    ZapException both =
        assertThrows(
            CorruptException.class, () -> ObjectSet.open(deviceOf(bad), TestObjects.options()));
    assertTrue(both.getMessage().contains("label"), both.getMessage());
  }

  @Test
  void whatIsNoStoreIsSaidToBeNone() {
    assertThrows(
        NotAStoreException.class, () -> ObjectSet.open(new MemoryDevice(), TestObjects.options()));
    assertThrows(
        NotAStoreException.class,
        () -> ObjectSet.open(deviceOf(new byte[200_000]), TestObjects.options()));
  }

  @Test
  void aStoreIsNotOverwritten() {
    MemoryDevice device = newStore();
    assertThrows(ZapException.class, () -> ObjectSet.create(device, TestObjects.options()));
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      assertDoesNotThrow(() -> readAll(objects));
    }
  }

  /** Both copies. */
  private static void damageUberblock(byte[] content, long group) {
    for (int copy = 0; copy < 2; copy++) {
      content[(int) (8192 + (copy * 15L + group % 15) * 4096L + 100)] ^= 1;
    }
  }

  @Test
  void anyDamaged4KibOfTheHeadLoseNothing() {
    byte[] content = contentOf(newStore());
    long newest;
    try (ObjectSet objects = ObjectSet.open(deviceOf(content), TestObjects.options())) {
      newest = objects.syncedGroup();
    }
    for (int at = 0; at < HEAD_BYTES; at += 4096) {
      byte[] bad = content.clone();
      Arrays.fill(bad, at, at + 4096, (byte) 0x5A);
      assertOpensWhole(deviceOf(bad), newest);
    }
  }

  @Test
  void any4KibOfTheHeadThatCannotBeReadLoseNothing() {
    MemoryDevice stored = newStore();
    long newest;
    try (ObjectSet objects = ObjectSet.open(stored, TestObjects.options())) {
      newest = objects.syncedGroup();
    }
    HookedDevice device = new HookedDevice(stored);
    for (int at = 0; at < HEAD_BYTES; at += 4096) {
      device.unreadable(at, at + 4096);
      assertOpensWhole(device, newest);
    }
    device.unreadable(0, 8192);
    assertThrows(
        DeviceException.class, () -> ObjectSet.open(device, TestObjects.options()).close());
  }

  /** Power is lost while both copies are written: any sectors of either may be the old ones. */
  @Test
  void tornCopiesOfTheUberblockFallBackToTheGroupBefore() {
    long seed = TestObjects.seed();
    SplittableRandom random = new SplittableRandom(seed);
    MemoryDevice device = newStore();
    byte[] before = new byte[0];
    long newest;
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options());
        DataObject object = objects.open(1)) {
      for (int group = 0; group < 20; group++) {
        before = contentOf(device);
        try (Transaction tx = objects.begin(BLOCK_BYTES)) {
          TestObjects.fill(object, 3, group, tx);
        }
        objects.sync();
      }
      newest = objects.syncedGroup();
    }
    byte[] after = contentOf(device);
    Set<Long> outcomes = new HashSet<>();
    for (int round = 0; round < 100; round++) {
      byte[] torn = after.clone();
      boolean isWhole = false;
      for (int copy = 0; copy < 2; copy++) {
        int slot = (int) (8192 + (copy * 15L + newest % 15) * 4096L);
        for (int at = slot; at < slot + 4096; at += 512) {
          if (random.nextInt(4) == 0) {
            System.arraycopy(before, at, torn, at, 512);
          }
        }
        isWhole |= Arrays.equals(torn, slot, slot + 4096, after, slot, slot + 4096);
      }
      assertOpensWhole(deviceOf(torn), isWhole ? newest : newest - 1);
      outcomes.add(isWhole ? newest : newest - 1);
    }
    assertEquals(2, outcomes.size(), "-Dzap.seed=" + seed);
  }

  /** It may come from a process that died before it had flushed it. */
  @Test
  void theUberblockAStoreIsOpenedWithIsFlushedBeforeAnythingIsWritten() {
    HookedDevice device = new HookedDevice(newStore());
    AtomicInteger flushes = new AtomicInteger();
    device.beforeFlush(flushes::incrementAndGet);
    ObjectSet.open(device, TestObjects.options()).close();
    assertEquals(1, flushes.get());
  }

  private static void assertOpensWhole(BlockDevice device, long group) {
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      assertEquals(group, objects.syncedGroup());
      TestObjects.assertClean(objects);
    }
  }

  @Test
  void theUberblockBeforeCountsWhenTheNewestIsDamaged() {
    byte[] content = contentOf(newStore());
    long newest;
    try (ObjectSet objects = ObjectSet.open(deviceOf(content), TestObjects.options())) {
      newest = objects.syncedGroup();
    }
    damageUberblock(content, newest);
    try (ObjectSet objects = ObjectSet.open(deviceOf(content), TestObjects.options())) {
      assertEquals(newest - 1, objects.syncedGroup());
      TestObjects.assertClean(objects);
      try (DataObject object = objects.open(1)) {
        TestObjects.assertFilled(object, 0, 1000);
      }
    }
  }

  @Test
  void theUberblockBeforeIsWholeAlsoWhenTheFileHasShrunk() {
    MemoryDevice device = newStore();
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options());
        DataObject object = objects.open(1)) {
      try (Transaction tx = objects.begin(0)) {
        for (int block = 0; block < 1000; block++) {
          TestObjects.fill(object, block, 1000 + block, tx);
        }
      }
      objects.sync();
      try (Transaction tx = objects.beginFreeing(0)) {
        object.freeRange(BLOCKS, 1000, tx);
      }
      objects.sync();
      for (long before = -1; before < objects.syncedGroup(); ) {
        before = objects.syncedGroup();
        assertBeforeIsWhole(device, before);
        objects.sync();
      }
    }
    assertTrue(device.sizeBytes() < 2 << 20, () -> "size: " + device.sizeBytes());
  }

  private static void assertBeforeIsWhole(MemoryDevice device, long newest) {
    byte[] content = contentOf(device);
    damageUberblock(content, newest);
    try (ObjectSet objects = ObjectSet.open(deviceOf(content), TestObjects.options())) {
      assertEquals(newest - 1, objects.syncedGroup());
      TestObjects.assertClean(objects);
    }
  }

  /**
   * What lies high is moved down when little is left; damage there is for its readers to be told.
   */
  @Test
  void damageAtTheEndOfTheFileDoesNotStopTheStore() {
    MemoryDevice device = newStore();
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options());
        DataObject object = objects.open(1)) {
      for (int part = 0; part < 2; part++) {
        try (Transaction tx = objects.begin(0)) {
          for (int block = part * 2000; block < 2000 + part * 70; block++) {
            TestObjects.fill(object, block, 1000 + block, tx);
          }
        }
        objects.sync();
      }
      byte[] before = contentOf(device);
      try (Transaction tx = objects.beginFreeing(1 << 20)) {
        object.freeRange(0, 2000, tx);
      }
      objects.awaitSynced(objects.openGroup());
      List<Stored> high = new ArrayList<>(blocksOf(deviceOf(contentOf(device))));
      high.removeIf(stored -> stored.offset() < before.length / 2);
      Set<String> kinds = new HashSet<>();
      for (Stored stored : high) {
        if (stored.objectId() != 0 && kinds.add("level " + stored.level())) {
          byte[] bad = contentOf(device);
          bad[(int) stored.offset()] ^= 1;
          assertTidies(deviceOf(bad), stored);
        }
      }
      assertTrue(high.stream().anyMatch(stored -> stored.level() > 0), high::toString);
    }
  }

  private static void assertTidies(BlockDevice device, Stored damaged) {
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      try (Transaction tx = objects.begin(BLOCK_BYTES)) {
        objects.create(ObjectType.MAP, BLOCK_BYTES, tx).close();
      }
      objects.sync();
      objects.sync();
      assertDoesNotThrow(() -> objects.sync(), damaged::toString);
    }
  }

  /** The search for a free number passes over a damaged block of dnodes. */
  @Test
  void damagedDnodesDoNotStopNewObjects() {
    MemoryDevice device = newStore();
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      try (Transaction tx = objects.begin(100 * BLOCK_BYTES)) {
        for (int i = 0; i < 100; i++) {
          objects.create(ObjectType.MAP, BLOCK_BYTES, tx).close();
        }
      }
      objects.sync();
    }
    byte[] bad = contentOf(device);
    for (Stored stored : blocksOf(deviceOf(contentOf(device)))) {
      if (stored.objectId() == 0 && stored.level() == 0 && stored.index() == 0) {
        bad[(int) stored.offset()] ^= 1;
      }
    }
    try (ObjectSet objects = ObjectSet.open(deviceOf(bad), TestObjects.options())) {
      assertThrows(CorruptException.class, () -> objects.open(1));
      long objectId;
      try (Transaction tx = objects.begin(BLOCK_BYTES);
          DataObject object = objects.create(ObjectType.MAP, BLOCK_BYTES, tx)) {
        objectId = object.objectId();
      }
      objects.sync();
      objects.open(objectId).close();
    }
  }

  @Test
  void withoutAnyUberblockTheStoreIsCorrupt() {
    byte[] content = contentOf(newStore());
    Arrays.fill(content, 8192, 128 << 10, (byte) 0);
    assertThrows(
        CorruptException.class, () -> ObjectSet.open(deviceOf(content), TestObjects.options()));
  }

  @Test
  void aDamagedBitmapIsFound() {
    byte[] content = contentOf(newStore());
    byte[] bad = content.clone();
    for (int slot = 0; slot < 2; slot++) {
      bad[(128 << 10) + slot * 16384 + 5000] ^= 1;
    }
    try (AutoCloseable silent = TestObjects.silence();
        ObjectSet objects = ObjectSet.open(deviceOf(bad), TestObjects.options())) {
      assertTrue(silent != null);
      CheckReport report = objects.check(CheckProgress.NONE);
      assertFalse(report.isClean());
      assertTrue(report.problems().get(0).text().contains("bitmap"));
      readAll(objects);
    } catch (Exception e) {
      assertTrue(e instanceof CorruptException, e::toString);
    }
  }

  @Test
  void aNewerFormatIsRefused() {
    byte[] content = contentOf(newStore());
    MemoryDevice device = deviceOf(content);
    try (BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build();
        IoMemory memory = cache.allocateIo(4096)) {
      LabelEditor.setVersion(device, memory.address(), 99);
      FormatTooNewException version =
          assertThrows(
              FormatTooNewException.class, () -> ObjectSet.open(device, TestObjects.options()));
      assertTrue(version.getMessage().contains("99"), version.getMessage());
    }
  }
}
