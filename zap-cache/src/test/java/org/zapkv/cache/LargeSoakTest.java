// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.StampedLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.cache.testing.Threads;

/**
 * A budget of 16 MiB over gigabytes of blocks, which are held, changed, written out early, freed,
 * and read without a hold, with users that take memory too: 4 GiB, or what {@code -Dzap.soak.bytes}
 * says.
 */
@Tag("once") // It is long, and runs on dirty memory.
final class LargeSoakTest {
  private static final long BUDGET_BYTES = 16L << 20;
  private static final int SIZE_BYTES = 16 << 10;
  private static final int BLOCKS = (int) (Long.getLong("zap.soak.bytes", 4L << 30) / SIZE_BYTES);
  private static final int WORKERS = 4;
  private static final int MAX_HELD = 16;
  private static final int VERSION_BITS = 24;
  private static final long GROUP = 1;

  /** The version of a block that is a hole: all its bytes are zeros. */
  private static final int HOLE = -1;

  /** The disk: which version of a block it has. */
  private final AtomicIntegerArray disk = new AtomicIntegerArray(BLOCKS);

  /** The newest version of a block; guarded by the block's lock. */
  private final int[] newest = new int[BLOCKS];

  private final StampedLock[] locks = new StampedLock[1024];

  private final LongAdder attached = new LongAdder();
  private final LongAdder evicted = new LongAdder();
  private final LongAdder evictedTwice = new LongAdder();
  private final LongAdder unheldReads = new LongAdder();
  private final LongAdder samples = new LongAdder();

  private final BufferCache cache =
      BufferCache.builder().budgetBytes(BUDGET_BYTES).dirtyWriter(this::writeOut).build();

  /** Counts its evictions. */
  private final class User implements BufferUser {
    private final AtomicInteger evictions = new AtomicInteger();

    @Override
    public void evictSync() {
      (evictions.incrementAndGet() == 1 ? evicted : evictedTwice).increment();
    }
  }

  @Test
  void aSmallBudgetOverManyBlocks() throws Exception {
    for (int i = 0; i < locks.length; i++) {
      locks[i] = new StampedLock();
    }
    Seeds.run(
        seed -> {
          Threads.run(WORKERS, index -> work(index, new Random(seed + index)));
          Threads.run(WORKERS, this::verify);
        });
    cache.awaitUserEvictions();
    assertEquals(0, cache.stats().outstandingHolds(), () -> cache.outstandingHolds().toString());
    for (int block = 0; block < BLOCKS; block++) {
      disk.set(block, HOLE);
    }
    cache.freeRange(1, 0, BLOCKS, GROUP);
    CacheStats stats = cache.stats();
    System.out.println(
        "LargeSoakTest: bytes="
            + (long) BLOCKS * SIZE_BYTES
            + " budget="
            + stats.budgetBytes()
            + " peak="
            + stats.peakUsedBytes()
            + " samples="
            + samples
            + " misses="
            + stats.misses()
            + " evictions="
            + stats.evictions()
            + " writtenOut="
            + stats.writeOuts()
            + " users="
            + attached
            + " unheldReads="
            + unheldReads);
    assertTrue(stats.peakUsedBytes() <= BUDGET_BYTES, stats::toString);
    assertEquals(0, stats.usedBytes(), stats::toString);
    assertEquals(0, stats.cachedBytes(), stats::toString);
    assertEquals(0, stats.dirtyBytes(), stats::toString);
    assertEquals(0, stats.userBytes(), stats::toString);
    assertEquals(0, stats.ioBytes(), stats::toString);
    assertEquals(0, stats.userFailures(), stats::toString);
    assertTrue(stats.misses() >= 2L * BLOCKS - BUDGET_BYTES / SIZE_BYTES, stats::toString);
    assertTrue(stats.writeOuts() > 0 && unheldReads.sum() > 0, stats::toString);
    assertEquals(attached.sum(), evicted.sum());
    assertEquals(0, evictedTwice.sum());
    cache.close();
  }

  /** Goes once over a part of all blocks, and again and again to some that were there before. */
  private void work(int index, Random random) {
    int part = BLOCKS / WORKERS;
    Deque<Buffer> held = new ArrayDeque<>();
    try {
      for (int i = 0; i < part; i++) {
        use(index * part + i, random, held);
        use(index * part + Math.max(0, i - random.nextInt(400)), random, held);
        readUnheld(index * part + Math.max(0, i - random.nextInt(400)));
        if (i % 64 == 0) {
          sample();
        }
      }
    } finally {
      held.forEach(buffer -> buffer.release(this));
    }
  }

