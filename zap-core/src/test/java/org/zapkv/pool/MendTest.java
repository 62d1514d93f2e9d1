// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.log.LogPosition;

/** What a pool makes of blocks that are not what was written, and when it writes a copy again. */
final class MendTest {
  private static final int SIZE = 4096;
  private static final BlockForm ONE = new BlockForm(3, true, 1);
  private static final BlockForm TWO = new BlockForm(2, true, 2);

  private final Logger logger = Logger.getLogger("org.zapkv");
  private final MemoryDevice device = new MemoryDevice();
  private final BufferCache cache = BufferCache.builder().budgetBytes(8 << 20).build();
  private final IoMemory memory = cache.allocateIo(Pool.MAX_BLOCK_BYTES);
  private Pool pool;

  @BeforeEach
  void makePool() {
    logger.setLevel(Level.OFF);
    UUID storeId = new UUID(1, 2);
    byte[] root = new byte[Pool.ROOT_BYTES];
    pool = Pool.create(device, cache, Clock.systemUTC(), storeId, 22, false, root);
  }

  @AfterEach
  void close() {
    logger.setLevel(null);
    memory.close();
    pool.close();
    cache.close();
  }

  private BlockPointer write(long objectId, long group, int fill, BlockForm form) {
    NativeMemory.fill(memory.address(), SIZE, (byte) fill);
    return pool.writeNow(memory.address(), SIZE, new NewBlock(objectId, 0, 0, group, form));
  }

  private void commit(long group) {
    pool.beginSync(group);
    pool.commit(group, new byte[Pool.ROOT_BYTES], LogPosition.NONE);
  }

  private byte[] bytesAt(long offset) {
    byte[] bytes = new byte[SIZE + 512];
    device.read(offset, memory.address(), bytes.length);
    NativeMemory.copyToArray(memory.address(), bytes, 0, bytes.length);
    return bytes;
  }

  private void put(byte[] bytes, long offset) {
    NativeMemory.copyFromArray(bytes, 0, memory.address(), bytes.length);
    device.write(offset, memory.address(), bytes.length);
  }

  private long mended() {
    return pool.statistics(1, 0).mendedCopies();
  }

  private void assertRefused(BlockPointer pointer, long objectId) {
    assertThrows(
        CorruptException.class, () -> pool.read(pointer, memory.address(), objectId, 0, 0));
  }

  @Test
  void aWriteToTheWrongPlaceIsNoticedInBothBlocks() {
    BlockPointer one = write(1, 2, 7, ONE);
    BlockPointer other = write(2, 2, 8, ONE);
    byte[] bytes = bytesAt(one.offsetBytes());
    put(bytesAt(other.offsetBytes()), one.offsetBytes());
    put(bytes, other.offsetBytes());
    assertRefused(one, 1);
    assertRefused(other, 2);
  }

  @Test
  void aWriteThatWasLostIsNoticed() {
    BlockPointer old = write(1, 2, 7, ONE);
    byte[] bytes = bytesAt(old.offsetBytes());
    commit(2);
    pool.beginSync(3);
    pool.free(old, 3);
    commit(3);
    pool.beginSync(4);
    BlockPointer next = write(1, 4, 7, ONE);
    assertEquals(old.offsetBytes(), next.offsetBytes());
    // The very same bytes, but of the version that an older group wrote at this place.
    put(bytes, next.offsetBytes());
    assertEquals(1, pool.verify(next, memory.address(), 1, 0, 0).size());
    // And a pointer that says that the older version is the newer one.
    BlockPointer stale =
        new BlockPointer(next.offsetBytes(), 0, SIZE, SIZE, 4, old.checksum(), 0, 1, 0, true);
    assertRefused(stale, 1);
  }

