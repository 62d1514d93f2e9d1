// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.ZapException;

/**
 * Object 0, whose blocks are full of the dnodes of all other objects. Its own dnode is in the
 * uberblock.
 */
final class MetaObject {

  /*
   * Implementation notes
   *
   * Its blocks are changed by the syncing thread alone, under the content lock of their buffers;
   * anyone may read a dnode under that lock. In a group the dnodes come in ascending order, so each
   * block is complete, and goes to the stager, when the next one begins, and now and then they are
   * written: many changed objects never fill the cache, or its reserve, with dirty blocks of dnodes.
   */

  static final long OBJECT_ID = 0;

  private static final System.Logger LOGGER = System.getLogger(MetaObject.class.getName());

  /** So many blocks of dnodes, 16 KiB each, may wait to be written. */
  private static final int MAX_WAITING = 16;

  private final ObjectContext context;
  private final ObjectNode node;

  MetaObject(ObjectContext context, Dnode dnode) {
    this.context = context;
    this.node = new ObjectNode(context, OBJECT_ID);
    node.load(dnode);
  }

  /** The blocks of dnodes, as an object like any other. */
  ObjectNode node() {
    return node;
  }

  /** How many dnodes there is room for, as of the last sync. */
  long capacity() {
    return node.syncedDnode().blockCount() * DnodeLayout.PER_META_BLOCK;
  }

  /**
   * Reads a dnode as it was synced last.
   *
   * @return null when there is no such object
   * @throws org.zapkv.error.CorruptException if it is damaged
   */
  @Nullable Dnode read(long objectId) {
    if (objectId <= OBJECT_ID || objectId >= capacity()) {
      return null;
    }
    Buffer block = hold(DnodeLayout.metaBlockOf(objectId));
    StampedLock lock = block.contentLock();
    long stamp = lock.readLock();
    try {
      return Dnode.decode(block.address() + DnodeLayout.offsetOf(objectId), objectId);
    } finally {
      lock.unlockRead(stamp);
      block.release(this);
    }
  }

  /** As {@link #read}, but null as well, and a line in the log, when it cannot be read. */
  @Nullable Dnode readIfIntact(long objectId) {
    try {
      return read(objectId);
    } catch (CorruptException | DeviceException e) {
      passedOver(objectId, e);
      return null;
    }
  }

  private static void passedOver(long objectId, ZapException e) {
    LOGGER.log(
        System.Logger.Level.WARNING, "object " + objectId + " is passed over: " + e.getMessage());
  }

  /**
   * The node of an object, counted as used once more: to be released to the table.
   *
   * @return null when there is no such object
   * @throws org.zapkv.error.CorruptException if its dnode is damaged
   */
  @Nullable ObjectNode acquire(long objectId) {
    // The node before the dnode is read, see ObjectTable.
    ObjectNode acquired = context.table().acquire(objectId, id -> new ObjectNode(context, id));
    boolean isThere = false;
    try {
      if (!acquired.isLoaded()) {
        Dnode dnode = read(objectId);
        if (dnode != null) {
          acquired.load(dnode);
        }
      }
      isThere = acquired.isLoaded() && !acquired.isDestroyed();
    } finally {
      if (!isThere) {
        context.table().release(acquired);
      }
    }
    return isThere ? acquired : null;
  }

  /** As {@link #acquire}, but null as well, and a line in the log, when it cannot be read. */
  @Nullable ObjectNode acquireIfIntact(long objectId) {
    try {
      return acquire(objectId);
    } catch (CorruptException | DeviceException e) {
      passedOver(objectId, e);
      return null;
    }
  }

  /** The numbers of the free dnodes in a block: a bit for each. */
  long freeDnodes(long metaBlock) {
    long free = 0;
    Buffer block = hold(metaBlock);
    StampedLock lock = block.contentLock();
    long stamp = lock.readLock();
    try {
      for (int slot = 0; slot < DnodeLayout.PER_META_BLOCK; slot++) {
        long type = block.address() + DnodeLayout.offsetOf(slot) + DnodeLayout.TYPE;
        if (NativeMemory.getUnsignedByte(type) == 0) {
          free |= 1L << slot;
        }
      }
      return free;
    } finally {
      lock.unlockRead(stamp);
      block.release(this);
    }
  }

