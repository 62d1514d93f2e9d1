// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.Pool;
import org.zapkv.pool.SyncParticipant;

/** Writes the objects changed in a group, then their dnodes, then the meta object. */
final class ObjectSync implements SyncParticipant {
  private final ObjectTable table;
  private @Nullable ObjectContext context;
  private @Nullable MetaObject meta;
  private @Nullable Settler settler;
  private @Nullable IoMemory rootMemory;

  /** Whether the group being synced has changes. */
  private boolean isOrdinary;

  ObjectSync(ObjectTable table) {
    this.table = table;
  }

  /**
   * Says what to work on; before the syncing thread starts.
   *
   * @param autoCompact whether the device is made smaller by itself
   */
  void start(ObjectContext objects, MetaObject metaObject, boolean autoCompact) {
    context = objects;
    meta = metaObject;
    settler = new Settler(objects, metaObject, autoCompact);
    rootMemory = objects.cache().allocateIo(Pool.ROOT_BYTES);
  }

  /** Gives memory back; after the syncing thread has ended. */
  void close() {
    if (rootMemory != null) {
      rootMemory.close();
    }
  }

  @Override
  public boolean hasChanges(long group) {
    return table.hasChanged(group);
  }

  @Override
  public boolean wantsEmptyGroup() {
    return settler().isWanted();
  }

  @Override
  public byte[] sync(long group) {
    try (MetaObject.Update update = Objects.requireNonNull(meta).update(group)) {
      List<ObjectNode> changed = table.changedIn(group);
      isOrdinary = !changed.isEmpty();
      Moves moves = settler().take(isOrdinary);
      for (ObjectNode node : changed) {
        settler().moveBefore(node.objectId(), moves, group, update);
        moves.touchBefore(DnodeLayout.metaBlockOf(node.objectId()), update);
        syncObject(node, group, moves, update);
      }
      settler().moveBefore(Long.MAX_VALUE, moves, group, update);
      moves.finish(update);
      return encode(update.finish());
    }
  }

  private void syncObject(ObjectNode node, long group, Moves moves, MetaObject.Update update) {
    GroupChanges changes = node.changesOf(group);
    Dnode old = node.syncedDnode();
    try (TreeWriter writer =
        new TreeWriter(Objects.requireNonNull(context), node, group, old.allocatedBytes())) {
      if (changes.isDestroyed()) {
        destroy(node, changes, writer);
        update.put(node.objectId(), null);
        moves.removeObject(node.objectId());
        return;
      }
      long blockCount = Math.max(old.blockCount(), changes.blockCount());
      writer.grow(blockCount);
      changes.freed().forEach(writer::clear);
      node.freesApplied(changes);
      writeBlocks(changes, writer);
      moves.rewrite(node, writer);
      writer.finish();
      Dnode next = next(node, old, changes, blockCount, writer.allocatedBytes());
      node.setSyncedDnode(next);
      update.put(node.objectId(), next);
    }
  }

  private static void destroy(ObjectNode node, GroupChanges changes, TreeWriter writer) {
    for (Buffer buffer : changes.dirtyBuffers()) {
      buffer.clean(changes.group());
    }
    writer.clear(0, TreeShape.capacityBlocks(node.tree().root().levels()));
    writer.finish();
  }

  private static void writeBlocks(GroupChanges changes, TreeWriter writer) {
    for (long blockId : changes.changedBlocks()) {
      BlockPointer override = changes.override(blockId);
      Buffer buffer = changes.dirtyBuffer(blockId);
      if (override != null) {
        writer.point(blockId, override);
      } else if (buffer != null && buffer.isDirty(changes.group())) {
        writer.write(blockId, buffer);
      }
    }
  }

  private static Dnode next(
      ObjectNode node, Dnode old, GroupChanges changes, long blockCount, long allocatedBytes) {
    Dnode next = old.withTree(node.tree().root(), blockCount, allocatedBytes);
    return changes.blockBytes() == 0 ? next : next.withBlockBytes(changes.blockBytes());
  }

  private byte[] encode(Dnode dnode) {
    long address = Objects.requireNonNull(rootMemory).address();
    byte[] root = new byte[Pool.ROOT_BYTES];
    dnode.encode(address);
    NativeMemory.copyToArray(address, root, 0, root.length);
    return root;
  }

  @Override
  public void committed(long group) {
    for (ObjectNode node : table.changedIn(group)) {
      if (node.changesOf(group).isDestroyed()) {
        Objects.requireNonNull(context).cache().dropObject(node.objectId());
      }
      node.committed(group);
      table.release(node);
    }
    table.clearChanged(group);
    settler().groupCommitted(isOrdinary);
  }

  @Override
  public void closing() {
    settler().closing();
  }

  /** Has blocks moved with the open group, or one before. */
  void offer(Moves moves) {
    settler().offer(moves);
  }

  private Settler settler() {
    return Objects.requireNonNull(settler);
  }
}
