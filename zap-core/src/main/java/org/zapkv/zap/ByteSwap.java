// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.zapkv.cache.Buffer;
import org.zapkv.cache.memory.NativeMemory;

/**
 * Blocks that a machine of the other byte order wrote: they are swapped in place, field by field,
 * when they are first looked at, and ours from then on. Swapping twice changes nothing.
 *
 * <p>A clean buffer may be changed so without being dirtied: the block is swapped again the next
 * time it is read. The caller makes sure that nobody else looks at the bytes meanwhile. Nothing in
 * the bytes is trusted: what is swapped lies inside the block whatever they are.
 */
final class ByteSwap {
  private ByteSwap() {}

  /** Whether a block begins with a type in the other byte order. */
  static boolean isForeign(Buffer buffer, long blockType) {
    return NativeMemory.getLong(buffer.address()) == Long.reverseBytes(blockType);
  }

  /** Swaps every word: the header of a fat map with its pointers, or a block of pointers. */
  static void words(Buffer buffer) {
    long address = buffer.address();
    for (int offset = 0; offset < buffer.sizeBytes(); offset += Long.BYTES) {
      swapLong(address + offset);
    }
  }

  /** Swaps the block of a micro map. */
  static void micro(Buffer buffer) {
    long address = buffer.address();
    swapLong(address + MicroLayout.TYPE_OFFSET);
    swapLong(address + MicroLayout.SALT_OFFSET);
    swapLong(address + MicroLayout.NORMFLAGS_OFFSET);
    for (int slot = 0; slot < MicroLayout.slotCount(buffer.sizeBytes()); slot++) {
      long entry = address + MicroLayout.entryOffset(slot);
      swapLong(entry + MicroLayout.ENTRY_VALUE_OFFSET);
      swapInt(entry + MicroLayout.ENTRY_CD_OFFSET);
    }
  }

  /** Swaps a leaf: its header, its buckets, its chunks but for the payload of arrays. */
  static void leaf(Buffer buffer, LeafLayout layout) {
    long address = buffer.address();
    swapLong(address + LeafLayout.TYPE_OFFSET);
    swapLong(address + LeafLayout.PREFIX_OFFSET);
    swapInt(address + LeafLayout.MAGIC_OFFSET);
    swapShort(address + LeafLayout.FREE_COUNT_OFFSET);
    swapShort(address + LeafLayout.ENTRY_COUNT_OFFSET);
    swapShort(address + LeafLayout.PREFIX_LENGTH_OFFSET);
    swapShort(address + LeafLayout.FREE_LIST_OFFSET);
    for (int bucket = 0; bucket < layout.bucketCount(); bucket++) {
      swapShort(address + layout.bucketOffset(bucket));
    }
    for (int chunk = 0; chunk < layout.chunkCount(); chunk++) {
      chunk(address + layout.chunkOffset(chunk));
    }
  }

  private static void chunk(long address) {
    switch (NativeMemory.getUnsignedByte(address + LeafLayout.CHUNK_TYPE_OFFSET)) {
      case LeafLayout.TYPE_ENTRY -> {
        swapShort(address + LeafLayout.ENTRY_NEXT_OFFSET);
        swapShort(address + LeafLayout.ENTRY_NAME_CHUNK_OFFSET);
        swapShort(address + LeafLayout.ENTRY_NAME_LENGTH_OFFSET);
        swapShort(address + LeafLayout.ENTRY_VALUE_CHUNK_OFFSET);
        swapShort(address + LeafLayout.ENTRY_VALUE_COUNT_OFFSET);
        swapInt(address + LeafLayout.ENTRY_CD_OFFSET);
        swapLong(address + LeafLayout.ENTRY_HASH_OFFSET);
      }
      case LeafLayout.TYPE_ARRAY, LeafLayout.TYPE_FREE ->
          swapShort(address + LeafLayout.LINK_OFFSET);
      default -> {
        // Damaged: the leaf will be refused.
      }
    }
  }

  private static void swapLong(long address) {
    NativeMemory.putLong(address, Long.reverseBytes(NativeMemory.getLong(address)));
  }

  private static void swapInt(long address) {
    NativeMemory.putInt(address, Integer.reverseBytes(NativeMemory.getInt(address)));
  }

  private static void swapShort(long address) {
    NativeMemory.putShort(
        address, Short.reverseBytes((short) NativeMemory.getUnsignedShort(address)));
  }
}
