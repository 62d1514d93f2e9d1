// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.error.ZapException;
import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.Pool;

/**
 * Walks over the newest durable state, reading from the device and not from the cache. Syncing must
 * be paused meanwhile. Used by one thread.
 */
final class StoreWalker implements AutoCloseable {

  /** Is told of what the walk comes by. */
  interface Visitor {
    /** An object, before its blocks; false to pass over them. */
    boolean object(long objectId, Dnode dnode);

    /** A pointer that is no hole; false not to follow it (level above 0, or the meta object). */
    boolean pointer(long objectId, BlockPointer pointer, int level, long index);

    /** All blocks of an object have been walked over. */
    void endOfObject(long objectId, Dnode dnode);

    /** Something could not be read; what lies below is passed over. */
    void damaged(long objectId, long blockId, ZapException problem);
  }

  private final BufferCache cache;
  private final Pool pool;
  private final Visitor visitor;

  /** A block of dnodes. */
  private final IoMemory metaMemory;

  private final List<IoMemory> allMemory = new ArrayList<>();

  /** By level, for the meta object and for the others: one walk is inside the other. */
  private final @Nullable IoMemory[] metaLevels = new IoMemory[TreeShape.MAX_LEVELS + 1];

  private final @Nullable IoMemory[] dataLevels = new IoMemory[TreeShape.MAX_LEVELS + 1];

  StoreWalker(BufferCache cache, Pool pool, Visitor visitor) {
    this.cache = cache;
    this.pool = pool;
    this.visitor = visitor;
    this.metaMemory = allocate(DnodeLayout.META_BLOCK_BYTES);
  }

  private IoMemory allocate(int sizeBytes) {
    IoMemory memory = cache.allocateIo(sizeBytes);
    allMemory.add(memory);
    return memory;
  }

  /** Walks over everything. */
  void walk() {
    Dnode meta = decodeRoot();
    walkTree(MetaObject.OBJECT_ID, meta, meta.root(), meta.levels() - 1, 0);
    visitor.endOfObject(MetaObject.OBJECT_ID, meta);
  }

  private Dnode decodeRoot() {
    NativeMemory.copyFromArray(pool.committedRoot(), 0, metaMemory.address(), Pool.ROOT_BYTES);
    return Objects.requireNonNull(
        Dnode.decode(metaMemory.address(), MetaObject.OBJECT_ID), "no meta object");
  }

  private void walkTree(long objectId, Dnode dnode, BlockPointer pointer, int level, long index) {
    if (pointer.isHole() || !visitor.pointer(objectId, pointer, level, index)) {
      return;
    }
    boolean isMeta = objectId == MetaObject.OBJECT_ID;
    try {
      if (level > 0) {
        walkIndirect(objectId, dnode, pointer, level, index, isMeta ? metaLevels : dataLevels);
      } else if (isMeta) {
        walkDnodes(pointer, index);
      }
    } catch (ZapException e) {
      visitor.damaged(objectId, index, e);
    }
  }

  private void walkIndirect(
      long objectId,
      Dnode dnode,
      BlockPointer pointer,
      int level,
      long index,
      @Nullable IoMemory[] memories) {
    IoMemory memory = memories[level];
    if (memory == null) {
      memory = allocate(TreeShape.INDIRECT_BYTES);
      memories[level] = memory;
    }
    readBlock(pointer, memory, TreeShape.INDIRECT_BYTES, objectId, index, level);
    for (int slot = 0; slot < TreeShape.FANOUT; slot++) {
      BlockPointer child = BlockPointer.decode(memory.address() + TreeShape.slotOffset(slot));
      walkTree(objectId, dnode, child, level - 1, (index << TreeShape.FANOUT_SHIFT) + slot);
    }
  }

  private void walkDnodes(BlockPointer pointer, long metaBlock) {
    int blockBytes = DnodeLayout.META_BLOCK_BYTES;
    readBlock(pointer, metaMemory, blockBytes, MetaObject.OBJECT_ID, metaBlock, 0);
    for (int slot = 0; slot < DnodeLayout.PER_META_BLOCK; slot++) {
      walkObject(metaBlock * DnodeLayout.PER_META_BLOCK + slot);
    }
  }

  private void walkObject(long objectId) {
    try {
      long address = metaMemory.address() + DnodeLayout.offsetOf(objectId);
      Dnode dnode = Dnode.decode(address, objectId);
      if (dnode != null && visitor.object(objectId, dnode)) {
        walkTree(objectId, dnode, dnode.root(), dnode.levels() - 1, 0);
        visitor.endOfObject(objectId, dnode);
      }
    } catch (ZapException e) {
      visitor.damaged(objectId, -1, e);
    }
  }

  private void readBlock(
      BlockPointer pointer, IoMemory memory, int sizeBytes, long objectId, long index, int level) {
    if (pointer.logicalBytes() != sizeBytes) {
      throw new CorruptException(
          objectId,
          index,
          CorruptException.NONE,
          "a stored block (level %d) has %d bytes instead of %d"
              .formatted(level, pointer.logicalBytes(), sizeBytes));
    }
    pool.read(pointer, memory.address(), objectId, index, level);
  }

  @Override
  public void close() {
    allMemory.forEach(IoMemory::close);
  }
}
