// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.Comparator;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.TreeSet;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;

/**
 * Blocks that lie beyond some place on the device and are to be written again below it, with a
 * group. They are hints: what is no longer there, or no longer beyond, is left alone.
 */
final class Moves {
  private static final System.Logger LOGGER = System.getLogger(Moves.class.getName());

  /** None at all. */
  static final Moves NONE = new Moves(Long.MAX_VALUE);

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
  private final long limitBytes;

  /**
   * No blocks yet.
   *
   * @param limitBytes what ends beyond this place of the device is moved
   */
  Moves(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  long limitBytes() {
    return limitBytes;
  }

  boolean isEmpty() {
    return blocks.isEmpty();
  }

  void add(long objectId, int level, long index) {
    blocks.add(new Block(objectId, level, index));
  }

  /** Leaves an object where it is. */
  void removeObject(long objectId) {
    blocksOf(objectId).clear();
  }

  /** The lowest number of an ordinary object of which there are blocks, else the highest number. */
  long firstObject() {
    Block first = blocks.ceiling(new Block(MetaObject.OBJECT_ID + 1, 0, 0));
    return first == null ? Long.MAX_VALUE : first.objectId();
  }

  /** Has the blocks of an object written again, as far as they are there. */
  void rewrite(ObjectNode node, TreeWriter writer) {
    NavigableSet<Block> ofObject = blocksOf(node.objectId());
    for (Block block : ofObject) {
      if (isReachable(node, block)) {
        writer.rewrite(block.level(), block.index(), limitBytes);
      }
    }
    ofObject.clear();
  }

  private NavigableSet<Block> blocksOf(long objectId) {
    return blocks.subSet(new Block(objectId, 0, 0), true, new Block(objectId + 1, 0, 0), false);
  }

  /**
   * Whether the blocks above can be read, and the block if it is one of them. What cannot stays
   * where it is, for whoever reads it to be told; half-way it would fail the group.
   */
  private static boolean isReachable(ObjectNode node, Block block) {
    try {
      if (block.level() == 0) {
        node.tree().lookup(node, 0, block.index());
      } else {
        node.tree().lookup(node, block.level() - 1, block.index() << TreeShape.FANOUT_SHIFT);
      }
      return true;
    } catch (CorruptException | DeviceException e) {
      LOGGER.log(System.Logger.Level.WARNING, "not moved: " + e.getMessage());
      return false;
    }
  }

  /** Blocks of dnodes are written in ascending order: those to be moved before one that changes. */
  void touchBefore(long metaBlock, MetaObject.Update update) {
    Block first = blocks.isEmpty() ? null : blocks.first();
    while (first != null
        && first.objectId() == MetaObject.OBJECT_ID
        && first.level() == 0
        && first.index() < metaBlock) {
      blocks.pollFirst();
      update.touch(first.index());
      first = blocks.isEmpty() ? null : blocks.first();
    }
  }

  /** What is left, the objects being done. */
  void finish(MetaObject.Update update) {
    touchBefore(Long.MAX_VALUE, update);
    while (!blocks.isEmpty()) {
      Block indirect = Objects.requireNonNull(blocks.pollFirst());
      if (isReachable(update.node(), indirect)) {
        update.rewrite(indirect.level(), indirect.index(), limitBytes);
      }
    }
  }
}
