// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.CorruptException;
import org.zapkv.pool.Transaction;

/**
 * An object outside a store. Its blocks are in the heap, those that were written, and can be read
 * from and written to an image: the blocks one after another, a hole as zeros.
 *
 * <p>It has transaction groups of its own, which end when {@link #sync} is called. Safe for use
 * from several threads; a transaction is ended by the thread that began it.
 */
public final class ImageObject implements BlockObject, AutoCloseable {
  /*
   * Implementation notes
   *
   * Two groups can be alive: the open one, and one that has ended and is not written yet. A block
   * that is not in the cache is zeros if one of them freed it, else what is stored. write() takes
   * freed blocks out of what is stored before it forgets that they were freed, and read() looks in
   * the opposite order, so there is no moment at which it finds the old bytes of a freed block. A
   * block that a group changed is in the cache until it is stored.
   *
   * groupLock: shared for as long as a transaction lasts, exclusive to end the group. syncLock: one
   * thread at a time ends and writes groups; taken before groupLock.
   */

  /** The cache of an object that was given none; memory is taken only as it is used. */
  private static final long CACHE_BYTES = 256L << 20;

  private static final long ID_IN_OWN_CACHE = 1;
  private static final int BLOCK_SIZE_STEP = 512;
  private static final int MAX_BLOCK_SIZE_BYTES = 1 << 20;

  private final BufferCache cache;
  private final boolean ownsCache;
  private final long objectId;
  private final Map<Long, byte[]> stored = new ConcurrentSkipListMap<>();
  private final AtomicLong blockCount = new AtomicLong();
  private final ReentrantLock syncLock = new ReentrantLock();
  private final ReentrantReadWriteLock groupLock = new ReentrantReadWriteLock(true);
  private volatile int blockSizeBytes;
  private volatile Changes open = new Changes(1, 0);
  private volatile Changes ended = new Changes(0, 0);

  /** What a group changed. A block that was freed and changed again later is in both. */
  private static final class Changes {
    private final Map<Long, Buffer> dirty = new ConcurrentHashMap<>();
    private final Set<Long> freed = ConcurrentHashMap.newKeySet();
    private final long group;
    private final long blockCountBefore;

    Changes(long group, long blockCountBefore) {
      this.group = group;
      this.blockCountBefore = blockCountBefore;
    }

    boolean isEmpty() {
      return dirty.isEmpty() && freed.isEmpty();
    }

    /** Whether nothing but block 0 was there before, or is there now. */
    boolean hasOnlyBlock0() {
      return blockCountBefore <= 1 && dirty.keySet().stream().allMatch(block -> block == 0);
    }
  }

  private ImageObject(BufferCache cache, boolean ownsCache, long objectId, int blockSizeBytes) {
    this.cache = cache;
    this.ownsCache = ownsCache;
    this.objectId = objectId;
    this.blockSizeBytes = blockSizeBytes;
  }

  /**
   * Makes an empty object with a cache of its own.
   *
   * @param blockSizeBytes the size of its blocks in bytes: a multiple of 512, up to 1 MiB
   * @return the object, to be closed
   * @throws IllegalArgumentException if blocks cannot have this size
   */
  public static ImageObject create(int blockSizeBytes) {
    checkBlockSize(blockSizeBytes);
    BufferCache cache = BufferCache.builder().budgetBytes(CACHE_BYTES).build();
    return new ImageObject(cache, true, ID_IN_OWN_CACHE, blockSizeBytes);
  }

  /**
   * Makes an empty object.
   *
   * @param cache where its blocks are while they are in use; all that changes in one transaction
   *     group has to fit
   * @param objectId the object's number, above 0 and of no other object in the cache
   * @param blockSizeBytes the size of its blocks in bytes: a multiple of 512, up to 1 MiB
   * @return the object
   * @throws IllegalArgumentException if blocks cannot have this size
   */
  public static ImageObject create(BufferCache cache, long objectId, int blockSizeBytes) {
    checkBlockSize(blockSizeBytes);
    return new ImageObject(cache, false, objectId, blockSizeBytes);
  }

