// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.Comparator;
import java.util.HashSet;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.zapkv.error.ZapException;
import org.zapkv.pool.BlockPointer;

/** Collects the blocks that lie beyond a place on the device. */
final class HighBlocks implements StoreWalker.Visitor {

  /** More than this is not moved at once. */
  private static final long MAX_BYTES = 64 << 20;

  /**
   * A block.
   *
   * @param objectId the object it belongs to
   * @param level its level
   * @param index its number within the level
   */
  record Block(long objectId, int level, long index) {}

  private final NavigableSet<Block> blocks =
      new TreeSet<>(
          Comparator.comparingLong(Block::objectId)
              .thenComparingInt(Block::level)
              .thenComparingLong(Block::index));
  private final Set<Long> damaged = new HashSet<>();
  private final long limitBytes;
  private long bytes;

  HighBlocks(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  /** The blocks of the objects with numbers from one to below another, by object, level, index. */
  NavigableSet<Block> blocks(long fromObject, long toObject) {
    return blocks.subSet(new Block(fromObject, 0, 0), true, new Block(toObject, 0, 0), false);
  }

  @Override
  public boolean object(long objectId, Dnode dnode) {
    return true;
  }

  @Override
  public boolean pointer(long objectId, BlockPointer pointer, int level, long index) {
    long highest = Math.max(pointer.offsetBytes(), pointer.secondOffsetBytes());
    if (highest + pointer.physicalBytes() > limitBytes
        && bytes < MAX_BYTES
        && !damaged.contains(objectId)) {
      bytes += pointer.physicalBytes();
      blocks.add(new Block(objectId, level, index));
    }
    return true;
  }

  @Override
  public void endOfObject(long objectId, Dnode dnode) {}

  @Override
  public void damaged(long objectId, long blockId, ZapException problem) {
    /* Nothing of the object is moved: what cannot be read cannot be written again, nor can what lies
    above or below it. Whoever reads it is told. */
    damaged.add(objectId);
    blocks(objectId, objectId + 1).clear();
  }
}
