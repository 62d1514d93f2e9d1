// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/**
 * A block object that keeps its synced blocks in arrays, over the real cache. Two groups can be
 * alive: the open one, and one that is switched but not written yet.
 */
final class MemoryBlockObject implements BlockObject {
  private static final AtomicLong NEXT_ID = new AtomicLong(1);

  /** What a group changed. */
  private static final class Changes {
    private final Map<Long, Buffer> dirty = new ConcurrentHashMap<>();
    private final Set<Long> freed = ConcurrentHashMap.newKeySet();
    private final long group;

    Changes(long group) {
      this.group = group;
    }
  }

  private final BufferCache cache;
  private final long objectId = NEXT_ID.getAndIncrement();
  private final Map<Long, byte[]> stored = new ConcurrentSkipListMap<>();
  private final AtomicLong blockCount = new AtomicLong();
  private final ReentrantReadWriteLock groupLock = new ReentrantReadWriteLock(true);
  private volatile int blockSizeBytes;
  private volatile Changes open = new Changes(1);
  private volatile Changes syncing = new Changes(0);

  MemoryBlockObject(BufferCache cache, int blockSizeBytes) {
    this.cache = cache;
    this.blockSizeBytes = blockSizeBytes;
  }

  /** An object with the blocks of an image. */
  static MemoryBlockObject of(BufferCache cache, int blockSizeBytes, byte[] image) {
    MemoryBlockObject object = new MemoryBlockObject(cache, blockSizeBytes);
    long blocks = image.length / blockSizeBytes;
    for (int block = 0; block < blocks; block++) {
      byte[] bytes = new byte[blockSizeBytes];
      System.arraycopy(image, block * blockSizeBytes, bytes, 0, blockSizeBytes);
      object.stored.put((long) block, bytes);
    }
    object.blockCount.set(blocks);
    return object;
  }

  /** The object says that it is longer than what was written to it. */
  void extend(long blocks) {
    blockCount.accumulateAndGet(blocks, Math::max);
  }

  /** A transaction of the open group, which is not switched before the transaction has ended. */
  Transaction begin() {
    groupLock.readLock().lock();
    return new Transaction() {
      private final long group = open.group;
      private boolean ended;

      @Override
      public long group() {
        return group;
      }

      @Override
      public void close() {
        if (!ended) {
          ended = true;
          groupLock.readLock().unlock();
        }
      }
    };
  }

  /** Switches the group and writes the one before. */
  void sync() {
    switchGroup();
    write();
  }

  /** Opens the next group; the one before is written by {@link #write}. */
  void switchGroup() {
    groupLock.writeLock().lock();
    try {
      syncing = open;
      open = new Changes(open.group + 1);
    } finally {
      groupLock.writeLock().unlock();
    }
  }

  void write() {
    Changes changes = syncing;
    for (long block : changes.freed) {
      stored.remove(block);
    }
    changes.freed.clear();
    for (Map.Entry<Long, Buffer> entry : changes.dirty.entrySet()) {
      Buffer buffer = entry.getValue();
      int size = buffer.sizeBytes();
      try (IoMemory copy = cache.allocateIo(size)) {
        buffer.copyOut(changes.group, copy.address());
        byte[] bytes = new byte[size];
        NativeMemory.copyToArray(copy.address(), bytes, 0, size);
        stored.put(entry.getKey(), bytes);
      }
      buffer.clean(changes.group);
    }
    changes.dirty.clear();
  }

  /** Drops what is in memory; everything is synced and nobody holds anything. */
  void forget() {
    cache.dropObject(objectId);
    cache.awaitUserEvictions();
  }

  /** What is synced, as one array. */
  byte[] image() {
    byte[] image = new byte[Math.toIntExact(blockCount.get() * blockSizeBytes)];
    stored.forEach(
        (block, bytes) ->
            System.arraycopy(bytes, 0, image, (int) (block * blockSizeBytes), bytes.length));
    return image;
  }

  @Override
  public long objectId() {
    return objectId;
  }

  @Override
  public int blockSizeBytes() {
    return blockSizeBytes;
  }

  @Override
  public long blockCount() {
    return blockCount.get();
  }

  @Override
  public Buffer hold(long blockId, Object tag) {
    if (blockId < 0) {
      throw new IllegalArgumentException("blockId=" + blockId);
    }
    return cache.hold(this::read, objectId, blockId, blockSizeBytes, tag);
  }

  boolean isCached(long blockId) {
    Buffer buffer = cache.holdIfCached(objectId, blockId, this);
    if (buffer != null) {
      buffer.release(this);
    }
    return buffer != null;
  }

  private void read(long object, long blockId, long address, int sizeBytes) {
    byte[] bytes = stored.get(blockId);
    if (bytes == null || open.freed.contains(blockId) || syncing.freed.contains(blockId)) {
      NativeMemory.fill(address, sizeBytes, (byte) 0);
    } else {
      NativeMemory.copyFromArray(bytes, 0, address, sizeBytes);
    }
  }

  @Override
  public void dirty(Buffer buffer, Transaction tx) {
    if (buffer.dirty(tx.group())) {
      open.dirty.put(buffer.blockId(), buffer);
      blockCount.accumulateAndGet(buffer.blockId() + 1, Math::max);
    }
  }

  @Override
  public Buffer resize(Buffer block0, int newSizeBytes, Transaction tx, Object tag) {
    if (block0.blockId() != 0 || !hasOnlyBlock0()) {
      throw new IllegalStateException("blockCount=" + blockCount);
    }
    blockCount.set(1);
    cache.freeRange(objectId, 1, Long.MAX_VALUE - 1, open.group);
    Buffer resized = cache.resize(block0, newSizeBytes, tag);
    if (open.dirty.remove(0L, block0)) {
      block0.clean(open.group);
    }
    blockSizeBytes = newSizeBytes;
    dirty(resized, tx);
    return resized;
  }

  private boolean hasOnlyBlock0() {
    return stored.keySet().stream().allMatch(block -> block == 0)
        && open.dirty.keySet().stream().allMatch(block -> block == 0)
        && syncing.dirty.keySet().stream().allMatch(block -> block == 0);
  }

  @Override
  public void freeRange(long firstBlock, long count, Transaction tx) {
    for (long block = firstBlock; block < firstBlock + count; block++) {
      open.freed.add(block);
      open.dirty.remove(block);
    }
    cache.freeRange(objectId, firstBlock, count, tx.group());
  }
}