  private static void checkBlockSize(int bytes) {
    if (bytes < BLOCK_SIZE_STEP || bytes > MAX_BLOCK_SIZE_BYTES || bytes % BLOCK_SIZE_STEP != 0) {
      throw new IllegalArgumentException(
          "blockSizeBytes="
              + bytes
              + " is no multiple of "
              + BLOCK_SIZE_STEP
              + " from "
              + BLOCK_SIZE_STEP
              + " to "
              + MAX_BLOCK_SIZE_BYTES);
    }
  }

  /**
   * Fills an object in which nothing was written from an image. Blocks that are all zero take no
   * memory.
   *
   * @param image the blocks one after another; read to its end, not closed
   * @throws IOException if it cannot be read; the object is of no use then
   * @throws CorruptException if the image is no whole number of blocks, and has at least one
   * @throws IllegalStateException if something was written in the object
   */
  public void readFrom(InputStream image) throws IOException {
    if (blockCount.get() != 0) {
      throw new IllegalStateException("object " + objectId + " is not new");
    }
    int size = blockSizeBytes;
    long block = 0;
    for (byte[] bytes = image.readNBytes(size); bytes.length > 0; bytes = image.readNBytes(size)) {
      if (bytes.length < size) {
        throw new CorruptException(
            objectId,
            block,
            bytes.length,
            "the image ends within a block: its length is no multiple of the block size, " + size);
      }
      if (!isZero(bytes)) {
        stored.put(block, bytes);
      }
      block++;
    }
    if (block == 0) {
      throw new CorruptException(objectId, 0, 0, "the image is empty");
    }
    blockCount.set(block);
    open = new Changes(open.group, block);
  }

  private static boolean isZero(byte[] bytes) {
    for (byte b : bytes) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Writes the image: every block from the first to the last one ever written.
   *
   * @param image where to; not closed
   * @throws IOException if it cannot be written
   * @throws IllegalStateException if there are changes that are not synced
   */
  public void writeTo(OutputStream image) throws IOException {
    checkSynced();
    byte[] hole = new byte[blockSizeBytes];
    for (long block = 0; block < blockCount.get(); block++) {
      image.write(stored.getOrDefault(block, hole));
    }
  }

  private void checkSynced() {
    if (!open.isEmpty() || !ended.isEmpty()) {
      throw new IllegalStateException(
          "object " + objectId + " has changes that are not synced: call sync() first");
    }
  }

  /**
   * Begins a transaction in the open group, which does not end before the transaction has.
   *
   * @return the transaction, to be closed by the same thread
   */
  public Transaction begin() {
    groupLock.readLock().lock();
    return new GroupTransaction(open.group);
  }

  private final class GroupTransaction implements Transaction {
    private final long group;
    private boolean closed;

    GroupTransaction(long group) {
      this.group = group;
    }

    @Override
    public long group() {
      return group;
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        groupLock.readLock().unlock();
      }
    }
  }

  private Changes openIn(Transaction tx) {
    Changes changes = open;
    if (changes.group != tx.group()) {
      throw new IllegalArgumentException(
          "object " + objectId + ": group " + tx.group() + " is not open, but " + changes.group);
    }
    return changes;
  }

  /**
   * How much was changed in the open group: that much of the cache cannot be used for anything else
   * until {@link #sync}.
   *
   * @return bytes, about
   */
  public long unsyncedBytes() {
    return (long) open.dirty.size() * blockSizeBytes;
  }

  /**
   * Ends the open group, waiting for its transactions, and writes what was changed in it.
   *
   * @throws org.zapkv.error.CacheFullException if there is no memory to do it; to be tried again
   */
  public void sync() {
    syncLock.lock();
    try {
      writeEndedGroup();
      endGroup();
      writeEndedGroup();
    } finally {
      syncLock.unlock();
    }
  }

  /**
   * Ends the open group, waiting for its transactions, and opens the next. {@link #writeEndedGroup}
   * or {@link #sync} writes what was changed in it.
   *
   * @throws IllegalStateException if the group before it is not written yet
   */
  public void endGroup() {
    syncLock.lock();
    try {
      if (!ended.isEmpty()) {
        throw new IllegalStateException(
            "object " + objectId + ": group " + ended.group + " is not written yet");
      }
      groupLock.writeLock().lock();
      try {
        ended = open;
        open = new Changes(ended.group + 1, blockCount.get());
      } finally {
        groupLock.writeLock().unlock();
      }
    } finally {
      syncLock.unlock();
    }
  }

