// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.StampedLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.cache.testing.Threads;

/**
 * Many threads on a cache that is far too small: they hold, change, free and resize blocks, while
 * one thread syncs. Every byte of a block says what its last writer wrote; whatever is read, from
 * the cache or back from the "disk", has to agree with that.
 */
@Tag("once")
@Tag("once") // It names the policies itself.
final class CacheSoakTest {
  private static final int BLOCKS = 900;
  private static final int MAX_SIZE_BYTES = 32 << 10;

  /** The disk: what the bytes of a block are, and as of which group; none: a hole, zeros. */
  private final Map<Long, Stored> disk = new ConcurrentHashMap<>();

  /** What the next writer writes, and the size of each block; guarded by the block's lock. */
  private final byte[] content = new byte[BLOCKS];

  private final int[] sizeBytes = new int[BLOCKS];
  private final StampedLock[] locks = new StampedLock[BLOCKS];

  /** Who dirtied what, by group; guarded by itself. */
  private final Map<Long, List<Buffer>> dirtyByGroup = new ConcurrentHashMap<>();

  private final AtomicLong openGroup = new AtomicLong(1);
  private final StampedLock quiesce = new StampedLock();
  private final AtomicLong userEvictions = new AtomicLong();
  private final AtomicLong userAttaches = new AtomicLong();

  @ParameterizedTest
  @EnumSource(
      value = InitPolicy.class,
      names = {"NONE", "POISON"})
  void contentSurvivesAndTheBudgetHolds(InitPolicy policy) throws Exception {
    Seeds.run(seed -> soak(policy, seed));
  }

  private void soak(InitPolicy policy, long seed) throws Exception {
    for (int i = 0; i < BLOCKS; i++) {
      locks[i] = new StampedLock();
      sizeBytes[i] = 512 << (i % 7);
    }
    BufferCache cache =
        BufferCache.builder()
            .budgetBytes(6L << 20)
            .initPolicy(policy)
            .dirtyWriter(this::writeOut)
            .build();
    AtomicBoolean done = new AtomicBoolean();
    int workers = 4;
    AtomicLong running = new AtomicLong(workers);
    Threads.run(
        workers + 1,
        index -> {
          if (index == workers) {
            while (running.get() > 0) {
              sync(cache);
              Thread.onSpinWait();
            }
            sync(cache);
            sync(cache);
            done.set(true);
            return;
          }
          Random random = new Random(seed + index);
          try {
            for (int i = 0; i < 40_000; i++) {
              step(cache, random);
            }
          } finally {
            running.decrementAndGet();
          }
        });
    assertTrue(done.get());
    CacheStats stats = cache.stats();
    assertEquals(0, stats.outstandingHolds(), () -> cache.outstandingHolds().toString());
    assertEquals(0, stats.dirtyBytes());
    assertEquals(0, stats.ioBytes());
    assertTrue(stats.peakUsedBytes() <= stats.budgetBytes(), stats::toString);
    assertTrue(stats.evictions() > 1000, stats::toString);
    for (int block = 0; block < BLOCKS; block++) {
      check(cache, block);
    }
    cache.close();
    cache.awaitUserEvictions();
    assertEquals(userAttaches.get(), userEvictions.get());
    assertEquals(0, cache.stats().usedBytes(), () -> cache.stats().toString());
    assertEquals(0, cache.memory().mappedBytes());
    assertEquals(0, cache.stats().userFailures());
  }

  private void step(BufferCache cache, Random random) {
    int block = random.nextInt(4) == 0 ? random.nextInt(BLOCKS) : random.nextInt(BLOCKS / 8);
    int what = random.nextInt(100);
    if (what < 55) {
      long stamp = locks[block].readLock();
      try {
        check(cache, block);
      } finally {
        locks[block].unlockRead(stamp);
      }
      return;
    }
    // A transaction: the group that it sees stays open until it ends.
    long transaction = quiesce.readLock();
    long stamp = locks[block].writeLock();
    try {
      long group = openGroup.get();
      if (what < 85) {
        write(cache, block, (byte) random.nextInt(), group);
      } else if (what < 95) {
        // As an object layer does it: the source gives zeros first, then the cache is told.
        storeHole(block, group);
        content[block] = 0;
        cache.freeRange(1, block, 1, group);
      } else {
        resize(cache, block, 512 << random.nextInt(7), group);
      }
    } finally {
      locks[block].unlockWrite(stamp);
      quiesce.unlockRead(transaction);
    }
  }

  private void check(BufferCache cache, int block) {
    Buffer buffer = cache.hold(this::read, 1, block, sizeBytes[block], "check");
    checkBytes(buffer, content[block]);
    attachUser(buffer);
    buffer.release("check");
  }

  private static void checkBytes(Buffer buffer, byte expected) {
    checkBytesOf(buffer, expected);
    assertEquals(expected, NativeMemory.getByte(buffer.address() + buffer.sizeBytes() - 1));
  }

