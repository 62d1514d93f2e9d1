// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Moves blocks from the end of the device down into its free space, so that it can shrink: a few
 * with each step of a {@link Compaction}, and by itself when much of a device is free and there is
 * nothing else to do. Used by the syncing thread.
 */
final class Settler {

  /*
   * Implementation notes
   *
   * New blocks go to the lowest space that is free. But a group that frees most of a store writes its
   * own blocks, few as they are, while all that it frees is still in use: at the end of the file. And
   * some of what was written before may lie there too. A group that changes much leaves as much free
   * as it has written. So when the file could be a good deal smaller, and nobody has changed anything
   * for an interval of syncing, or the store is closed, what lies high is written once more: in a
   * group without changes, then in another, each with a bounded part of it, until the next change.
   * How many may follow an ordinary group is bounded, too: what finds no place below stays.
   *
   * When the store is closed nobody will need the gaps soon, so less is left of them than at an interval.
   *
   * What lies high is then found by walking over the indirect blocks of everything: cheap, as it is
   * done only for stores of some GiB (SpaceMap.spreadBytes). A compaction finds it by itself, while the
   * store is in use, and offers it; it is moved with the changes of the next group, if there are any.
   *
   * Data blocks are copied from device to device, past the cache: what they hold does not change, so
   * whatever the cache has of them, a newer version even, is as right as before. Indirect blocks and
   * dnodes are written again as if they had changed.
   */

  private final ObjectContext context;
  private final MetaObject meta;

  /** What a compaction wants to be moved next. Set by anyone, taken by the syncing thread. */
  private final AtomicReference<@Nullable Moves> offered = new AtomicReference<>();

  private final boolean isAutomatic;

  /** Written by the syncing thread, read by anyone. */
  private volatile boolean wanted;

  /** How many groups may move something by themselves before the next change. */
  private long roundsLeft;

  /** For the syncing thread. */
  private boolean isClosing;

  Settler(ObjectContext context, MetaObject meta, boolean isAutomatic) {
    this.context = context;
    this.meta = meta;
    this.isAutomatic = isAutomatic;
  }

  boolean isWanted() {
    return wanted || offered.get() != null;
  }

  /** Has blocks moved with the open group, or one before. */
  void offer(Moves moves) {
    offered.set(moves);
  }

  /**
   * A group is durable.
   *
   * @param isOrdinary whether it had changes of its own
   */
  void groupCommitted(boolean isOrdinary) {
    look(isOrdinary);
  }

  /** The store is closed: what is moved from now on is moved closer together. */
  void closing() {
    isClosing = true;
    look(true);
  }

  private void look(boolean isNew) {
    long spreadBytes = isAutomatic ? context.pool().spreadBytes(isClosing) : 0;
    if (isNew) {
      // One more, for second copies that found no room away from the first ones but high up.
      roundsLeft = spreadBytes == 0 ? 0 : 2 + spreadBytes / HighBlocks.MAX_BYTES;
    }
    wanted = spreadBytes > 0 && roundsLeft > 0;
  }

  /**
   * What is to be moved with a group.
   *
   * @param isOrdinary whether the group has changes of its own
   */
  Moves take(boolean isOrdinary) {
    Moves moves = offered.getAndSet(null);
    if (moves != null) {
      return moves;
    }
    if (isOrdinary || !wanted) {
      return Moves.NONE;
    }
    wanted = false;
    roundsLeft--;
    HighBlocks high = new HighBlocks(context.pool(), context.pool().settledEndBytes(isClosing));
    try (StoreWalker walker = new StoreWalker(context.cache(), context.pool(), high)) {
      walker.walk();
    }
    return high.moves();
  }

  /** Moves blocks of objects that have no changes, up to an object that has some. */
  void moveBefore(long objectId, Moves moves, long group, MetaObject.Update update) {
    long next = moves.firstObject();
    while (next < objectId) {
      moves.touchBefore(DnodeLayout.metaBlockOf(next), update);
      moveObject(next, moves, group, update);
      moves.removeObject(next);
      next = moves.firstObject();
    }
  }

  private void moveObject(long objectId, Moves moves, long group, MetaObject.Update update) {
    Dnode stored = meta.readIfIntact(objectId);
    if (stored == null) {
      return;
    }
    ObjectNode node = context.table().acquire(objectId, id -> new ObjectNode(context, id));
    try {
      if (!node.isLoaded()) {
        node.load(stored);
      }
      Dnode old = node.syncedDnode();
      if (old.birthGroup() != stored.birthGroup()) {
        /* A new object under the same number: not in the state that this group makes. */
        return;
      }
      try (TreeWriter writer = new TreeWriter(context, node, group, old.allocatedBytes())) {
        moves.rewrite(node, writer);
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
