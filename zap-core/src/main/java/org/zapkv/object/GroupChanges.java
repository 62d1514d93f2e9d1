// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.pool.BlockPointer;

/**
 * What was changed in one object in one transaction group. Guarded by the lock of the {@link
 * ObjectNode}; once its group is being synced only the syncing thread changes it.
 *
 * <p>A block is in at most one of {@code dirty} and {@code overrides}. A block that was freed, and
 * changed again later in the group, is in {@code freed} too.
 */
final class GroupChanges {
  private final long group;

  /** By block. In no order: sorted once, when it is synced, and not with every change. */
  private final Map<Long, Buffer> dirty = new HashMap<>();

  private final TreeMap<Long, BlockPointer> overrides = new TreeMap<>();
  private final BlockRanges freed = new BlockRanges();
  private final BlocksAbove above;
  private long aboveBytes;
  private long blockCount;
  private int blockBytes;
  private boolean created;
  private boolean destroyed;

  /**
   * No changes yet.
   *
   * @param levels the height of the object's tree as it was written last
   */
  GroupChanges(long group, int levels) {
    this.group = group;
    this.above = new BlocksAbove(levels);
  }

  long group() {
    return group;
  }

  /** 1 + the highest block changed in this group, 0 when none was. */
  long blockCount() {
    return blockCount;
  }

  /** The block size set in this group, 0 when it was not changed. */
  int blockBytes() {
    return blockBytes;
  }

  void setBlockBytes(int bytes) {
    blockBytes = bytes;
  }

  boolean isCreated() {
    return created;
  }

  void setCreated() {
    created = true;
  }

  boolean isDestroyed() {
    return destroyed;
  }

  void setDestroyed() {
    destroyed = true;
  }

  /**
   * A block is dirty in memory; gives the pointer of what was written of it before, if anything.
   */
  @Nullable BlockPointer addDirty(long blockId, Buffer buffer) {
    aboveBytes += above.add(blockId);
    blockCount = Math.max(blockCount, blockId + 1);
    dirty.put(blockId, buffer);
    return overrides.remove(blockId);
  }

  @Nullable Buffer dirtyBuffer(long blockId) {
    return dirty.get(blockId);
  }

  @Nullable Buffer removeDirty(long blockId) {
    return dirty.remove(blockId);
  }

  /** A block has been written already; gives the pointer of what was written of it before. */
  @Nullable BlockPointer addOverride(long blockId, BlockPointer pointer) {
    aboveBytes += above.add(blockId);
    blockCount = Math.max(blockCount, blockId + 1);
    return overrides.put(blockId, pointer);
  }

  /**
   * Where to find a block that is not in the cache, as far as this group says.
   *
   * @return null when the group says nothing about it
   */
  @Nullable BlockPointer find(long blockId) {
    BlockPointer override = overrides.get(blockId);
    if (override != null) {
      return override;
    }
    return freed.contains(blockId) ? BlockPointer.HOLE : null;
  }

  /** What was in a range of blocks and is dropped. */
  record Dropped(long dirtyBytes, List<BlockPointer> written) {}

  /** Frees a range; gives back what had been changed in it in this group. */
  Dropped free(long first, long end) {
    freed.add(first, end);
    /* What lies above the ends stays in part; what lies between them goes with the range. */
    aboveBytes += above.add(first) + above.add(end - 1);
    return drop(overrides.subMap(first, end), removeDirty(first, end));
  }

  /** Forgets that blocks after block 0 were freed; false if one of them has content. */
  boolean forgetFreed() {
    if (dirty.size() > (dirty.containsKey(0L) ? 1 : 0) || !overrides.tailMap(1L).isEmpty()) {
      return false;
    }
    boolean first = freed.contains(0);
    freed.clear();
    if (first) {
      freed.add(0, 1);
    }
    blockCount = Math.min(blockCount, 1);
    return true;
  }

  /** Forgets everything changed in blocks. */
  Dropped dropAll() {
    return drop(overrides, removeDirty(0, Long.MAX_VALUE));
  }

  /** Forgets what is dirty in a range; gives the bytes that it had. */
  private long removeDirty(long first, long end) {
    long bytes = 0;
    if (end - first <= dirty.size()) {
      for (long blockId = first; blockId < end; blockId++) {
        Buffer removed = dirty.remove(blockId);
        bytes += removed == null ? 0 : removed.sizeBytes();
      }
      return bytes;
    }
    Iterator<Map.Entry<Long, Buffer>> entries = dirty.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<Long, Buffer> entry = entries.next();
      if (entry.getKey() >= first && entry.getKey() < end) {
        bytes += entry.getValue().sizeBytes();
        entries.remove();
      }
    }
    return bytes;
  }

  private static Dropped drop(SortedMap<Long, BlockPointer> pointers, long dirtyBytes) {
    Dropped dropped = new Dropped(dirtyBytes, new ArrayList<>(pointers.values()));
    pointers.clear();
    return dropped;
  }

  /** The bytes of indirect blocks that have to be written, as far as they were not taken before. */
  long takeAboveBytes() {
    long taken = aboveBytes;
    aboveBytes = 0;
    return taken;
  }

  BlockRanges freed() {
    return freed;
  }

  /** The blocks that have a new version, in ascending order. */
  long[] changedBlocks() {
    return LongStream.concat(
            dirty.keySet().stream().mapToLong(Long::longValue),
            overrides.keySet().stream().mapToLong(Long::longValue))
        .sorted()
        .toArray();
  }

  @Nullable BlockPointer override(long blockId) {
    return overrides.get(blockId);
  }

  Collection<Buffer> dirtyBuffers() {
    return dirty.values();
  }
}