  private Buffer hold(long metaBlock) {
    // From the reserve if need be: the syncing thread, too, comes by here.
    return context
        .cache()
        .holdReserved(node, OBJECT_ID, metaBlock, DnodeLayout.META_BLOCK_BYTES, this);
  }

  /** Begins to write the dnodes changed in a group; by the syncing thread. */
  Update update(long group) {
    return new Update(group);
  }

  /** The dnodes changed in a group, on their way into the meta object. */
  final class Update implements AutoCloseable {
    private final long group;
    private final TreeWriter writer;
    private long blockCount = node.syncedDnode().blockCount();
    private long currentBlock;
    private int waiting;
    private @Nullable Buffer current;

    private Update(long group) {
      this.group = group;
      this.writer = new TreeWriter(context, node, group, node.syncedDnode().allocatedBytes());
    }

    /** Stores a dnode, null for none; the objects come in ascending order. */
    void put(long objectId, @Nullable Dnode dnode) {
      Buffer block = moveTo(DnodeLayout.metaBlockOf(objectId));
      long address = block.address() + DnodeLayout.offsetOf(objectId);
      StampedLock lock = block.contentLock();
      long stamp = lock.writeLock();
      try {
        if (dnode == null) {
          NativeMemory.fill(address, DnodeLayout.SIZE_BYTES, (byte) 0);
        } else {
          dnode.encode(address);
        }
      } finally {
        lock.unlockWrite(stamp);
      }
    }

    /**
     * Has a block of dnodes written again as it is, unless it cannot be read; in ascending order
     * with those of {@link #put}.
     */
    void touch(long metaBlock) {
      boolean isCurrent = current != null && currentBlock == metaBlock;
      if (!isCurrent && isReadable(metaBlock)) {
        moveTo(metaBlock);
      }
    }

    private boolean isReadable(long metaBlock) {
      try {
        hold(metaBlock).release(MetaObject.this);
        return true;
      } catch (CorruptException | DeviceException e) {
        LOGGER.log(System.Logger.Level.WARNING, "not moved: " + e.getMessage());
        return false;
      }
    }

    ObjectNode node() {
      return node;
    }

    /** Has an indirect block above the dnodes written again as it is; after all of the above. */
    void rewrite(int level, long index, long limitBytes) {
      complete();
      writer.rewrite(level, index, limitBytes);
    }

    private Buffer moveTo(long metaBlock) {
      Buffer present = current;
      if (present != null && currentBlock == metaBlock) {
        return present;
      }
      complete();
      blockCount = Math.max(blockCount, metaBlock + 1);
      writer.grow(blockCount);
      Buffer next =
          context
              .cache()
              .holdReserved(
                  node, OBJECT_ID, metaBlock, DnodeLayout.META_BLOCK_BYTES, MetaObject.this);
      next.dirty(group);
      current = next;
      currentBlock = metaBlock;
      return next;
    }

    private void complete() {
      Buffer complete = current;
      if (complete != null) {
        current = null;
        try {
          writer.write(currentBlock, complete);
          if (++waiting >= MAX_WAITING) {
            waiting = 0;
            context.pool().stager().flush();
          }
        } finally {
          complete.release(MetaObject.this);
        }
      }
    }

    /** Stages what is left of the meta object, and gives its dnode. */
    Dnode finish() {
      complete();
      writer.finish();
      BlockTree.Root root = node.tree().root();
      Dnode next = node.syncedDnode().withTree(root, blockCount, writer.allocatedBytes());
      node.setSyncedDnode(next);
      return next;
    }

    @Override
    public void close() {
      Buffer left = current;
      if (left != null) {
        current = null;
        left.release(MetaObject.this);
      }
      writer.close();
    }
  }
}
