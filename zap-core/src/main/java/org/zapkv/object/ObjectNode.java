// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.StampedLock;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.BlockRead;
import org.zapkv.cache.BlockSource;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferState;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.ClosedException;
import org.zapkv.error.CorruptException;
import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.NewBlock;
import org.zapkv.pool.Transaction;

/**
 * An object in memory, shared by all its handles: its block tree, and what was changed in the
 * groups that are not synced.
 */
final class ObjectNode implements BlockSource {

  /*
   * Implementation notes
   *
   * Where a block is found that is not in the cache, youngest group first: written early in that
   * group (override); freed in it (zeros); else the tree. The syncing thread first frees in the tree
   * what the group freed, then forgets the freed ranges, then writes: so a range counts as freed
   * exactly as long as the tree does not know of it.
   *
   * A block freed while it is being read. The cache gives zeros to whoever waits for it, whatever was
   * read. But the space of the block may have been used again meanwhile, and the read then ends in a
   * checksum mismatch. So after a mismatch the pointer is looked up again, and only if it is still
   * the same the block is damaged.
   *
   * dirty(): the cache is told first, then the group's changes are noted. Between the two the caller
   * is inside the group, so the group cannot be switched, and holds the buffer, so it cannot be
   * written early.
   *
   * Lock order: "lock" is taken below everything of the layers above and of the cache; the locks of
   * the object table and of the space map may be taken under it. Nothing is read, written or waited
   * for under it.
   */

  private static final int GROUP_RING = 4;

  private final ObjectContext context;
  private final long objectId;
  private final ReentrantLock lock = new ReentrantLock();
  private final AtomicLong blockCount = new AtomicLong();

  /** By group number modulo the length. Guarded by the lock. */
  private final @Nullable GroupChanges[] ring = new GroupChanges[GROUP_RING];

  private volatile @Nullable Loaded loaded;
  private volatile int blockBytes;
  private volatile boolean destroyed;

  /** What is known once the dnode is; "dnode" is what was synced last, for the syncing thread. */
  private static final class Loaded {
    final ObjectType type;
    final BlockTree tree;
    volatile Dnode dnode;

    Loaded(Dnode dnode, BlockTree tree) {
      this.type = dnode.type();
      this.tree = tree;
      this.dnode = dnode;
    }
  }

  /** An object whose dnode is not known yet: {@link #load} comes before anything else. */
  ObjectNode(ObjectContext context, long objectId) {
    this.context = context;
    this.objectId = objectId;
  }

  long objectId() {
    return objectId;
  }

  boolean isLoaded() {
    return loaded != null;
  }

  /** Takes what is stored about the object; does nothing if somebody else did. */
  void load(Dnode dnode) {
    lock.lock();
    try {
      if (loaded == null) {
        BlockTree.Root root = new BlockTree.Root(dnode.levels(), dnode.root());
        blockBytes = dnode.blockBytes();
        blockCount.set(dnode.blockCount());
        loaded = new Loaded(dnode, new BlockTree(objectId, context.cache(), root));
      }
    } finally {
      lock.unlock();
    }
  }

  /** Makes a new object of it. */
  void create(ObjectType type, int blockSizeBytes, long group) {
    load(Dnode.ofNewObject(type, blockSizeBytes, group));
    lock.lock();
    try {
      changesIn(group).setCreated();
    } finally {
      lock.unlock();
    }
  }

  private Loaded loaded() {
    return Objects.requireNonNull(loaded, "the dnode is not loaded");
  }

  ObjectType type() {
    return loaded().type;
  }

  /** A new version of a block, about to be written. */
  NewBlock newBlock(int level, long index, long group) {
    return new NewBlock(objectId, index, level, group, type().form(level));
  }

  /** The space that a changed data block takes on the device, at most, beyond its own size. */
  private int extraBytes(int sizeBytes) {
    return context.pool().spaceBytes(sizeBytes, type().form(0)) - sizeBytes;
  }

  BlockTree tree() {
    return loaded().tree;
  }

  int blockSizeBytes() {
    return blockBytes;
  }

  long blockCount() {
    return blockCount.get();
  }

  boolean isDestroyed() {
    return destroyed;
  }

  void checkUsable() {
    if (destroyed) {
      throw new ClosedException("object " + objectId + " has been destroyed");
    }
  }

