// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.ZapException;
import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.BlockTrailer;
import org.zapkv.pool.Transaction;

/** Every data block says at its end what it is, whichever way it was written. */
final class BlockTrailerTest {
  private static final int UNIT_BYTES = 512;

  /** Pointers by where the trailer of their block should be. */
  private static final class Pointers implements StoreWalker.Visitor {
    final Map<Long, BlockPointer> expected = new HashMap<>();
    final Map<Long, Long> objects = new HashMap<>();
    int without;

    @Override
    public boolean object(long objectId, Dnode dnode) {
      return true;
    }

    @Override
    public boolean pointer(long objectId, BlockPointer pointer, int level, long index) {
      assertFalse(pointer.hasTrailer() && (objectId == 0 || level > 0));
      if (pointer.hasTrailer()) {
        int stored = pointer.physicalBytes() + BlockTrailer.SIZE_BYTES + UNIT_BYTES - 1;
        long end = pointer.offsetBytes() + (stored & -UNIT_BYTES);
        expected.put(end - BlockTrailer.SIZE_BYTES, pointer);
        objects.put(end - BlockTrailer.SIZE_BYTES, objectId);
      } else {
        without++;
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
  void everyWayOfWritingEndsABlockWithItsTrailer() {
    MemoryDevice device = new MemoryDevice();
    try (ObjectSet objects =
        ObjectSet.create(device, TestObjects.options().withCacheBytes(4 << 20))) {
      write(objects, ObjectType.DIRECTORY, 512, 1);
      // More than the cache holds: most are written early.
      write(objects, ObjectType.MAP, 16 << 10, 400);
      writeDirect(objects, 4096);
      // With its trailer larger than what single blocks are written from.
      writeDirect(objects, 128 << 10);
      objects.sync();
      TestObjects.assertClean(objects);
    }
    assertTrailers(device, 1 + 400 + 1 + 1);
  }

  @Test
  void theLargestBlockHasNone() {
    MemoryDevice device = new MemoryDevice();
    try (ObjectSet objects = ObjectSet.create(device, TestObjects.options())) {
      writeDirect(objects, 1 << 20);
      objects.sync();
      TestObjects.assertClean(objects);
    }
    assertTrailers(device, 0);
  }

  /** What lies high is moved down when the rest has gone. */
  @Test
  void aMovedBlockSaysWhenItWasMoved() {
    MemoryDevice device = new MemoryDevice();
    try (ObjectSet objects = ObjectSet.create(device, TestObjects.options())) {
      write(objects, ObjectType.MAP, 4096, 2000);
      objects.sync();
      try (Transaction tx = objects.beginFreeing(1 << 20);
          DataObject object = objects.open(1)) {
        object.freeRange(0, 1990, tx);
      }
      for (int group = 0; group < 4; group++) {
        objects.sync();
      }
      assertTrue(device.sizeBytes() < 2 << 20, () -> "size: " + device.sizeBytes());
      TestObjects.assertClean(objects);
    }
    assertTrailers(device, 10);
  }

  @Test
  void aDamagedTrailerIsNone() {
    try (BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build();
        IoMemory memory = cache.allocateIo(4096)) {
      MemoryDevice device = new MemoryDevice();
      try (ObjectSet objects = ObjectSet.create(device, TestObjects.options())) {
        write(objects, ObjectType.MAP, 512, 1);
        objects.sync();
      }
      long at = pointersOf(device).expected.keySet().iterator().next();
      device.read(at, memory.address(), BlockTrailer.SIZE_BYTES);
      assertNotNull(BlockTrailer.decode(memory.address()));
      for (int bit = 0; bit < BlockTrailer.SIZE_BYTES * Byte.SIZE; bit++) {
        long address = memory.address() + bit / Byte.SIZE;
        byte good = NativeMemory.getByte(address);
        NativeMemory.putByte(address, good ^ 1 << (bit % Byte.SIZE));
        assertNull(BlockTrailer.decode(memory.address()), "bit " + bit);
        NativeMemory.putByte(address, good);
      }
    }
  }

  private static void write(ObjectSet objects, ObjectType type, int blockBytes, int count) {
    try (Transaction tx = objects.begin(1 << 20);
        DataObject object = objects.create(type, blockBytes, tx)) {
      for (int block = 0; block < count; block++) {
        TestObjects.fill(object, block, block + 1, tx);
      }
    }
  }

  private static void writeDirect(ObjectSet objects, int blockBytes) {
    try (Transaction tx = objects.begin(1 << 20);
        DataObject object = objects.create(ObjectType.VALUE, blockBytes, tx)) {
      object.writeDirect(0, TestObjects.contentOf(7, blockBytes), 0, blockBytes, tx);
    }
  }

  private static Pointers pointersOf(BlockDevice device) {
    Pointers pointers = new Pointers();
    try (ObjectSet objects = ObjectSet.open(device, TestObjects.options())) {
      objects.walk(pointers);
    }
    return pointers;
  }

  private static void assertTrailers(BlockDevice device, int count) {
    Pointers pointers = pointersOf(device);
    assertEquals(count, pointers.expected.size());
    assertTrue(pointers.without > 0);
    try (BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build();
        IoMemory memory = cache.allocateIo(1 << 20)) {
      pointers.expected.forEach(
          (at, pointer) -> {
            device.read(at, memory.address(), BlockTrailer.SIZE_BYTES);
            BlockTrailer trailer =
                Objects.requireNonNull(BlockTrailer.decode(memory.address()), "no trailer");
            assertEquals(pointers.objects.get(at), trailer.objectId());
            assertEquals(pointer.birthGroup(), trailer.birthGroup());
            assertEquals(pointer.checksum(), trailer.checksum());
            assertEquals(pointer.logicalBytes(), trailer.logicalBytes());
            long start = at + BlockTrailer.SIZE_BYTES - trailer.spaceBytes(UNIT_BYTES);
            assertEquals(pointer.offsetBytes(), start);
            device.read(start, memory.address(), trailer.physicalBytes());
            assertTrue(trailer.matches(memory.address()));
          });
    }
  }
}
