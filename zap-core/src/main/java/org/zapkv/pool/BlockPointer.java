// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import org.jspecify.annotations.Nullable;

/**
 * Where a block is on the device and how to know that it is the right one. Immutable.
 *
 * @param offsetBytes where it starts on the device, in bytes
 * @param secondOffsetBytes where a second copy of the same bytes starts; 0: there is none
 * @param logicalBytes its size in memory, in bytes
 * @param physicalBytes its size on the device, in bytes
 * @param birthGroup the transaction group that wrote it
 * @param checksum the XXH64 of its bytes on the device, bound to the block and its birth group
 * @param compression what was done to make it shorter: 0 nothing, 1 LZ4, 2 leaf packing, 3 both
 * @param checksumType which checksum it has
 * @param level 0 for data, above 0 for indirect blocks
 * @param hasTrailer whether a trailer follows the physical bytes, see {@link BlockTrailer}
 */
public record BlockPointer(
    long offsetBytes,
    long secondOffsetBytes,
    int logicalBytes,
    int physicalBytes,
    long birthGroup,
    long checksum,
    int compression,
    int checksumType,
    int level,
    boolean hasTrailer) {

  /** Points to nothing: the block was never written, or freed, and reads as zeros. */
  public static final BlockPointer HOLE = new BlockPointer(0, 0, 0, 0, 0, 0, 0, 0, 0, false);

  /** The size of a pointer on disk, in bytes. */
  public static final int SIZE_BYTES = BlockPointerLayout.SIZE_BYTES;

  /**
   * Whether there is no block.
   *
   * @return true for {@link #HOLE}
   */
  public boolean isHole() {
    return physicalBytes == 0;
  }

  /**
   * How many copies of the block there are.
   *
   * @return 1 or 2
   */
  public int copyCount() {
    return secondOffsetBytes == 0 ? 1 : 2;
  }

  /** Whether what is stored is not the block as it is in memory. */
  boolean isCompressed() {
    return compression != BlockCodec.FORM_PLAIN;
  }

  /** Where a copy starts, the first is copy 0. */
  long offsetOf(int copy) {
    return copy == 0 ? offsetBytes : secondOffsetBytes;
  }

  /** The checksum that bytes would have as this version of a block. */
  long checksumOf(long address, long objectId, long index) {
    return Checksum.of(address, physicalBytes, Checksum.seed(objectId, index, level, birthGroup));
  }

  /** The bytes of one copy, its trailer included, before they are rounded up to whole units. */
  long storedBytes() {
    return physicalBytes + (hasTrailer ? (long) BlockTrailer.SIZE_BYTES : 0);
  }

  /**
   * Whether this leads to a copy of what another pointer leads to, at another place.
   *
   * @param other the other pointer
   * @return true if the same group wrote the same bytes
   */
  public boolean isCopyOf(BlockPointer other) {
    return checksum == other.checksum
        && birthGroup == other.birthGroup
        && physicalBytes == other.physicalBytes
        && compression == other.compression
        && offsetBytes != other.offsetBytes
        && offsetBytes != other.secondOffsetBytes;
  }

  /** The pointer to the same bytes, with a second copy. */
  BlockPointer withCopyAt(long otherOffsetBytes) {
    return new BlockPointer(
        offsetBytes,
        otherOffsetBytes,
        logicalBytes,
        physicalBytes,
        birthGroup,
        checksum,
        compression,
        checksumType,
        level,
        hasTrailer);
  }

  /**
   * The pointer to the same bytes at another place, written there by a later group.
   *
   * @param newChecksum that of the later version: the group is part of it
   */
  BlockPointer movedTo(long newOffsetBytes, long newSecondBytes, long group, long newChecksum) {
    return new BlockPointer(
        newOffsetBytes,
        newSecondBytes,
        logicalBytes,
        physicalBytes,
        group,
        newChecksum,
        compression,
        checksumType,
        level,
        hasTrailer);
  }

  /**
   * Reads a pointer from its form on disk. It may be damaged: see {@link #problem}.
   *
   * @param address where it is
   * @return the pointer; {@link #HOLE} when all its bytes are zero
   */
  public static BlockPointer decode(long address) {
    return BlockPointerLayout.decode(address);
  }

  /**
   * Writes the pointer in its form on disk, {@link #SIZE_BYTES} long.
   *
   * @param address where it goes
   */
  public void encode(long address) {
    BlockPointerLayout.encode(this, address);
  }

  /**
   * What is impossible about the pointer, however it came about.
   *
   * @param expectedLevel the level that the block is looked for at
   * @return what is wrong, null when nothing is; a hole is never wrong
   */
  public @Nullable String problem(int expectedLevel) {
    if (equals(HOLE)) {
      return null;
    }
    if (!BlockCodec.isKnown(compression)) {
      return "unknown compression " + compression;
    }
    if (checksumType != Checksum.TYPE_XXH64) {
      return "unknown checksum type " + checksumType;
    }
    if (level != expectedLevel) {
      return "block pointer of level " + level + " where level " + expectedLevel + " belongs";
    }
    if (physicalBytes <= 0 || physicalBytes > Pool.MAX_BLOCK_BYTES) {
      return "impossible physical size " + physicalBytes;
    }
    if (!isCompressed() && logicalBytes != physicalBytes) {
      return "logical size " + logicalBytes + " differs from physical size " + physicalBytes;
    }
    if (isCompressed() && (logicalBytes <= physicalBytes || logicalBytes > Pool.MAX_BLOCK_BYTES)) {
      return "logical size " + logicalBytes + " of a compressed block of " + physicalBytes;
    }
    if (offsetBytes < 0 || secondOffsetBytes < 0) {
      return "impossible offset";
    }
    return birthGroup <= 0 ? "impossible birth group " + birthGroup : null;
  }
}