  Buffer hold(long blockId, Object tag) {
    checkUsable();
    checkBlockId(blockId);
    while (true) {
      int sizeBytes = blockBytes;
      try {
        return context.cache().hold(this, objectId, blockId, sizeBytes, tag);
      } catch (BufferStateException e) {
        if (sizeBytes == blockBytes) {
          throw e;
        }
        /* Resized in between. */
      }
    }
  }

  void dirty(Buffer buffer, Transaction tx) {
    checkUsable();
    if (buffer.dirty(tx.group())) {
      noteDirty(buffer, tx.group());
    }
  }

  private void noteDirty(Buffer buffer, long group) {
    long blockId = buffer.blockId();
    BlockPointer written;
    long aboveBytes;
    lock.lock();
    try {
      GroupChanges changes = changesIn(group);
      written = changes.addDirty(blockId, buffer);
      aboveBytes = changes.takeAboveBytes();
      if (written == null) {
        aboveBytes += extraBytes(buffer.sizeBytes());
      }
    } finally {
      lock.unlock();
    }
    context.groups().addAbove(group, aboveBytes);
    blockCount.accumulateAndGet(blockId + 1, Math::max);
    context.groups().addDirty(group, buffer.sizeBytes());
    freeNow(written, group);
  }

  Buffer resize(Buffer block0, int newBytes, Transaction tx, Object tag) {
    checkUsable();
    if (!TreeShape.isBlockSize(newBytes)) {
      throw new IllegalArgumentException("impossible block size " + newBytes);
    }
    long group = tx.group();
    if (blockCount.get() > 1 && !forgetFreed(group)) {
      throw new IllegalStateException(
          "object " + objectId + " has " + blockCount + " blocks: its block size is fixed");
    }
    Buffer next = context.cache().resize(block0, newBytes, tag);
    Buffer dropped;
    lock.lock();
    try {
      GroupChanges changes = changesIn(group);
      changes.setBlockBytes(newBytes);
      dropped = changes.removeDirty(0);
      blockBytes = newBytes;
    } finally {
      lock.unlock();
    }
    if (dropped != null) {
      context.groups().addDirty(group, -dropped.sizeBytes());
      dropped.clean(group);
    }
    dirty(next, tx);
    /* Holes past the end may be in the cache, in the old size. */
    context.cache().freeRange(objectId, 1, TreeShape.MAX_BLOCKS, group);
    return next;
  }

  /**
   * Forgets the blocks after block 0, if all that was ever in them was written and freed in this
   * group; false if not.
   */
  private boolean forgetFreed(long group) {
    lock.lock();
    try {
      for (GroupChanges older : ring) {
        if (older != null && older.group() != group && older.blockCount() > 1) {
          return false;
        }
      }
      // After the ring: what an older group made is in the dnode before it leaves the ring.
      if (syncedDnode().blockCount() > 1 || !changesIn(group).forgetFreed()) {
        return false;
      }
      blockCount.set(1);
      return true;
    } finally {
      lock.unlock();
    }
  }

  void freeRange(long first, long count, Transaction tx) {
    checkUsable();
    checkBlockId(first);
    if (count <= 0) {
      throw new IllegalArgumentException("blockCount=" + count + " is not above 0");
    }
    long end = Math.min(blockCount.get(), first + Math.min(count, TreeShape.MAX_BLOCKS));
    if (first >= end) {
      return;
    }
    GroupChanges.Dropped dropped;
    long aboveBytes;
    lock.lock();
    try {
      GroupChanges changes = changesIn(tx.group());
      dropped = changes.free(first, end);
      aboveBytes = changes.takeAboveBytes();
    } finally {
      lock.unlock();
    }
    context.groups().addAbove(tx.group(), aboveBytes);
    settle(dropped, tx.group());
    /* After the range is noted: whoever begins to read a block from here on gets zeros. */
    dropFromCache(first, end - first, tx);
  }

  private void dropFromCache(long first, long count, Transaction tx) {
    try {
      context.cache().freeRange(objectId, first, count, tx.group());
    } catch (RuntimeException | Error e) {
      // No memory for a copy that an older group needs: some of the blocks are holes now, some not.
      context.groups().fail(e);
      throw e;
    }
  }

