// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.NavigableSet;
import java.util.Objects;

/**
 * Moves blocks at the end of a file that is nearly empty down into its free space, so that the file
 * can shrink. Used by the syncing thread.
 */
final class Settler {

  /*
   * Implementation notes
   *
   * New blocks go to the lowest space that is free. But a group that frees most of a store writes its
   * own blocks, few as they are, while all that it frees is still in use: at the end of the file. And
   * some of what was written before may lie there too. So when a small part of the file is used, and
   * nobody has changed anything in the group after, what lies high is written once more. One such
   * group follows an ordinary group at most.
   *
   * What lies high is found by walking over the indirect blocks of everything: cheap, as it is done
   * only when little is used (SpaceMap.isSpreadOut).
   *
   * Data blocks are copied from device to device, past the cache: what they hold does not change, so
   * whatever the cache has of them, a newer version even, is as right as before. Indirect blocks and
   * dnodes are written again as if they had changed.
   */

  private final ObjectContext context;
  private final MetaObject meta;

  /** Written by the syncing thread, read by anyone. */
  private volatile boolean wanted;

  Settler(ObjectContext context, MetaObject meta) {
    this.context = context;
    this.meta = meta;
  }

  boolean isWanted() {
    return wanted;
  }

  /** An ordinary group is durable. */
  void groupCommitted() {
    wanted = context.pool().isSpreadOut();
  }

  /** Writes what lies high once more; the group has no changes of its own. */
  void settle(long group, MetaObject.Update update) {
    wanted = false;
    HighBlocks high = new HighBlocks(context.pool().packedEndBytes());
    try (StoreWalker walker = new StoreWalker(context.cache(), context.pool(), high)) {
      walker.walk();
    }
    NavigableSet<HighBlocks.Block> ofMeta = high.blocks(MetaObject.OBJECT_ID, 1);
    NavigableSet<HighBlocks.Block> ofObjects = high.blocks(1, Long.MAX_VALUE);
    while (!ofObjects.isEmpty()) {
      long objectId = ofObjects.first().objectId();
      touchBefore(DnodeLayout.metaBlockOf(objectId), ofMeta, update);
      settleObject(objectId, ofObjects, group, update);
    }
    touchBefore(Long.MAX_VALUE, ofMeta, update);
    while (!ofMeta.isEmpty()) {
      HighBlocks.Block indirect = Objects.requireNonNull(ofMeta.pollFirst());
      update.rewrite(indirect.level(), indirect.index());
    }
  }

  /** Blocks of dnodes are written in ascending order, those touched and those changed. */
  private static void touchBefore(
      long metaBlock, NavigableSet<HighBlocks.Block> ofMeta, MetaObject.Update update) {
    while (!ofMeta.isEmpty() && ofMeta.first().level() == 0 && ofMeta.first().index() < metaBlock) {
      update.touch(Objects.requireNonNull(ofMeta.pollFirst()).index());
    }
  }

  private void settleObject(
      long objectId, NavigableSet<HighBlocks.Block> blocks, long group, MetaObject.Update update) {
    ObjectNode node = context.table().acquire(objectId, id -> new ObjectNode(context, id));
    try {
      if (!node.isLoaded()) {
        node.load(Objects.requireNonNull(meta.read(objectId)));
      }
      Dnode old = node.syncedDnode();
      try (TreeWriter writer = new TreeWriter(context, node, group, old.allocatedBytes())) {
        while (!blocks.isEmpty() && blocks.first().objectId() == objectId) {
          HighBlocks.Block block = Objects.requireNonNull(blocks.pollFirst());
          writer.rewrite(block.level(), block.index());
        }
        writer.finish();
        Dnode next = old.withTree(node.tree().root(), old.blockCount(), writer.allocatedBytes());
        node.setSyncedDnode(next);
        update.put(objectId, next);
      }
    } finally {
      context.table().release(node);
    }
  }
}
