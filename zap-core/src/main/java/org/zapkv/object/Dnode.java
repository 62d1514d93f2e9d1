// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.pool.BlockPointer;

/**
 * What is stored about an object. Immutable.
 *
 * @param type what the object is used for
 * @param levels the height of its block tree; 1: the root pointer is block 0
 * @param blockBytes the size of its blocks
 * @param blockCount 1 + the highest block ever written
 * @param birthGroup the transaction group that it was created in
 * @param allocatedBytes the space that its blocks of all levels take on the device
 * @param root the pointer to the top of the block tree
 */
record Dnode(
    ObjectType type,
    int levels,
    int blockBytes,
    long blockCount,
    long birthGroup,
    long allocatedBytes,
    BlockPointer root) {

  static Dnode ofNewObject(ObjectType type, int blockBytes, long group) {
    return new Dnode(type, 1, blockBytes, 0, group, 0, BlockPointer.HOLE);
  }

  /** The same object with another tree. */
  Dnode withTree(BlockTree.Root top, long newBlockCount, long newAllocatedBytes) {
    return new Dnode(
        type,
        top.levels(),
        blockBytes,
        newBlockCount,
        birthGroup,
        newAllocatedBytes,
        top.pointer());
  }

  /** The same object with another block size. */
  Dnode withBlockBytes(int newBlockBytes) {
    return new Dnode(type, levels, newBlockBytes, blockCount, birthGroup, allocatedBytes, root);
  }

  /** Writes the dnode in its form on disk. */
  void encode(long address) {
    NativeMemory.fill(address, DnodeLayout.SIZE_BYTES, (byte) 0);
    NativeMemory.putByte(address + DnodeLayout.TYPE, type.code());
    NativeMemory.putByte(address + DnodeLayout.LEVELS, levels);
    NativeMemory.putByte(address + DnodeLayout.INDIRECT_SHIFT, TreeShape.INDIRECT_SHIFT);
    NativeMemory.putInt(address + DnodeLayout.BLOCK_BYTES, blockBytes);
    NativeMemory.putLong(address + DnodeLayout.BLOCK_COUNT, blockCount);
    NativeMemory.putLong(address + DnodeLayout.BIRTH_GROUP, birthGroup);
    NativeMemory.putLong(address + DnodeLayout.ALLOCATED_BYTES, allocatedBytes);
    root.encode(address + DnodeLayout.ROOT);
  }

  /**
   * Reads a dnode.
   *
   * @param address where it is
   * @param objectId whose it is, for messages
   * @return the dnode, null when it is a free one
   * @throws CorruptException if what is there is impossible
   */
  static @Nullable Dnode decode(long address, long objectId) {
    int code = NativeMemory.getUnsignedByte(address + DnodeLayout.TYPE);
    if (code == 0) {
      return null;
    }
    ObjectType type = ObjectType.ofCode(code);
    if (type == null) {
      throw damaged(objectId, "unknown object type " + code);
    }
    int indirectShift = NativeMemory.getUnsignedByte(address + DnodeLayout.INDIRECT_SHIFT);
    if (indirectShift != TreeShape.INDIRECT_SHIFT) {
      throw damaged(objectId, "unknown size of indirect blocks, 1 << " + indirectShift);
    }
    Dnode dnode =
        new Dnode(
            type,
            NativeMemory.getUnsignedByte(address + DnodeLayout.LEVELS),
            NativeMemory.getInt(address + DnodeLayout.BLOCK_BYTES),
            NativeMemory.getLong(address + DnodeLayout.BLOCK_COUNT),
            NativeMemory.getLong(address + DnodeLayout.BIRTH_GROUP),
            NativeMemory.getLong(address + DnodeLayout.ALLOCATED_BYTES),
            BlockPointer.decode(address + DnodeLayout.ROOT));
    dnode.verify(objectId);
    return dnode;
  }

  private void verify(long objectId) {
    if (levels < 1 || levels > TreeShape.MAX_LEVELS) {
      throw damaged(objectId, "impossible number of levels " + levels);
    }
    if (!TreeShape.isBlockSize(blockBytes)) {
      throw damaged(objectId, "impossible block size " + blockBytes);
    }
    if (blockCount < 0 || blockCount > TreeShape.capacityBlocks(levels)) {
      throw damaged(
          objectId, "impossible block count " + blockCount + " with " + levels + " levels");
    }
  }

  private static CorruptException damaged(long objectId, String problem) {
    return new CorruptException(
        objectId, CorruptException.NONE, CorruptException.NONE, "damaged dnode: " + problem);
  }
}