  void destroy(Transaction tx) {
    GroupChanges.Dropped dropped;
    lock.lock();
    try {
      checkUsable();
      destroyed = true;
      GroupChanges changes = changesIn(tx.group());
      changes.setDestroyed();
      dropped = changes.dropAll();
    } finally {
      lock.unlock();
    }
    settle(dropped, tx.group());
    dropFromCache(0, Math.max(1, blockCount.get()), tx);
  }

  void writeDirect(long blockId, byte[] source, int offset, int length, Transaction tx) {
    checkUsable();
    checkBlockId(blockId);
    Objects.checkFromIndexSize(offset, length, source.length);
    int sizeBytes = blockBytes;
    if (length > sizeBytes) {
      throw new IllegalArgumentException(
          "length=" + length + " is above the block size, " + sizeBytes);
    }
    // The memory before the block: others may wait for the block, and hold what frees memory.
    try (IoMemory memory = context.cache().allocateIo(sizeBytes)) {
      putBytes(source, offset, length, memory.address(), sizeBytes);
      Buffer buffer = context.cache().holdNoFill(objectId, blockId, sizeBytes, this);
      try {
        if (buffer.state() == BufferState.NOFILL) {
          long group = tx.group();
          noteWritten(
              blockId,
              context.pool().writeNow(memory.address(), sizeBytes, newBlock(0, blockId, group)),
              group);
          return;
        }
        dirty(buffer, tx);
        replaceContent(buffer, memory.address());
      } finally {
        buffer.release(this);
      }
    }
  }

  private static void putBytes(byte[] source, int offset, int length, long address, int sizeBytes) {
    NativeMemory.copyFromArray(source, offset, address, length);
    NativeMemory.fill(address + length, sizeBytes - length, (byte) 0);
  }

  private static void replaceContent(Buffer buffer, long sourceAddress) {
    StampedLock content = buffer.contentLock();
    long stamp = content.writeLock();
    try {
      buffer.beginChange();
      NativeMemory.copy(sourceAddress, buffer.address(), buffer.sizeBytes());
      buffer.endChange();
    } finally {
      content.unlockWrite(stamp);
    }
  }

  /** A block was written in NOFILL: it is not in the cache, and so not dirty there. */
  private void noteWritten(long blockId, BlockPointer pointer, long group) {
    BlockPointer written;
    long aboveBytes;
    lock.lock();
    try {
      GroupChanges changes = changesIn(group);
      written = changes.addOverride(blockId, pointer);
      aboveBytes = changes.takeAboveBytes();
    } finally {
      lock.unlock();
    }
    context.groups().addAbove(group, aboveBytes);
    blockCount.accumulateAndGet(blockId + 1, Math::max);
    freeNow(written, group);
  }

  /**
   * Writes a dirty buffer early, so that the cache can let it go. Called by the cache while nobody
   * can hold the buffer, with the group kept open.
   */
  void writeOut(Buffer buffer, long group) {
    long blockId = buffer.blockId();
    int sizeBytes = buffer.sizeBytes();
    BlockPointer pointer =
        context.pool().writeNow(buffer.address(), sizeBytes, newBlock(0, blockId, group));
    boolean isCurrent;
    lock.lock();
    try {
      GroupChanges changes = ring[ringIndex(group)];
      /* Not so when the block has been freed meanwhile. */
      isCurrent = changes != null && changes.dirtyBuffer(blockId) == buffer;
      if (isCurrent) {
        changes.removeDirty(blockId);
        changes.addOverride(blockId, pointer);
      }
    } finally {
      lock.unlock();
    }
    if (isCurrent) {
      context.groups().addDirty(group, -sizeBytes);
    } else {
      context.pool().free(pointer, group);
    }
  }

  @Override
  public void read(long ownerId, long blockId, long address, int sizeBytes) {
    int level = TreeShape.levelOf(blockId);
    long index = TreeShape.indexOf(blockId);
    long seenGroup = context.pool().committedGroup();
    BlockPointer pointer = find(level, index);
    while (!pointer.isHole()) {
      try {
        read(pointer, level, index, address, sizeBytes, seenGroup);
        return;
      } catch (CorruptException e) {
        seenGroup = context.pool().committedGroup();
        BlockPointer again = find(level, index);
        if (again.equals(pointer)) {
          throw e;
        }
        pointer = again;
      }
    }
    NativeMemory.fill(address, sizeBytes, (byte) 0);
  }

