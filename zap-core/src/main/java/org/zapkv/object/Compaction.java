// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;
import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.Pool;
import org.zapkv.pool.Transaction;
import org.zapkv.pool.TransactionGroups;

/**
 * Makes a store's device as small as it gets, in steps, while the store is in use: what lies beyond
 * the place where the used space would end without gaps is moved into the gaps. Each step is part
 * of one transaction group, so a crash at any moment leaves a store like any other. Used by one
 * thread.
 */
public final class Compaction {

  /*
   * Implementation notes
   *
   * A pass walks over all objects by their numbers, over each by its block numbers, and looks pointers
   * up as readers do: nobody waits for that, and what it finds is a hint, see Moves. When some MiB are
   * found they are offered to the syncing thread, and the group they are moved with is waited for. A
   * pass that has made the device smaller is followed by another, up to a few: what was in the way of
   * one, because it was freed in its last groups, is not in the way of the next.
   *
   * Memory: the hints of one step. Space: a block is written to its new place before the old one is
   * free, so each step reserves what it moves.
   */

  /** A step moves no more data than this. */
  private static final long STEP_BYTES = 8 << 20;

  /** Nor does it look at more than this, so that it ends soon also where nothing is to be moved. */
  private static final int STEP_POINTERS = 1 << 16;

  private static final int MAX_PASSES = 6;

  private final ObjectContext context;
  private final MetaObject meta;
  private final ObjectSync sync;
  private final long beginBytes;

  private int passes;
  private long passBeginBytes;
  private long limitBytes;
  private long passedBytes;
  private long movedBytes;

  /** Where the pass is: an object, and a block of it. */
  private long objectId;

  private long blockId;

  /** What the present step has found. */
  private Moves moves = Moves.NONE;

  private long foundBytes;
  private int pointers;

  Compaction(ObjectContext context, MetaObject meta, ObjectSync sync) {
    this.context = context;
    this.meta = meta;
    this.sync = sync;
    this.beginBytes = deviceBytes();
  }

  /**
   * Does one step more.
   *
   * @return false if there is nothing left to do
   * @throws org.zapkv.error.StoreFullException if there is no room to move anything
   * @throws org.zapkv.error.StoreFailedException if the changes so far can not be written
   */
  public boolean step() {
    if (passes == 0 && !beginPass()) {
      return false;
    }
    moves = new Moves(limitBytes);
    foundBytes = 0;
    pointers = 0;
    while (foundBytes < STEP_BYTES && pointers < STEP_POINTERS) {
      if (objectId >= meta.capacity()) {
        move();
        return beginPass();
      }
      walkObject();
    }
    move();
    return true;
  }

  private boolean beginPass() {
    TransactionGroups groups = context.groups();
    /* Space that was freed can be used, and cut off, only after the groups that it was freed in. */
    groups.sync();
    groups.sync();
    long bytes = deviceBytes();
    limitBytes = pool().compactEndBytes();
    boolean isDone = bytes <= limitBytes || (passes > 0 && bytes >= passBeginBytes);
    if (isDone || passes == MAX_PASSES) {
      return false;
    }
    passes++;
    passBeginBytes = bytes;
    passedBytes = 0;
    objectId = MetaObject.OBJECT_ID;
    blockId = 0;
    return true;
  }

  private void walkObject() {
    boolean isMeta = objectId == MetaObject.OBJECT_ID;
    ObjectNode node = isMeta ? meta.node() : meta.acquireIfIntact(objectId);
    pointers++;
    if (node == null) {
      nextObject();
      return;
    }
    try {
      walk(node);
    } catch (CorruptException | DeviceException e) {
      /* What cannot be read is left, and so is the rest of the object: it is for a check to tell. */
      moves.removeObject(objectId);
      nextObject();
    } finally {
      if (!isMeta) {
        context.table().release(node);
      }
    }
  }

  private void nextObject() {
    objectId++;
    blockId = 0;
  }

  /** Goes on in an object until its end, or the end of the step. */
  private void walk(ObjectNode node) {
    while (foundBytes < STEP_BYTES && pointers < STEP_POINTERS) {
      int levels = node.tree().root().levels();
      if (blockId >= TreeShape.capacityBlocks(levels)) {
        nextObject();
        return;
      }
      blockId += walkDown(node, levels - 1);
    }
  }

  /**
   * Looks at the blocks above the present one, as far as it is the first below them, and at it and
   * its neighbours.
   *
   * @return how many blocks have been looked at, or are not there
   */
  private long walkDown(ObjectNode node, int top) {
    for (int level = top; level > 0; level--) {
      long index = blockId >>> (TreeShape.FANOUT_SHIFT * level);
      BlockPointer pointer = node.tree().lookup(node, level, index);
      long span = TreeShape.spanBlocks(level);
      if (pointer.isHole()) {
        pointers++;
        return span - (blockId & (span - 1));
      }
      if ((blockId & (span - 1)) == 0) {
        look(pointer, level, index);
      }
    }
    int count = top == 0 ? 1 : TreeShape.FANOUT;
    for (int i = 0; i < count; i++) {
      BlockPointer pointer = node.tree().lookup(node, 0, blockId + i);
      if (!pointer.isHole()) {
        look(pointer, 0, blockId + i);
      }
    }
    return count;
  }

  private void look(BlockPointer pointer, int level, long index) {
    long bytes = pool().spaceBytes(pointer);
    pointers++;
    passedBytes += bytes;
    if (pool().endBytes(pointer) > limitBytes) {
      foundBytes += bytes;
      moves.add(objectId, level, index);
    }
  }

  /** Has what was found moved, and waits until it is durable. */
  private void move() {
    if (moves.isEmpty()) {
      return;
    }
    TransactionGroups groups = context.groups();
    long group;
    try (Transaction tx = groups.begin(foundBytes, true)) {
      group = tx.group();
      groups.addAbove(group, foundBytes);
      sync.offer(moves);
    }
    groups.awaitSynced(group);
    movedBytes += foundBytes;
  }

  private Pool pool() {
    return context.pool();
  }

  private long deviceBytes() {
    return pool().deviceBytes();
  }

  /**
   * How much the present pass has looked at.
   *
   * @return bytes
   */
  public long passedBytes() {
    return passedBytes;
  }

  /**
   * How much there is to look at, as known now.
   *
   * @return bytes
   */
  public long totalBytes() {
    return Math.max(passedBytes, pool().usedBytes());
  }

  /**
   * How much was found to lie too high, and moved if there was room before it.
   *
   * @return bytes
   */
  public long movedBytes() {
    return movedBytes;
  }

  /**
   * How large the device was.
   *
   * @return bytes
   */
  public long beginBytes() {
    return beginBytes;
  }

  /**
   * How large the device is.
   *
   * @return bytes
   */
  public long endBytes() {
    return deviceBytes();
  }
}