  /**
   * Writes what was changed in the group that has ended; does nothing when that is done.
   *
   * @throws org.zapkv.error.CacheFullException if there is no memory to do it; to be tried again
   */
  public void writeEndedGroup() {
    syncLock.lock();
    try {
      Changes changes = ended;
      changes.freed.forEach(stored::remove);
      changes.freed.clear();
      Iterator<Map.Entry<Long, Buffer>> dirty = changes.dirty.entrySet().iterator();
      while (dirty.hasNext()) {
        Map.Entry<Long, Buffer> entry = dirty.next();
        Buffer buffer = entry.getValue();
        stored.put(entry.getKey(), copy(buffer, changes.group));
        dirty.remove();
        buffer.clean(changes.group);
      }
    } finally {
      syncLock.unlock();
    }
  }

  private byte[] copy(Buffer buffer, long group) {
    byte[] bytes = new byte[buffer.sizeBytes()];
    try (IoMemory memory = cache.allocateIo(bytes.length)) {
      buffer.copyOut(group, memory.address());
      NativeMemory.copyToArray(memory.address(), bytes, 0, bytes.length);
    }
    return bytes;
  }

  /**
   * Drops the object from the cache, so that the next access reads again. Nobody may use the object
   * meanwhile.
   *
   * @throws IllegalStateException if there are changes that are not synced
   */
  public void forget() {
    checkSynced();
    cache.dropObject(objectId);
    cache.awaitUserEvictions();
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
    while (true) {
      int sizeBytes = blockSizeBytes;
      try {
        return cache.hold(this::read, objectId, blockId, sizeBytes, tag);
      } catch (BufferStateException e) {
        if (sizeBytes == blockSizeBytes) {
          throw e;
        }
        // Resized in between.
      }
    }
  }

  private void read(long object, long blockId, long address, int sizeBytes) {
    boolean freed = open.freed.contains(blockId) || ended.freed.contains(blockId);
    byte[] bytes = freed ? null : stored.get(blockId);
    if (bytes == null) {
      NativeMemory.fill(address, sizeBytes, (byte) 0);
    } else {
      NativeMemory.copyFromArray(bytes, 0, address, sizeBytes);
    }
  }

  /** An image is in memory: there is nothing to wait for, and so the blocks are read at once. */
  @Override
  public void prefetch(long[] blockIds) {
    for (long blockId : blockIds) {
      if (blockId < blockCount()) {
        hold(blockId, this).release(this);
      }
    }
  }

  @Override
  public void dirty(Buffer buffer, Transaction tx) {
    Changes changes = openIn(tx);
    if (buffer.dirty(tx.group())) {
      changes.dirty.put(buffer.blockId(), buffer);
      blockCount.accumulateAndGet(buffer.blockId() + 1, Math::max);
    }
  }

  @Override
  public Buffer resize(Buffer block0, int newSizeBytes, Transaction tx, Object tag) {
    checkBlockSize(newSizeBytes);
    Changes changes = openIn(tx);
    if (block0.blockId() != 0 || !changes.hasOnlyBlock0()) {
      throw new IllegalStateException(
          "object " + objectId + " has " + blockCount + " blocks: its block size is fixed");
    }
    // What is in the cache of blocks that were freed has the old size.
    cache.freeRange(objectId, 1, Long.MAX_VALUE - 1, changes.group);
    Buffer resized = cache.resize(block0, newSizeBytes, tag);
    if (changes.dirty.remove(0L, block0)) {
      block0.clean(changes.group);
    }
    changes.freed.removeIf(block -> block > 0);
    blockCount.set(1);
    blockSizeBytes = newSizeBytes;
    dirty(resized, tx);
    return resized;
  }

  @Override
  public void freeRange(long firstBlock, long count, Transaction tx) {
    Changes changes = openIn(tx);
    for (long block = firstBlock; block < firstBlock + count; block++) {
      changes.freed.add(block);
      changes.dirty.remove(block);
    }
    cache.freeRange(objectId, firstBlock, count, tx.group());
  }

  /** Lets go what is in memory; a cache of the object's own is closed. Nobody may hold a block. */
  @Override
  public void close() {
    if (ownsCache) {
      cache.close();
    } else {
      cache.dropObject(objectId);
    }
  }

  @Override
  public String toString() {
    return "image object " + objectId;
  }
}