  private void use(int block, Random random, Deque<Buffer> held) {
    int what = random.nextInt(100);
    if (what < 55) {
      check(block, random, held);
    } else if (what < 90) {
      change(block);
    } else {
      free(block);
    }
  }

  private void check(int block, Random random, Deque<Buffer> held) {
    StampedLock lock = lockOf(block);
    long stamp = lock.readLock();
    Buffer buffer;
    try {
      buffer = hold(block);
      assertEquals(contentOf(block, newest[block]), wholeContent(buffer.address()));
    } finally {
      lock.unlockRead(stamp);
    }
    if (buffer.user() == null && buffer.setUser(new User()) == null) {
      attached.increment();
      buffer.userSizeBytes(64 + random.nextInt(2000));
    }
    held.add(buffer);
    if (held.size() > MAX_HELD) {
      held.remove().release(this);
    }
  }

  private void change(int block) {
    StampedLock lock = lockOf(block);
    long stamp = lock.writeLock();
    try {
      Buffer buffer = hold(block);
      buffer.dirty(GROUP);
      int version = Math.max(newest[block], 0) + 1;
      buffer.beginChange();
      write(buffer.address(), contentOf(block, version));
      buffer.endChange();
      newest[block] = version;
      buffer.release(this);
    } finally {
      lock.unlockWrite(stamp);
    }
  }

  private void free(int block) {
    StampedLock lock = lockOf(block);
    long stamp = lock.writeLock();
    try {
      disk.set(block, HOLE);
      newest[block] = HOLE;
      cache.freeRange(1, block, 1, GROUP);
      // It may have waited for the block to be written out.
      disk.set(block, HOLE);
    } finally {
      lock.unlockWrite(stamp);
    }
  }

  /** Under no lock: whatever is valid is one version of this very block. */
  private void readUnheld(int block) {
    Buffer buffer = cache.find(1, block);
    if (buffer == null) {
      return;
    }
    long stamp = buffer.readStamp();
    if (stamp == 0) {
      return;
    }
    long first = NativeMemory.getLong(buffer.unheldAddress());
    boolean whole = isAll(buffer.unheldAddress(), first);
    if (buffer.isValid(stamp)) {
      assertTrue(whole, () -> "half changed: " + buffer);
      assertTrue(first == 0 || first >>> VERSION_BITS == block + 1, () -> "another: " + buffer);
      unheldReads.increment();
    }
  }

  private void sample() {
    CacheStats stats = cache.stats();
    assertTrue(stats.usedBytes() <= BUDGET_BYTES, stats::toString);
    assertTrue(cache.memory().mappedBytes() <= BUDGET_BYTES, "mapped above the budget");
    samples.increment();
  }

  /** All blocks, as they are in the end. */
  private void verify(int index) {
    for (int block = index; block < BLOCKS; block += WORKERS) {
      Buffer buffer = hold(block);
      assertEquals(contentOf(block, newest[block]), wholeContent(buffer.address()));
      buffer.release(this);
    }
  }

  private Buffer hold(int block) {
    return cache.hold(this::read, 1, block, SIZE_BYTES, this);
  }

  private void read(long objectId, long blockId, long address, int sizeBytes) {
    int block = (int) blockId;
    write(address, contentOf(block, disk.get(block)));
  }

  private boolean writeOut(Buffer buffer, long group) {
    try (IoMemory io = cache.allocateIo(SIZE_BYTES)) {
      buffer.copyOut(group, io.address());
      long content = wholeContent(io.address());
      assertEquals(buffer.blockId() + 1, content >>> VERSION_BITS);
      disk.set((int) buffer.blockId(), (int) (content & ((1 << VERSION_BITS) - 1)));
    }
    return true;
  }

  /** What each eight bytes of a version of a block are. */
  private static long contentOf(int block, int version) {
    return version == HOLE ? 0 : (block + 1L) << VERSION_BITS | version;
  }

  private static void write(long address, long content) {
    for (int i = 0; i < SIZE_BYTES; i += Long.BYTES) {
      NativeMemory.putLong(address + i, content);
    }
  }

  private static long wholeContent(long address) {
    long first = NativeMemory.getLong(address);
    assertTrue(isAll(address, first), "half of one, half of another");
    return first;
  }

  private static boolean isAll(long address, long content) {
    for (int i = 0; i < SIZE_BYTES; i += Long.BYTES) {
      if (NativeMemory.getLong(address + i) != content) {
        return false;
      }
    }
    return true;
  }

  private StampedLock lockOf(int block) {
    return locks[block & (locks.length - 1)];
  }
}
