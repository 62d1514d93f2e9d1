// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.BlockStager;
import org.zapkv.pool.Pool;

/**
 * Brings the block tree of one object up to date for the group being synced. Used by the syncing
 * thread alone, in the order: {@link #grow}, {@link #clear}, {@link #write} and {@link #point},
 * then {@link #finish}.
 */
final class TreeWriter implements AutoCloseable {

  /*
   * Implementation notes
   *
   * Indirect blocks are changed in the cache, dirty in the group, so they stay there until written.
   * To bound that memory, when many of level 1 are dirty all of them are written; one that changes
   * again after that is written again. Before such a block is changed it must have left the stager:
   * the stager cleans what it has written, and a change made in between would be taken for written.
   *
   * A path of the tree is held at a time, top first: then reading a block never needs memory for the
   * blocks above it, and memory for this thread's own holds may come from the cache's reserve.
   */

  private static final System.Logger LOGGER = System.getLogger(TreeWriter.class.getName());

  /** How many dirty indirect blocks of level 1, 4 KiB each, may wait in the cache. */
  private static final int MAX_WAITING = 32;

  /** How many copied data blocks wait to be on the device together. */
  private static final int MAX_MOVED = 256;

  private final BufferCache cache;
  private final Pool pool;
  private final BlockStager stager;
  private final ObjectNode node;
  private final BlockTree tree;
  private final long objectId;
  private final long group;
  private final List<TreeMap<Long, Buffer>> dirty = new ArrayList<>();
  private final @Nullable Buffer[] path = new Buffer[TreeShape.MAX_LEVELS + 1];

  /**
   * Data blocks that were copied, and are not in the tree yet. Nothing in the cache keeps others
   * from reading them, so they must be on the device before their pointers can be found.
   */
  private final TreeMap<Long, BlockPointer> moved = new TreeMap<>();

  private long allocatedBytes;

  /**
   * A writer for one object and one group.
   *
   * @param node the object
   * @param group the group being synced
   * @param allocatedBytes the space its blocks take so far
   */
  TreeWriter(ObjectContext context, ObjectNode node, long group, long allocatedBytes) {
    this.cache = context.cache();
    this.pool = context.pool();
    this.stager = pool.stager();
    this.node = node;
    this.tree = node.tree();
    this.objectId = node.objectId();
    this.group = group;
    this.allocatedBytes = allocatedBytes;
    for (int level = 0; level <= TreeShape.MAX_LEVELS; level++) {
      dirty.add(new TreeMap<>());
    }
  }

  /** The space that the object's blocks of all levels take. */
  long allocatedBytes() {
    return allocatedBytes;
  }

  /** Adds levels until the tree has room for a number of blocks. */
  void grow(long blockCount) {
    while (TreeShape.capacityBlocks(tree.root().levels()) < blockCount) {
      addLevel();
    }
  }

  private void addLevel() {
    BlockTree.Root old = tree.root();
    int level = old.levels();
    if (!old.pointer().isHole() || isDirty(level - 1, 0)) {
      Buffer top = hold(level, 0);
      change(top, level, 0);
      StampedLock lock = top.contentLock();
      long stamp = lock.writeLock();
      try {
        top.beginChange();
        NativeMemory.fill(top.address(), TreeShape.INDIRECT_BYTES, (byte) 0);
        old.pointer().encode(top.address());
        top.endChange();
      } finally {
        lock.unlockWrite(stamp);
      }
    }
    tree.setRoot(new BlockTree.Root(level + 1, BlockPointer.HOLE));
  }

  /** Frees the blocks of a range and makes holes of them. */
  void clear(long firstBlock, long endBlock) {
    clear(tree.root().levels() - 1, 0, firstBlock, endBlock);
  }

  private void clear(int level, long index, long firstBlock, long endBlock) {
    if (level == 0) {
      set(0, index, BlockPointer.HOLE);
      return;
    }
    if (pointerOf(level, index).isHole() && !isDirty(level, index)) {
      return;
    }
    long childSpan = TreeShape.spanBlocks(level - 1);
    long firstChild = index << TreeShape.FANOUT_SHIFT;
    long from = Math.max(firstChild, firstBlock / childSpan);
    long to = Math.min(firstChild + TreeShape.FANOUT - 1, (endBlock - 1) / childSpan);
    for (long child = from; child <= to; child++) {
      clear(level - 1, child, firstBlock, endBlock);
    }
  }

  /** Writes the new version of a data block from its dirty buffer. */
  void write(long blockId, Buffer buffer) {
    set(0, blockId, stager.stage(buffer, node.newBlock(0, blockId, group)));
  }

