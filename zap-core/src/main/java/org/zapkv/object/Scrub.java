// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.IoMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.ZapException;
import org.zapkv.pool.BadCopy;
import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.Pool;

/**
 * Reads every copy of every block from the device, in steps, while the store is in use; verifies
 * it, and writes a bad copy again from the good one. Nobody waits for that. Used by one thread.
 */
public final class Scrub {

  /*
   * Implementation notes
   *
   * The walk is that of Compaction: over the objects by their numbers, over each by its block
   * numbers, from the top of its tree down, with pointers looked up as readers do. The place where a
   * step ended is an object and a block of level 0. A block above is verified with the first block
   * below it. What is written behind the walk was not there to be scrubbed; nor were objects, or
   * blocks at an object's end, that came after the walk did.
   *
   * What counts as damage. A pointer may be in the tree before the block is on the device: a block of
   * a group that is not durable is passed over. A block may be freed, and its space used again,
   * while it is read: it is damaged only if its pointer is still the same after that, and its object
   * not destroyed. The space of what a durable pointer leads to is used again only after the tree,
   * in memory, no longer has that pointer. And a copy may be read while another reader mends it: so
   * also the second look has to find it bad.
   *
   * Memory: one block at a time, taken while nothing is held.
   */

  /** A step does not look at more than this, so that it ends soon also where nothing is stored. */
  private static final int STEP_POINTERS = 1 << 14;

  /** So often the same block has to be found bad. One is not mended when a group just ends. */
  private static final int MAX_LOOKS = 4;

  /** How many problems are listed; the others are only counted. */
  private static final int MAX_PROBLEMS = CheckReport.MAX_PROBLEMS;

  private static final int UNKNOWN = -1;

  private final ObjectContext context;
  private final MetaObject meta;
  private final long endObject;
  private final List<ScrubProblem> problems = new ArrayList<>();
  private long blockCount;
  private long readBytes;
  private long damageCount;

  /** Where the walk is: an object, a block of it, and where the object ended when it began. */
  private long objectId = MetaObject.OBJECT_ID;

  private long blockId;
  private long endBlock;

  /** Blocks of dnodes that could not be read: each is told once, not for each object. */
  private final Set<Long> lostMetaBlocks = new HashSet<>();

  private long stepEndBytes;
  private int pointers;

  Scrub(ObjectContext context, MetaObject meta) {
    this.context = context;
    this.meta = meta;
    this.endObject = meta.capacity();
  }

  /**
   * Goes on for a while.
   *
   * @param maxBytes about how much to read; a block is read whole
   * @return false if everything has been read
   * @throws org.zapkv.error.CacheFullException if there is no memory for a block
   * @throws org.zapkv.error.ClosedException if the object set is closed
   */
  public boolean step(long maxBytes) {
    stepEndBytes = readBytes + maxBytes;
    pointers = 0;
    while (objectId < endObject && !isStepOver()) {
      walkObject();
    }
    return objectId < endObject;
  }

  private boolean isStepOver() {
    return readBytes >= stepEndBytes || pointers >= STEP_POINTERS;
  }

  private void walkObject() {
    pointers++;
    boolean isMeta = objectId == MetaObject.OBJECT_ID;
    ObjectNode node = acquire();
    if (node == null) {
      nextObject();
      return;
    }
    try {
      walk(node);
    } finally {
      if (!isMeta) {
        context.table().release(node);
      }
    }
  }

  private @Nullable ObjectNode acquire() {
    if (objectId == MetaObject.OBJECT_ID) {
      return meta.node();
    }
    try {
      return meta.acquire(objectId);
    } catch (CorruptException | DeviceException e) {
      addLostDnode(e);
      return null;
    }
  }

  private void addLostDnode(ZapException e) {
    boolean isDnode = e instanceof CorruptException corrupt && corrupt.objectId() == objectId;
    long metaBlock = DnodeLayout.metaBlockOf(objectId);
    if (isDnode) {
      add(new ScrubProblem(objectId, UNKNOWN, 0, UNKNOWN, false, textOf(e)));
    } else if (lostMetaBlocks.add(metaBlock)) {
      add(new ScrubProblem(MetaObject.OBJECT_ID, metaBlock, 0, UNKNOWN, false, textOf(e)));
    }
  }

  private void nextObject() {
    objectId++;
    blockId = 0;
  }

  /** Goes on in an object until its end, or the end of the step. */
  private void walk(ObjectNode node) {
    if (blockId == 0) {
      endBlock = node.syncedDnode().blockCount();
    }
    while (!isStepOver()) {
      if (blockId >= endBlock || node.isDestroyed()) {
        nextObject();
        return;
      }
      blockId = walkDown(node);
    }
  }

