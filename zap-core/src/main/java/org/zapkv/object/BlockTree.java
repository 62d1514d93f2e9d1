// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.concurrent.locks.StampedLock;
import org.zapkv.cache.BlockSource;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.pool.BlockPointer;

/** The block tree of an object, as far as it has been synced: finds the pointer of a block. */
final class BlockTree {

  /*
   * Implementation notes
   *
   * Indirect blocks are in the same cache as data. Only the syncing thread changes them, under the
   * content lock of their buffers and between beginChange and endChange; only it replaces the root,
   * which is immutable and published whole. One that is cached is read without holding it.
   *
   * Why a pointer found here is never stale: it is looked for only by whoever fills a buffer (state
   * READ), so no other version of that block is in the cache; a block is written only from the cache
   * or as an override, and its buffer goes only after the pointer is in its parent, in memory; the
   * parent stays in memory until its own pointer is in its parent. Someone who still has an older
   * root sees the same: growing a tree moves the old root's pointer into the new top unchanged. What
   * is left is a block freed while it is read: the cache throws away what was read, see ObjectNode.
   */

  /** The top of the tree. */
  record Root(int levels, BlockPointer pointer) {}

  private final long objectId;
  private final BufferCache cache;
  private volatile Root root;

  BlockTree(long objectId, BufferCache cache, Root root) {
    this.objectId = objectId;
    this.cache = cache;
    this.root = root;
  }

  Root root() {
    return root;
  }

  /** Publishes a new top; by the syncing thread alone. */
  void setRoot(Root next) {
    root = next;
  }

  /**
   * The pointer of a block, after what has been synced.
   *
   * @param source reads indirect blocks that are not in the cache
   */
  BlockPointer lookup(BlockSource source, int level, long index) {
    Root top = root;
    int above = top.levels() - 1 - level;
    if (above < 0 || index >= TreeShape.spanBlocks(above)) {
      return BlockPointer.HOLE;
    }
    if (above == 0) {
      return top.pointer();
    }
    long parentId = TreeShape.cacheId(level + 1, TreeShape.parentIndex(index));
    long offset = TreeShape.slotOffset(TreeShape.slotOf(index));
    Buffer cached = cache.find(objectId, parentId);
    if (cached != null) {
      BlockPointer found = cached.read(address -> BlockPointer.decode(address + offset));
      if (found != null) {
        cached.noteUse();
        return found;
      }
    }
    // This runs inside the read of the block below, which others may wait for, the syncing thread
    // among them: it must not wait in turn for memory that only a sync can free.
    Buffer parent = cache.holdReserved(source, objectId, parentId, TreeShape.INDIRECT_BYTES, this);
    try {
      return readSlot(parent, offset);
    } finally {
      parent.release(this);
    }
  }

  private static BlockPointer readSlot(Buffer parent, long offset) {
    StampedLock lock = parent.contentLock();
    long stamp = lock.readLock();
    try {
      return BlockPointer.decode(parent.address() + offset);
    } finally {
      lock.unlockRead(stamp);
    }
  }
}
