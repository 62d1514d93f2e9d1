// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.pool.Compression;
import org.zapkv.pool.Transaction;

/** Compressed blocks are read whichever way they were written, and take less space. */
final class CompressionTest {
  private static final int LEAF_BYTES = 16 << 10;

  private static ObjectSetOptions options(Compression compression) {
    return TestObjects.options().withCacheBytes(4 << 20).withCompression(compression);
  }

  /** A block that LZ4 makes a little shorter than a fraction of its size. */
  private static void fill(Buffer buffer, long content, int fraction) {
    TestObjects.fill(buffer, content);
    int from = buffer.sizeBytes() / fraction;
    NativeMemory.fill(buffer.address() + from, buffer.sizeBytes() - from, (byte) content);
  }

  private static void write(ObjectSet objects, long objectId, int count, int fraction) {
    try (DataObject object = objects.open(objectId)) {
      for (int block = 0; block < count; block++) {
        try (Transaction tx = objects.begin(object.blockSizeBytes())) {
          Buffer buffer = object.hold(block, "test");
          try {
            object.dirty(buffer, tx);
            fill(buffer, objectId * 10_000 + block, fraction);
          } finally {
            buffer.release("test");
          }
        }
      }
    }
  }

  private static void check(ObjectSet objects, long objectId, int count, int fraction) {
    try (DataObject object = objects.open(objectId);
        DataObject other = newObject(objects, object.blockSizeBytes())) {
      for (int block = 0; block < count; block++) {
        try (Transaction tx = objects.begin(0)) {
          Buffer expected = other.hold(0, "test");
          Buffer found = object.hold(block, "test");
          try {
            other.dirty(expected, tx);
            fill(expected, objectId * 10_000 + block, fraction);
            for (int at = 0; at < found.sizeBytes(); at += Long.BYTES) {
              assertEquals(
                  NativeMemory.getLong(expected.address() + at),
                  NativeMemory.getLong(found.address() + at));
            }
          } finally {
            found.release("test");
            expected.release("test");
          }
        }
      }
    }
  }

  private static DataObject newObject(ObjectSet objects, int blockBytes) {
    try (Transaction tx = objects.begin(blockBytes)) {
      return objects.create(ObjectType.MAP, blockBytes, tx);
    }
  }

  /** More than the cache holds: many are written early, others by the syncing thread. */
  @Test
  void whatCanBeCompressedTakesLessSpace() {
    MemoryDevice device = new MemoryDevice();
    try (ObjectSet objects = ObjectSet.create(device, options(Compression.LZ4))) {
      newObject(objects, LEAF_BYTES).close();
      write(objects, 1, 400, 4);
      objects.sync();
      long allocated = objects.statistics().allocatedBytes();
      assertTrue(allocated < 400 * (LEAF_BYTES / 4 + 2048), () -> "allocated: " + allocated);
      TestObjects.assertClean(objects);
      check(objects, 1, 400, 4);
    }
    try (ObjectSet objects = ObjectSet.open(device, options(Compression.NONE))) {
      check(objects, 1, 400, 4);
      TestObjects.assertClean(objects);
    }
  }

  @Test
  void whatCannotBeCompressedIsStoredAsItIs() {
    MemoryDevice device = new MemoryDevice();
    try (ObjectSet objects = ObjectSet.create(device, options(Compression.LZ4))) {
      newObject(objects, LEAF_BYTES).close();
      write(objects, 1, 50, 1);
      objects.sync();
      long[] bytes = new long[1];
      objects.forEachObject((id, type, birth, count, allocated) -> bytes[0] += allocated);
      assertTrue(bytes[0] >= 50 * (LEAF_BYTES + 512), () -> "allocated: " + bytes[0]);
      check(objects, 1, 50, 1);
      TestObjects.assertClean(objects);
    }
  }

  @Test
  void theOptionMayChangeFromOneOpeningToTheNext() {
    MemoryDevice device = new MemoryDevice();
    ObjectSet.create(device, options(Compression.NONE)).close();
    for (int round = 1; round <= 4; round++) {
      Compression compression = round % 2 == 0 ? Compression.LZ4 : Compression.NONE;
      try (ObjectSet objects = ObjectSet.open(device, options(compression))) {
        long objectId;
        try (DataObject object = newObject(objects, 4096)) {
          objectId = object.objectId();
        }
        write(objects, objectId, 100, 3);
        objects.sync();
        // Those that the last round wrote, in the way of this one.
        if (round > 1) {
          check(objects, 1, 100, 3);
          write(objects, 1, 50, 3);
        }
        objects.sync();
        check(objects, 1, 100, 3);
        TestObjects.assertClean(objects);
      }
    }
  }

  /** Runs of large values are read at once, and each is decompressed where it belongs. */
  @Test
  void neighboursAreReadAtOnce() {
    MemoryDevice device = new MemoryDevice();
    byte[] bytes = new byte[8192];
    try (ObjectSet objects = ObjectSet.create(device, options(Compression.LZ4))) {
      try (Transaction tx = objects.begin(1 << 20);
          DataObject object = objects.create(ObjectType.VALUE, bytes.length, tx)) {
        for (int block = 0; block < 64; block++) {
          Arrays.fill(bytes, (byte) block);
          object.writeDirect(block, bytes, 0, bytes.length, tx);
        }
      }
    }
    try (ObjectSet objects = ObjectSet.open(device, options(Compression.LZ4));
        DataObject object = objects.open(1)) {
      long[] blocks = new long[64];
      for (int block = 0; block < 64; block++) {
        blocks[block] = block;
      }
      object.prefetch(blocks);
      for (int block = 0; block < 64; block++) {
        Buffer buffer = object.hold(block, "test");
        assertEquals(block, NativeMemory.getByte(buffer.address() + 17));
        assertEquals(block, NativeMemory.getByte(buffer.address() + bytes.length - 1));
        buffer.release("test");
      }
    }
  }
}
