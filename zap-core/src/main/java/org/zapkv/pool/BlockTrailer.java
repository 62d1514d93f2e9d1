// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.NativeMemory;

/**
 * What a data block says of itself at its end. Nothing that works needs it: it is for finding the
 * blocks of a store whose tree is lost. Immutable.
 *
 * @param store which store it belongs to: see {@link #storeOf}
 * @param objectType the code of the type of its object
 * @param objectId its object
 * @param index its number
 * @param birthGroup the group that wrote it
 * @param logicalBytes its size in memory
 * @param physicalBytes the size of the payload, which is at the beginning of the block
 * @param checksum the checksum of the payload, as the block's pointer has it
 * @param compression how the payload is compressed, as the block's pointer has it
 */
public record BlockTrailer(
    long store,
    int objectType,
    long objectId,
    long index,
    long birthGroup,
    int logicalBytes,
    int physicalBytes,
    long checksum,
    int compression) {

  /** Blocks with trailers have one copy. */
  private static final long NO_SECOND_COPY = 0;

  /** The size of a trailer, in bytes. */
  public static final int SIZE_BYTES = BlockTrailerLayout.SIZE_BYTES;

  /**
   * A store's identity as trailers have it.
   *
   * @param storeId the identity in the label
   * @return both its halves in one number
   */
  public static long storeOf(UUID storeId) {
    return storeId.getMostSignificantBits()
        ^ Long.rotateLeft(storeId.getLeastSignificantBits(), 32);
  }

  /** Whether a block of a size can have one: with it, it must not be larger than the largest. */
  static boolean fits(int physicalBytes, int unitBytes) {
    return physicalBytes <= Pool.MAX_BLOCK_BYTES - unitBytes;
  }

  /** The trailer of a block that is pointed to. */
  static BlockTrailer of(BlockPointer pointer, long store, NewBlock block) {
    return new BlockTrailer(
        store,
        block.form().objectType(),
        block.objectId(),
        block.index(),
        pointer.birthGroup(),
        pointer.logicalBytes(),
        pointer.physicalBytes(),
        pointer.checksum(),
        pointer.compression());
  }

  /**
   * Reads a trailer.
   *
   * @param address where {@link #SIZE_BYTES} bytes are that may be one
   * @return the trailer; null if they are none, or damaged
   */
  public static @Nullable BlockTrailer decode(long address) {
    if (NativeMemory.getInt(address + BlockTrailerLayout.MAGIC) != BlockTrailerLayout.MAGIC_VALUE
        || NativeMemory.getLong(address + BlockTrailerLayout.CHECKSUM) != checksumOf(address)
        || NativeMemory.getUnsignedByte(address + BlockTrailerLayout.CHECKSUM_TYPE)
            != Checksum.TYPE_XXH64) {
      return null;
    }
    return new BlockTrailer(
        NativeMemory.getLong(address + BlockTrailerLayout.STORE),
        NativeMemory.getUnsignedByte(address + BlockTrailerLayout.OBJECT_TYPE),
        NativeMemory.getLong(address + BlockTrailerLayout.OBJECT_ID),
        NativeMemory.getLong(address + BlockTrailerLayout.INDEX),
        NativeMemory.getLong(address + BlockTrailerLayout.BIRTH_GROUP),
        NativeMemory.getInt(address + BlockTrailerLayout.LOGICAL_BYTES),
        NativeMemory.getInt(address + BlockTrailerLayout.PHYSICAL_BYTES),
        NativeMemory.getLong(address + BlockTrailerLayout.PAYLOAD_CHECKSUM),
        NativeMemory.getUnsignedByte(address + BlockTrailerLayout.COMPRESSION));
  }

  /** Writes the trailer, {@link #SIZE_BYTES} long. */
  void encode(long address) {
    NativeMemory.fill(address, SIZE_BYTES, (byte) 0);
    NativeMemory.putInt(address + BlockTrailerLayout.MAGIC, BlockTrailerLayout.MAGIC_VALUE);
    NativeMemory.putByte(address + BlockTrailerLayout.OBJECT_TYPE, objectType);
    NativeMemory.putByte(address + BlockTrailerLayout.COMPRESSION, compression);
    NativeMemory.putByte(address + BlockTrailerLayout.CHECKSUM_TYPE, Checksum.TYPE_XXH64);
    NativeMemory.putLong(address + BlockTrailerLayout.STORE, store);
    NativeMemory.putLong(address + BlockTrailerLayout.OBJECT_ID, objectId);
    NativeMemory.putLong(address + BlockTrailerLayout.INDEX, index);
    NativeMemory.putLong(address + BlockTrailerLayout.BIRTH_GROUP, birthGroup);
    NativeMemory.putLong(address + BlockTrailerLayout.PAYLOAD_CHECKSUM, checksum);
    NativeMemory.putInt(address + BlockTrailerLayout.LOGICAL_BYTES, logicalBytes);
    NativeMemory.putInt(address + BlockTrailerLayout.PHYSICAL_BYTES, physicalBytes);
    NativeMemory.putLong(address + BlockTrailerLayout.CHECKSUM, checksumOf(address));
  }

  private static long checksumOf(long address) {
    long seed = Checksum.seed(Checksum.TRAILER_OWNER, 0, 0);
    return Checksum.of(address, BlockTrailerLayout.CHECKSUM, seed);
  }

  /**
   * How far before the end of the trailer the block begins.
   *
   * @param unitBytes the unit of allocation of the store
   * @return the space of the block in bytes; -1 if no block has the sizes that the trailer says
   */
  public int spaceBytes(int unitBytes) {
    boolean possible =
        physicalBytes > 0
            && physicalBytes <= logicalBytes
            && logicalBytes <= Pool.MAX_BLOCK_BYTES
            && fits(physicalBytes, unitBytes);
    return possible ? (physicalBytes + SIZE_BYTES + unitBytes - 1) & -unitBytes : -1;
  }

  /** The pointer that leads to the block, which is at an offset of the device. */
  BlockPointer pointerTo(long offsetBytes) {
    return new BlockPointer(
        offsetBytes,
        NO_SECOND_COPY,
        logicalBytes,
        physicalBytes,
        birthGroup,
        checksum,
        compression,
        Checksum.TYPE_XXH64,
        0,
        true);
  }

  /**
   * Whether bytes are the payload that the trailer belongs to.
   *
   * @param address where they are, {@link #physicalBytes} long
   * @return false if they are others, or damaged
   */
  public boolean matches(long address) {
    return Checksum.of(address, physicalBytes, Checksum.seed(objectId, index, 0, birthGroup))
        == checksum;
  }
}