  /**
   * Writes a block again as it is, to where there is space now, if it ends beyond a place on the
   * device.
   */
  void rewrite(int level, long index, long limitBytes) {
    int above = tree.root().levels() - 1 - level;
    if (above < 0 || index >= TreeShape.spanBlocks(above)) {
      return;
    }
    BlockPointer pointer = pointerOf(level, index);
    /* What this group has written is where space was, and may not be on the device yet. */
    if (pointer.isHole() || pool.endBytes(pointer) <= limitBytes || pointer.birthGroup() == group) {
      return;
    }
    if (level > 0) {
      change(hold(level, index), level, index);
      return;
    }
    try {
      moved.put(index, stager.copy(pointer, node.newBlock(0, index, group)));
    } catch (CorruptException e) {
      /* It stays where it is, for whoever reads it to be told; moving it is not that important. */
      LOGGER.log(System.Logger.Level.WARNING, "not moved: " + e.getMessage());
    }
    if (moved.size() >= MAX_MOVED) {
      pointToMoved();
    }
  }

  /** Puts the pointers of data blocks that were copied where they belong. */
  private void pointToMoved() {
    if (!moved.isEmpty()) {
      stager.flush();
      moved.forEach((index, pointer) -> set(0, index, pointer));
      moved.clear();
    }
  }

  /** Takes over the new version of a data block that was written early. */
  void point(long blockId, BlockPointer pointer) {
    set(0, blockId, pointer);
  }

  /** Writes the indirect blocks, bottom up, and publishes the new root. */
  void finish() {
    pointToMoved();
    for (int level = 1; level < tree.root().levels(); level++) {
      writeLevel(level);
    }
  }

  private void writeLevel(int level) {
    TreeMap<Long, Buffer> waiting = dirty.get(level);
    while (!waiting.isEmpty()) {
      long index = waiting.firstKey();
      Buffer buffer = hold(level, index);
      waiting.pollFirstEntry();
      writeIndirect(level, index, buffer);
    }
  }

  private void writeIndirect(int level, long index, Buffer buffer) {
    if (isAllHoles(buffer)) {
      buffer.clean(group);
      set(level, index, BlockPointer.HOLE);
    } else {
      set(level, index, stager.stage(buffer, node.newBlock(level, index, group)));
    }
  }

  private static boolean isAllHoles(Buffer buffer) {
    long any = 0;
    for (int offset = 0; offset < TreeShape.INDIRECT_BYTES && any == 0; offset += Long.BYTES) {
      any = NativeMemory.getLong(buffer.address() + offset);
    }
    return any == 0;
  }

  /** Puts a pointer where it belongs, frees what was there. */
  private void set(int level, long index, BlockPointer pointer) {
    BlockPointer old = pointerOf(level, index);
    if (old.equals(pointer)) {
      return;
    }
    BlockTree.Root root = tree.root();
    if (level == root.levels() - 1) {
      tree.setRoot(new BlockTree.Root(root.levels(), pointer));
    } else {
      setInParent(level, index, pointer);
    }
    pool.free(old, group);
    allocatedBytes += pool.spaceBytes(pointer) - pool.spaceBytes(old);
  }

  private void setInParent(int level, long index, BlockPointer pointer) {
    long parentIndex = TreeShape.parentIndex(index);
    Buffer parent = hold(level + 1, parentIndex);
    change(parent, level + 1, parentIndex);
    StampedLock lock = parent.contentLock();
    long stamp = lock.writeLock();
    try {
      parent.beginChange();
      pointer.encode(parent.address() + TreeShape.slotOffset(TreeShape.slotOf(index)));
      parent.endChange();
    } finally {
      lock.unlockWrite(stamp);
    }
    if (dirty.get(1).size() > MAX_WAITING && level == 0) {
      writeLevel(1);
    }
  }

  /** The pointer of a block; read without a lock, as only this thread changes it. */
  private BlockPointer pointerOf(int level, long index) {
    BlockTree.Root root = tree.root();
    if (level == root.levels() - 1) {
      return root.pointer();
    }
    Buffer parent = hold(level + 1, TreeShape.parentIndex(index));
    return BlockPointer.decode(parent.address() + TreeShape.slotOffset(TreeShape.slotOf(index)));
  }

  private void change(Buffer buffer, int level, long index) {
    if (isDirty(level, index)) {
      return;
    }
    if (buffer.isDirty(group)) {
      stager.flush();
    }
    buffer.dirty(group);
    dirty.get(level).put(index, buffer);
  }

  private boolean isDirty(int level, long index) {
    return dirty.get(level).containsKey(index);
  }

  /** Holds an indirect block as part of the path, and the blocks above it before. */
  private Buffer hold(int level, long index) {
    Buffer held = path[level];
    long cacheId = TreeShape.cacheId(level, index);
    if (held != null && held.blockId() == cacheId) {
      return held;
    }
    if (level < tree.root().levels() - 1) {
      hold(level + 1, TreeShape.parentIndex(index));
    }
    letGo(level);
    Buffer buffer = cache.holdReserved(node, objectId, cacheId, TreeShape.INDIRECT_BYTES, node);
    path[level] = buffer;
    return buffer;
  }

  private void letGo(int level) {
    Buffer held = path[level];
    if (held != null) {
      path[level] = null;
      held.release(node);
    }
  }

  /** Lets the path go. */
  @Override
  public void close() {
    for (int level = 0; level < path.length; level++) {
      letGo(level);
    }
  }
}
