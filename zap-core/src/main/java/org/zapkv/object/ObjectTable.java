// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The objects that are in memory: because a handle is open, or because they have changes that are
 * not synced. Also knows, for each group, which objects were changed in it.
 */
final class ObjectTable {

  /*
   * Implementation notes
   *
   * A node is entered before its dnode is read. So from the moment somebody begins to open an object
   * there is one node for it, whoever else opens, changes or syncs it uses the same, and what is read
   * of the dnode cannot be overtaken by a sync that this node does not see.
   *
   * The count of users is in the table, under its lock, so that "last one gone" and "removed" are one
   * step. Changes that are not durable count as a user. So when the last user of a destroyed object
   * goes, its end is durable and nobody has its blocks: only then is its number free. Until then its
   * node stays here, and says that it is destroyed.
   *
   * Lock order: the lock of a node may be held when this one is taken, never the other way.
   */

  private static final int GROUP_RING = 4;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Long, ObjectNode> nodes = new ConcurrentHashMap<>();

  /** How many users each node has. Guarded by the lock. */
  private final Map<ObjectNode, Integer> users = new HashMap<>();

  private final List<Queue<ObjectNode>> changed = new ArrayList<>();

  /** For each group, the blocks of dnodes to be written, and what is above them. */
  private final List<Set<Long>> metaBlocks = new ArrayList<>();

  private final List<BlocksAbove> aboveMeta = new ArrayList<>();

  private volatile LongConsumer endOfObject = objectId -> {};

  ObjectTable() {
    for (int i = 0; i < GROUP_RING; i++) {
      changed.add(new ConcurrentLinkedQueue<>());
      metaBlocks.add(new HashSet<>());
      aboveMeta.add(new BlocksAbove(1));
    }
  }

  /** Says whom to tell, without a lock, that a destroyed object is gone for good. */
  void onEnd(LongConsumer action) {
    endOfObject = action;
  }

  /** The node of an object, counted as used once more; made if there is none. */
  ObjectNode acquire(long objectId, LongFunction<ObjectNode> maker) {
    lock.lock();
    try {
      ObjectNode node = nodes.get(objectId);
      if (node == null) {
        node = maker.apply(objectId);
        nodes.put(objectId, node);
      }
      users.merge(node, 1, Integer::sum);
      return node;
    } finally {
      lock.unlock();
    }
  }

  /** Undoes one {@link #acquire}. */
  void release(ObjectNode node) {
    boolean isLast;
    lock.lock();
    try {
      isLast = users.merge(node, -1, Integer::sum) == 0;
      if (isLast) {
        users.remove(node);
        nodes.remove(node.objectId(), node);
      }
    } finally {
      lock.unlock();
    }
    if (isLast && node.isDestroyed()) {
      endOfObject.accept(node.objectId());
    }
  }

  /** The node of an object if it is in memory; not counted as used. */
  @Nullable ObjectNode find(long objectId) {
    return nodes.get(objectId);
  }

  /**
   * The first change of an object in a group: it stays in memory until the group is synced.
   *
   * @return the bytes of blocks of the meta object that have to be written and had not so far
   */
  long noteChanged(ObjectNode node, long group) {
    long metaBlock = DnodeLayout.metaBlockOf(node.objectId());
    long metaBytes = 0;
    lock.lock();
    try {
      users.merge(node, 1, Integer::sum);
      if (metaBlocks.get(ringIndex(group)).add(metaBlock)) {
        metaBytes =
            ObjectType.COPIES_ABOVE * DnodeLayout.META_BLOCK_BYTES
                + aboveMeta.get(ringIndex(group)).add(metaBlock);
      }
    } finally {
      lock.unlock();
    }
    changed.get(ringIndex(group)).add(node);
    return metaBytes;
  }

  boolean hasChanged(long group) {
    return !changed.get(ringIndex(group)).isEmpty();
  }

  /** The objects changed in a group, in the order of their numbers. */
  List<ObjectNode> changedIn(long group) {
    List<ObjectNode> nodesOfGroup = new ArrayList<>(changed.get(ringIndex(group)));
    nodesOfGroup.sort(Comparator.comparingLong(ObjectNode::objectId));
    return Collections.unmodifiableList(nodesOfGroup);
  }

  void clearChanged(long group) {
    changed.get(ringIndex(group)).clear();
    lock.lock();
    try {
      metaBlocks.get(ringIndex(group)).clear();
      aboveMeta.set(ringIndex(group), new BlocksAbove(1));
    } finally {
      lock.unlock();
    }
  }

  private static int ringIndex(long group) {
    return (int) (group % GROUP_RING);
  }
}