  /** Level 0 only, as is all that is read ahead. */
  @Override
  public void readAll(List<BlockRead> reads) {
    new NeighbourReads(this, context).read(reads);
  }

  /** Begins to read blocks, but for those past the end. */
  void prefetch(long[] blockIds) {
    checkUsable();
    for (long blockId : blockIds) {
      checkBlockId(blockId);
    }
    long end = blockCount.get();
    long[] present = LongStream.of(blockIds).filter(blockId -> blockId < end).toArray();
    context.cache().prefetch(this, objectId, present, blockBytes);
  }

  /** Where the newest version of a data block is that is not in the cache. */
  BlockPointer find(long blockId) {
    return find(0, blockId);
  }

  private void read(
      BlockPointer pointer, int level, long index, long address, int sizeBytes, long seenGroup) {
    if (pointer.logicalBytes() != sizeBytes) {
      throw new CorruptException(
          objectId,
          index,
          CorruptException.NONE,
          "a stored block (level %d) has %d bytes instead of %d"
              .formatted(level, pointer.logicalBytes(), sizeBytes));
    }
    context.pool().readAndMend(pointer, address, objectId, index, level, seenGroup);
  }

  private BlockPointer find(int level, long index) {
    if (level == 0) {
      BlockPointer unsynced = findUnsynced(index);
      if (unsynced != null) {
        return unsynced;
      }
    }
    return tree().lookup(this, level, index);
  }

  private @Nullable BlockPointer findUnsynced(long blockId) {
    lock.lock();
    try {
      BlockPointer found = null;
      long foundGroup = 0;
      for (GroupChanges changes : ring) {
        if (changes != null && changes.group() > foundGroup) {
          BlockPointer pointer = changes.find(blockId);
          if (pointer != null) {
            found = pointer;
            foundGroup = changes.group();
          }
        }
      }
      return found;
    } finally {
      lock.unlock();
    }
  }

  /** The changes of a group that is being synced; by the syncing thread. */
  GroupChanges changesOf(long group) {
    lock.lock();
    try {
      return Objects.requireNonNull(ring[ringIndex(group)], "no changes in this group");
    } finally {
      lock.unlock();
    }
  }

  /** The tree knows now what the group freed; by the syncing thread. */
  void freesApplied(GroupChanges changes) {
    lock.lock();
    try {
      changes.freed().clear();
    } finally {
      lock.unlock();
    }
  }

  /** What was synced last; for the syncing thread. */
  Dnode syncedDnode() {
    return loaded().dnode;
  }

  void setSyncedDnode(Dnode dnode) {
    loaded().dnode = dnode;
  }

  /** The group is durable: its changes are what is stored now. */
  void committed(long group) {
    lock.lock();
    try {
      ring[ringIndex(group)] = null;
    } finally {
      lock.unlock();
    }
  }

  private GroupChanges changesIn(long group) {
    GroupChanges changes = ring[ringIndex(group)];
    if (changes == null) {
      changes = new GroupChanges(group, tree().root().levels());
      ring[ringIndex(group)] = changes;
      context.groups().addAbove(group, context.table().noteChanged(this, group));
      context.groups().addChangedObject(group);
    } else if (changes.group() != group) {
      throw new IllegalStateException(
          "change in group " + group + " while group " + changes.group() + " is not synced");
    }
    return changes;
  }

  private void settle(GroupChanges.Dropped dropped, long group) {
    context.groups().addDirty(group, -dropped.dirtyBytes());
    dropped.written().forEach(pointer -> freeNow(pointer, group));
  }

  private void freeNow(@Nullable BlockPointer written, long group) {
    if (written != null) {
      context.pool().free(written, group);
    }
  }

  private static void checkBlockId(long blockId) {
    if (blockId < 0 || blockId >= TreeShape.MAX_BLOCKS) {
      throw new IllegalArgumentException("impossible block number " + blockId);
    }
  }

  private static int ringIndex(long group) {
    return (int) (group % GROUP_RING);
  }

  @Override
  public String toString() {
    return "object " + objectId;
  }
}