  private void attachUser(Buffer buffer) {
    if (buffer.user() == null) {
      BufferUser user =
          new BufferUser() {
            @Override
            public void evictSync() {}

            @Override
            public boolean wantsEvictAsync() {
              return true;
            }

            @Override
            public void evictAsync() {
              userEvictions.incrementAndGet();
            }
          };
      if (buffer.setUser(user) == null) {
        userAttaches.incrementAndGet();
        buffer.userSizeBytes(200);
      }
    }
  }

  private void write(BufferCache cache, int block, byte value, long group) {
    boolean fill = value % 3 == 0;
    Buffer buffer =
        fill
            ? cache.holdForFill(1, block, sizeBytes[block], "write")
            : cache.hold(this::read, 1, block, sizeBytes[block], "write");
    if (buffer.dirty(group)) {
      dirtied(group, buffer);
    }
    content[block] = value;
    NativeMemory.fill(buffer.address(), buffer.sizeBytes(), value);
    if (buffer.state() == BufferState.FILL) {
      buffer.fillDone();
    }
    buffer.release("write");
  }

  private void resize(BufferCache cache, int block, int newSizeBytes, long group) {
    Buffer old = cache.hold(this::read, 1, block, sizeBytes[block], "old");
    Buffer resized = cache.resize(old, newSizeBytes, "new");
    if (resized.dirty(group)) {
      dirtied(group, resized);
    }
    old.clean(group);
    NativeMemory.fill(resized.address(), newSizeBytes, content[block]);
    sizeBytes[block] = newSizeBytes;
    old.release("old");
    resized.release("new");
  }

  private void dirtied(long group, Buffer buffer) {
    disk.computeIfPresent(buffer.blockId(), (key, old) -> new Stored(old.value, old.group, false));
    dirtyByGroup.compute(
        group,
        (key, list) -> {
          List<Buffer> buffers = list == null ? new ArrayList<>() : list;
          buffers.add(buffer);
          return buffers;
        });
  }

  /** Closes the open group and writes it while the next one is changed. */
  private void sync(BufferCache cache) {
    long stamp = quiesce.writeLock();
    long group = openGroup.getAndIncrement();
    quiesce.unlockWrite(stamp);
    List<Buffer> buffers = dirtyByGroup.remove(group);
    if (buffers == null) {
      return;
    }
    try (IoMemory io = cache.allocateIo(MAX_SIZE_BYTES)) {
      for (Buffer buffer : buffers) {
        if (buffer.isDirty(group)) {
          copyToDisk(buffer, group, io.address());
          buffer.clean(group);
        }
      }
    }
  }

  private void copyToDisk(Buffer buffer, long group, long staging) {
    NativeMemory.fill(staging, buffer.sizeBytes(), (byte) 0x55);
    buffer.copyOut(group, staging);
    byte value = NativeMemory.getByte(staging);
    for (int i = 0; i < buffer.sizeBytes(); i += 97) {
      assertEquals(value, NativeMemory.getByte(staging + i), "torn in group " + group);
    }
    store(buffer.blockId(), value, group);
  }

  /** What was stored in a later group is not undone by an older one that is written after it. */
  private void store(long block, byte value, long group) {
    disk.compute(
        block,
        (key, old) -> old != null && old.group > group ? old : new Stored(value, group, false));
  }

  /** The block is a hole in this group, until it is dirtied in it again. */
  private void storeHole(long block, long group) {
    disk.put(block, new Stored((byte) 0, group, true));
  }

  /**
   * Stores what is written out early, unless the block was freed while that was under way:
   * freeRange waits for the write-out, but what the source gives is changed before.
   */
  private void storeEarly(long block, byte value, long group) {
    disk.compute(
        block,
        (key, old) ->
            old != null && old.group == group && old.freed ? old : new Stored(value, group, false));
  }

  /** Writes out what is dirty in the open group only: no sync can be at it meanwhile. */
  private boolean writeOut(Buffer buffer, long group) {
    long stamp = quiesce.tryReadLock();
    if (stamp == 0) {
      return false;
    }
    try {
      if (group != openGroup.get()) {
        return false;
      }
      assertEquals(BufferState.EVICTING, buffer.state());
      byte value = NativeMemory.getByte(buffer.address());
      checkBytesOf(buffer, value);
      storeEarly(buffer.blockId(), value, group);
      return true;
    } finally {
      quiesce.unlockRead(stamp);
    }
  }

  private static void checkBytesOf(Buffer buffer, byte expected) {
    for (int i = 0; i < buffer.sizeBytes(); i += 61) {
      assertEquals(expected, NativeMemory.getByte(buffer.address() + i), buffer::toString);
    }
  }

  private void read(long objectId, long blockId, long address, int size) {
    Stored stored = disk.get(blockId);
    NativeMemory.fill(address, size, stored == null ? 0 : stored.value);
  }

  private record Stored(byte value, long group, boolean freed) {}
}
