// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.log.LogPosition;

/** Blocks that are moved on a device move down or not at all. */
final class BlockStagerTest {
  private static final int SIZE = 4096;

  private final BufferCache cache = BufferCache.builder().budgetBytes(8 << 20).build();
  private final IoMemory memory = cache.allocateIo(SIZE);
  private final Pool pool =
      Pool.create(
          new MemoryDevice(),
          cache,
          Clock.systemUTC(),
          new UUID(1, 2),
          22,
          false,
          new byte[Pool.ROOT_BYTES]);

  @AfterEach
  void close() {
    memory.close();
    pool.close();
    cache.close();
  }

  private static NewBlock block(long objectId, long group, int copies) {
    return new NewBlock(objectId, 0, 0, group, new BlockForm(3, true, copies));
  }

  private BlockPointer write(long objectId, int copies) {
    NativeMemory.fill(memory.address(), SIZE, (byte) objectId);
    return pool.writeNow(memory.address(), SIZE, block(objectId, 2, copies));
  }

  private void commit(long group) {
    pool.beginSync(group);
    pool.commit(group, new byte[Pool.ROOT_BYTES], LogPosition.NONE);
  }

  private static long end(BlockPointer pointer) {
    return Math.max(pointer.offsetBytes(), pointer.secondOffsetBytes());
  }

  private void assertStays(int copies) {
    BlockPointer pointer = write(1, copies);
    commit(2);
    long used = pool.usedBytes();
    assertSame(pointer, pool.stager().copy(pointer, block(1, 3, copies)));
    assertEquals(used, pool.usedBytes());
  }

  @Test
  void aBlockStaysWhereAllBelowIsInUse() {
    assertStays(1);
  }

  @Test
  void soDoesOneWithTwoCopies() {
    assertStays(2);
  }

  @Test
  void aBlockMovesToAGapBelow() {
    BlockPointer gap = write(1, 1);
    BlockPointer high = write(2, 1);
    assertTrue(end(gap) < end(high));
    commit(2);
    pool.beginSync(3);
    pool.free(gap, 3);
    pool.commit(3, new byte[Pool.ROOT_BYTES], LogPosition.NONE);
    commit(4);
    BlockPointer moved = pool.stager().copy(high, block(2, 5, 1));
    pool.stager().flush();
    assertTrue(end(moved) < end(high), moved + " " + high);
    pool.read(moved, memory.address(), 2, 0, 0);
    assertEquals(2, NativeMemory.getByte(memory.address()));
  }
}
