// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.FoundBlock;
import org.zapkv.pool.Pool;

/**
 * What is left of an object of a damaged store: the data blocks that were found, for reading. Used
 * by one thread.
 */
public final class SalvagedObject {
  private final BufferCache cache;
  private final Pool pool;
  private final long objectId;
  private final ObjectType type;
  private final NavigableMap<Long, FoundBlock> blocks = new TreeMap<>();

  /** Where the tree does not say where the blocks are, or that there are none. */
  private final List<LostRange> lost = new ArrayList<>();

  SalvagedObject(BufferCache cache, Pool pool, long objectId, ObjectType type) {
    this.cache = cache;
    this.pool = pool;
    this.objectId = objectId;
    this.type = type;
  }

  /**
   * The object's number.
   *
   * @return the number
   */
  public long objectId() {
    return objectId;
  }

  /**
   * What the object was used for.
   *
   * @return its type
   */
  public ObjectType type() {
    return type;
  }

  /**
   * The blocks that were found. Their contents have not been looked at.
   *
   * @return their numbers, ascending
   */
  public long[] blockIds() {
    return blocks.keySet().stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * The group that wrote a block that was found.
   *
   * @param blockId its number
   * @return the group
   */
  public long birthGroup(long blockId) {
    return found(blockId).pointer().birthGroup();
  }

  /**
   * Whether a block may be an old version: nothing says that it is in use.
   *
   * @param blockId its number
   * @return true if it may be
   */
  public boolean mayBeOld(long blockId) {
    return found(blockId).standing() == FoundBlock.Standing.UNKNOWN;
  }

  /**
   * The size of a block that was found.
   *
   * @param blockId its number
   * @return bytes
   */
  public int sizeBytes(long blockId) {
    return found(blockId).pointer().logicalBytes();
  }

  /**
   * Holds a block.
   *
   * @param blockId one that was found
   * @param tag who holds it; release takes the same tag
   * @return the held buffer
   * @throws CorruptException if it is damaged
   * @throws org.zapkv.error.DeviceException if it cannot be read
   */
  public Buffer hold(long blockId, Object tag) {
    BlockPointer pointer = found(blockId).pointer();
    return cache.hold(
        (object, block, address, size) -> pool.read(pointer, address, objectId, blockId, 0),
        objectId,
        blockId,
        pointer.logicalBytes(),
        tag);
  }

  /**
   * Copies the beginning of a block.
   *
   * @param blockId one that was found
   * @param bytes where its bytes go
   * @param at the first one there
   * @param length how many
   * @throws CorruptException if it is damaged
   * @throws org.zapkv.error.DeviceException if it cannot be read
   */
  public void read(long blockId, byte[] bytes, int at, int length) {
    Buffer buffer = hold(blockId, this);
    try {
      NativeMemory.copyToArray(buffer.address(), bytes, at, length);
    } finally {
      buffer.release(this);
    }
  }

  private FoundBlock found(long blockId) {
    FoundBlock found = blocks.get(blockId);
    if (found == null) {
      throw new CorruptException(objectId, blockId, CorruptException.NONE, "the block is lost");
    }
    return found;
  }

  /** The tree cannot be read where it leads to these blocks. */
  void lose(LostRange range) {
    lost.add(range);
  }

  boolean isWhole() {
    return lost.isEmpty();
  }

  boolean isLost(long blockId) {
    return lost.stream().anyMatch(range -> range.contains(blockId));
  }

  /** Takes a block, unless a better version of it is there. */
  void add(FoundBlock found) {
    FoundBlock other = blocks.get(found.index());
    if (other != null && found.pointer().isCopyOf(other.pointer())) {
      blocks.put(found.index(), other.withCopy(found));
    } else if (other == null || isBetter(found, other)) {
      blocks.put(found.index(), found);
    }
  }

  /* Only one version is in use; of those that may be, it is the newest. One group may have written
  two, one early and one late: if nothing tells them apart, the first does as well as the other. */
  private static boolean isBetter(FoundBlock found, FoundBlock other) {
    boolean used = found.standing() == FoundBlock.Standing.USED;
    if (used != (other.standing() == FoundBlock.Standing.USED)) {
      return used;
    }
    int byGroup = Long.compare(found.pointer().birthGroup(), other.pointer().birthGroup());
    return byGroup != 0 ? byGroup > 0 : found.standing().compareTo(other.standing()) > 0;
  }
}