  /**
   * Looks at the present block, and at those above it as far as it is the first below them.
   *
   * @return the next block
   */
  private long walkDown(ObjectNode node) {
    for (int level = node.tree().root().levels() - 1; level >= 0; level--) {
      long index = blockId >>> (TreeShape.FANOUT_SHIFT * level);
      boolean isFirst = blockId == index << (TreeShape.FANOUT_SHIFT * level);
      pointers++;
      try {
        BlockPointer pointer = node.tree().lookup(node, level, index);
        if (pointer.isHole() || (isFirst && !look(node, level, index))) {
          return endOf(level);
        }
      } catch (CorruptException | DeviceException e) {
        // The block of pointers above: it was good, or not there, when the walk came to it.
        if (!node.isDestroyed()) {
          long parent = TreeShape.parentIndex(index);
          add(new ScrubProblem(objectId, parent, level + 1, UNKNOWN, false, textOf(e)));
        }
        return endOf(level + 1);
      }
    }
    return blockId + 1;
  }

  /** The first block after those that are below the same block of a level as the present one. */
  private long endOf(int level) {
    return (blockId | (TreeShape.spanBlocks(level) - 1)) + 1;
  }

  /** Verifies a block; false if what is below it cannot be reached. */
  private boolean look(ObjectNode node, int level, long index) {
    BlockPointer before = BlockPointer.HOLE;
    int looks = 0;
    while (true) {
      long durableGroup = pool().committedGroup();
      BlockPointer pointer = node.tree().lookup(node, level, index);
      if (pointer.isHole() || pointer.birthGroup() > durableGroup) {
        return true;
      }
      String impossible = pointer.problem(level);
      if (impossible != null) {
        add(new ScrubProblem(objectId, index, level, pointer.offsetBytes(), false, impossible));
        return false;
      }
      List<BadCopy> badCopies = verify(pointer, level, index, durableGroup);
      looks = pointer.equals(before) ? looks + 1 : 1;
      if (badCopies.stream().allMatch(BadCopy::isMended) || looks == MAX_LOOKS) {
        return node.isDestroyed() || conclude(pointer, level, index, badCopies);
      }
      before = pointer;
    }
  }

  private List<BadCopy> verify(BlockPointer pointer, int level, long index, long durableGroup) {
    long copyBytes = pool().spaceBytes(pointer) / pointer.copyCount();
    int memoryBytes = (int) Math.max(copyBytes, pointer.logicalBytes());
    try (IoMemory memory = context.cache().allocateIo(memoryBytes)) {
      return pool().verifyAndMend(pointer, memory.address(), objectId, index, level, durableGroup);
    }
  }

  private boolean conclude(BlockPointer pointer, int level, long index, List<BadCopy> badCopies) {
    blockCount++;
    readBytes += pool().spaceBytes(pointer);
    for (BadCopy bad : badCopies) {
      long offset = bad.offsetBytes();
      add(new ScrubProblem(objectId, index, level, offset, bad.isMended(), bad.text()));
    }
    boolean hasGoodCopy = badCopies.size() < pointer.copyCount();
    if (!hasGoodCopy && objectId == MetaObject.OBJECT_ID && level == 0) {
      lostMetaBlocks.add(index);
    }
    return hasGoodCopy;
  }

  private void add(ScrubProblem problem) {
    damageCount += problem.isMended() ? 0 : 1;
    if (problems.size() < MAX_PROBLEMS) {
      problems.add(problem);
    }
  }

  private static String textOf(ZapException e) {
    return String.valueOf(e.getMessage());
  }

  private Pool pool() {
    return context.pool();
  }

  /**
   * How many blocks have been read.
   *
   * @return blocks, those of pointers included; one with two copies counts once
   */
  public long blockCount() {
    return blockCount;
  }

  /**
   * How much has been read.
   *
   * @return the bytes of all copies
   */
  public long readBytes() {
    return readBytes;
  }

  /**
   * How much there is to read, as known now.
   *
   * @return bytes
   */
  public long totalBytes() {
    return Math.max(readBytes, pool().usedBytes());
  }

  /**
   * How many problems there are that could not be mended.
   *
   * @return problems
   */
  public long damageCount() {
    return damageCount;
  }

  /**
   * What was found, mended or not.
   *
   * @return the first problems, at most {@link CheckReport#MAX_PROBLEMS} of them
   */
  public List<ScrubProblem> problems() {
    return List.copyOf(problems);
  }
}
