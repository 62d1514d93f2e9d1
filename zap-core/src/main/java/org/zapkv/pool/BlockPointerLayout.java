// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import org.zapkv.cache.memory.NativeMemory;

/**
 * A block pointer on disk, little-endian; all zeros is a hole.
 *
 * <pre>
 *        +0                +4                +8               +12
 *   0   | offset of copy 1                  | offset of copy 2 (0: none)        |
 *  16   | logical bytes   | physical bytes  | birth group                       |
 *  32   | checksum                          |cmp|cks|lvl|flg| zero              |
 *  48   | zero                                                                  |
 * </pre>
 */
final class BlockPointerLayout {
  static final int OFFSET_1 = 0;
  static final int OFFSET_2 = OFFSET_1 + Long.BYTES;
  static final int LOGICAL_BYTES = OFFSET_2 + Long.BYTES;
  static final int PHYSICAL_BYTES = LOGICAL_BYTES + Integer.BYTES;
  static final int BIRTH_GROUP = PHYSICAL_BYTES + Integer.BYTES;
  static final int CHECKSUM = BIRTH_GROUP + Long.BYTES;
  static final int COMPRESSION = CHECKSUM + Long.BYTES;
  static final int CHECKSUM_TYPE = COMPRESSION + Byte.BYTES;
  static final int LEVEL = CHECKSUM_TYPE + Byte.BYTES;
  static final int FLAGS = LEVEL + Byte.BYTES;
  static final int RESERVED = FLAGS + Byte.BYTES;
  static final int SIZE_BYTES = 64;

  /** Flag: the block ends with a trailer. */
  static final int FLAG_TRAILER = 1;

  private BlockPointerLayout() {}

  static void encode(BlockPointer pointer, long address) {
    NativeMemory.fill(address, SIZE_BYTES, (byte) 0);
    NativeMemory.putLong(address + OFFSET_1, pointer.offsetBytes());
    NativeMemory.putLong(address + OFFSET_2, pointer.secondOffsetBytes());
    NativeMemory.putInt(address + LOGICAL_BYTES, pointer.logicalBytes());
    NativeMemory.putInt(address + PHYSICAL_BYTES, pointer.physicalBytes());
    NativeMemory.putLong(address + BIRTH_GROUP, pointer.birthGroup());
    NativeMemory.putLong(address + CHECKSUM, pointer.checksum());
    NativeMemory.putByte(address + COMPRESSION, pointer.compression());
    NativeMemory.putByte(address + CHECKSUM_TYPE, pointer.checksumType());
    NativeMemory.putByte(address + LEVEL, pointer.level());
    NativeMemory.putByte(address + FLAGS, pointer.hasTrailer() ? FLAG_TRAILER : 0);
  }

  static BlockPointer decode(long address) {
    if (isZero(address)) {
      return BlockPointer.HOLE;
    }
    return new BlockPointer(
        NativeMemory.getLong(address + OFFSET_1),
        NativeMemory.getLong(address + OFFSET_2),
        NativeMemory.getInt(address + LOGICAL_BYTES),
        NativeMemory.getInt(address + PHYSICAL_BYTES),
        NativeMemory.getLong(address + BIRTH_GROUP),
        NativeMemory.getLong(address + CHECKSUM),
        NativeMemory.getUnsignedByte(address + COMPRESSION),
        NativeMemory.getUnsignedByte(address + CHECKSUM_TYPE),
        NativeMemory.getUnsignedByte(address + LEVEL),
        (NativeMemory.getUnsignedByte(address + FLAGS) & FLAG_TRAILER) != 0);
  }

  private static boolean isZero(long address) {
    long any = 0;
    for (int offset = 0; offset < SIZE_BYTES; offset += Long.BYTES) {
      any |= NativeMemory.getLong(address + offset);
    }
    return any == 0;
  }
}