  @Test
  void aCopyIsMendedOnlyWhileItsPlaceCannotBeAnothers() {
    BlockPointer pointer = write(1, 2, 7, TWO);
    byte[] good = bytesAt(pointer.offsetBytes());
    put(new byte[SIZE], pointer.offsetBytes());
    // Not durable yet: the group it belongs to may give it back at once.
    pool.readAndMend(pointer, memory.address(), 1, 0, 0, pool.committedGroup());
    assertEquals(0, mended());
    long seen = pool.committedGroup();
    commit(2);
    pool.readAndMend(pointer, memory.address(), 1, 0, 0, seen);
    assertEquals(0, mended());
    pool.read(pointer, memory.address(), 1, 0, 0);
    assertEquals(0, mended());
    pool.readAndMend(pointer, memory.address(), 1, 0, 0, pool.committedGroup());
    assertEquals(1, mended());
    assertEquals(List.of(), pool.verify(pointer, memory.address(), 1, 0, 0));
    assertArrayEquals(good, bytesAt(pointer.offsetBytes()));
  }

  @Test
  void aDamagedTrailerIsFoundAndTheBlockIsStillRead() {
    BlockPointer pointer = write(1, 2, 7, ONE);
    put(new byte[64], pointer.offsetBytes() + SIZE + 512 - 64);
    pool.read(pointer, memory.address(), 1, 0, 0);
    List<String> problems = pool.verify(pointer, memory.address(), 1, 0, 0);
    assertEquals(1, problems.size());
    assertTrue(problems.get(0).contains("trailer"));
  }

  /** A checksum says that the bytes are those that were written; not that they make sense. */
  @Test
  void whatDoesNotDecompressIsCorruptAndNothingElse() {
    SplittableRandom random = new SplittableRandom(Long.getLong("zap.seed", 11));
    byte[] bytes = new byte[SIZE];
    for (int round = 0; round < 300; round++) {
      random.nextBytes(bytes);
      NativeMemory.copyFromArray(bytes, 0, memory.address(), SIZE);
      NativeMemory.fill(memory.address() + SIZE, 4 * SIZE, (byte) 0x5A);
      NewBlock block = new NewBlock(1, round, 0, 2, ONE);
      BlockPointer plain = pool.writeNow(memory.address(), SIZE, block);
      int logical = SIZE + 512 * (1 + random.nextInt(8));
      BlockPointer lie =
          new BlockPointer(
              plain.offsetBytes(), 0, logical, SIZE, 2, plain.checksum(), 1, 1, 0, true);
      int index = round;
      assertThrows(CorruptException.class, () -> pool.read(lie, memory.address(), 1, index, 0));
      for (int at = logical; at < 4 * SIZE; at++) {
        assertEquals(0x5A, NativeMemory.getByte(memory.address() + at));
      }
      assertEquals(1, pool.verify(lie, memory.address(), 1, round, 0).size());
    }
  }

  @Test
  void aBlockThatDecompressesToAnotherSizeIsCorrupt() {
    pool.compressWith(Compression.LZ4, null);
    BlockPointer good = write(1, 2, 7, ONE);
    int bytes = good.physicalBytes();
    BlockPointer longer =
        new BlockPointer(
            good.offsetBytes(), 0, SIZE + 512, bytes, 2, good.checksum(), 1, 1, 0, true);
    pool.read(good, memory.address(), 1, 0, 0);
    assertRefused(longer, 1);
  }

  @Test
  void aBlockInAFormThatIsNotKnownIsRefusedByItsNumber() {
    BlockPointer good = write(1, 2, 7, ONE);
    for (int form = 2; form < 256; form++) {
      BlockPointer other =
          new BlockPointer(
              good.offsetBytes(), 0, SIZE + 512, SIZE, 2, good.checksum(), form, 1, 0, true);
      CorruptException e =
          assertThrows(CorruptException.class, () -> pool.read(other, memory.address(), 1, 0, 0));
      String expected = form < 4 ? "knows of none" : "unknown compression " + form;
      assertTrue(e.getMessage().contains(expected), e.getMessage());
    }
  }

  @Test
  void bothCopiesAreFreed() {
    long before = pool.statistics(1, 0).allocatedBytes();
    BlockPointer pointer = write(1, 2, 7, TWO);
    assertEquals(2 * (SIZE + 512), pool.spaceBytes(pointer));
    assertEquals(before + pool.spaceBytes(pointer), pool.statistics(1, 0).allocatedBytes());
    pool.free(pointer, 2);
    assertEquals(before, pool.statistics(1, 0).allocatedBytes());
    assertThrows(CorruptException.class, () -> pool.free(pointer, 2));
  }
}
