// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.ZapException;
import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.Transaction;

/** What much depends on is stored twice, and a bad copy is written again from the good one. */
final class SecondCopyTest {
  private static final int MAP_BLOCKS = 70;
  private static final int BLOCK_BYTES = 4096;
  private static final int AWAY_BYTES = 64 << 10;

  private AutoCloseable quiet = () -> {};
  private MemoryDevice device = new MemoryDevice();

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
    device = new MemoryDevice();
    try (ObjectSet objects = ObjectSet.create(device, TestObjects.options())) {
      try (Transaction tx = objects.begin(1 << 20);
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

  private List<Stored> blocks() {
    Lister lister = new Lister();
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      objects.walk(lister);
    }
    return lister.blocks;
  }

  private Stored blockOf(long objectId, int level) {
    return blocks().stream()
        .filter(stored -> stored.objectId() == objectId && stored.level() == level)
        .findFirst()
        .orElseThrow();
  }

  private static void readAll(ObjectSet objects) {
    try (DataObject directory = objects.open(1);
        DataObject map = objects.open(2)) {
      TestObjects.assertFilled(directory, 0, 5);
      for (int block = 0; block < MAP_BLOCKS; block++) {
        TestObjects.assertFilled(map, block, 1000 + block);
      }
    }
  }

  private void flip(long offset) {
    try (BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build();
        IoMemory memory = cache.allocateIo(512)) {
      device.read(offset, memory.address(), 1);
      NativeMemory.putByte(memory.address(), NativeMemory.getByte(memory.address()) ^ 4);
      device.write(offset, memory.address(), 1);
    }
  }

  @Test
  void whatLiesAboveTheMapsIsThereTwiceAndApart() {
    for (Stored stored : blocks()) {
      boolean isAbove = stored.objectId() <= 1 || stored.level() > 0;
      assertEquals(isAbove ? 2 : 1, stored.pointer().copyCount(), stored::toString);
      long distance = stored.pointer().secondOffsetBytes() - stored.pointer().offsetBytes();
      assertTrue(!isAbove || Math.abs(distance) >= AWAY_BYTES, stored::toString);
    }
  }

  @Test
  void eitherCopyIsEnoughAndTheFirstIsMendedByReading() {
    for (Stored stored : blocks()) {
      if (stored.pointer().copyCount() == 2) {
        for (int copy = 0; copy < 2; copy++) {
          makeStore();
          Stored fresh = blockOf(stored.objectId(), stored.level());
          flip(copy == 0 ? fresh.pointer().offsetBytes() : fresh.pointer().secondOffsetBytes());
          try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
            assertEquals(1, objects.check(CheckProgress.NONE).problemCount());
            readAll(objects);
            assertEquals(1 - copy, objects.statistics().mendedCopies(), fresh::toString);
            assertEquals(copy == 0, objects.check(CheckProgress.NONE).isClean(), fresh::toString);
          }
        }
      }
    }
  }

  @Test
  void bothBadIsAnErrorThatNamesBothPlaces() {
    BlockPointer pointer = blockOf(1, 0).pointer();
    flip(pointer.offsetBytes());
    flip(pointer.secondOffsetBytes() + 9);
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      CorruptException thrown = assertThrows(CorruptException.class, () -> readAll(objects));
      assertEquals(1, thrown.objectId());
      assertEquals(0, thrown.blockId());
      String text = Objects.requireNonNull(thrown.getMessage());
      assertTrue(text.contains("at byte " + pointer.offsetBytes()), text);
      assertTrue(text.contains("at byte " + pointer.secondOffsetBytes()), text);
      assertEquals(0, objects.statistics().mendedCopies());
      assertEquals(2, objects.check(CheckProgress.NONE).problemCount());
    }
  }

  @Test
  void aCopyThatCannotBeReadIsMendedToo() {
    BlockPointer pointer = blockOf(2, 1).pointer();
    HookedDevice hooked = new HookedDevice(device);
    hooked.unreadable(pointer.offsetBytes(), pointer.offsetBytes() + 512);
    try (ObjectSet objects = ObjectSet.open(hooked, TestObjects.options())) {
      readAll(objects);
      assertEquals(1, objects.statistics().mendedCopies());
      CheckReport report = objects.check(CheckProgress.NONE);
      assertEquals(1, report.problemCount());
      assertTrue(report.problems().get(0).text().contains("cannot be read"), report::toString);
    }
  }

  @Test
  void aDataBlockHasOneCopyAndItsDeviceErrorIsTold() {
    BlockPointer pointer = blockOf(2, 0).pointer();
    HookedDevice hooked = new HookedDevice(device);
    hooked.unreadable(pointer.offsetBytes(), pointer.offsetBytes() + 512);
    try (ObjectSet objects = ObjectSet.open(hooked, TestObjects.options())) {
      assertThrows(DeviceException.class, () -> readAll(objects));
    }
  }

  @Test
  void aMendedCopyIsWholeAfterReopening() {
    BlockPointer pointer = blockOf(0, 0).pointer();
    flip(pointer.offsetBytes());
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      readAll(objects);
    }
    flip(pointer.secondOffsetBytes());
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      readAll(objects);
      assertFalse(objects.check(CheckProgress.NONE).isClean());
    }
  }
}
