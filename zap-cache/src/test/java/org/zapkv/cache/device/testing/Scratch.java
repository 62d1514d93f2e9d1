// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.BlockAllocator;
import org.zapkv.cache.memory.InitPolicy;
import org.zapkv.cache.memory.NativeMemory;

/** Moves arrays to and from devices, through native memory of its own. */
final class Scratch {
  private static final int PIECE_BYTES = BlockAllocator.MAX_BLOCK_BYTES;

  private Scratch() {}

  static void write(BlockDevice device, long offsetBytes, byte[] bytes) {
    forEachPiece(
        bytes.length,
        (address, at, length) -> {
          NativeMemory.copyFromArray(bytes, at, address, length);
          device.write(offsetBytes + at, address, length);
        });
  }

  static byte[] read(BlockDevice device, long offsetBytes, int lengthBytes) {
    byte[] bytes = new byte[lengthBytes];
    forEachPiece(
        lengthBytes,
        (address, at, length) -> {
          device.read(offsetBytes + at, address, length);
          NativeMemory.copyToArray(address, bytes, at, length);
        });
    return bytes;
  }

  static byte[] copyOf(long address, int lengthBytes) {
    byte[] bytes = new byte[lengthBytes];
    NativeMemory.copyToArray(address, bytes, 0, lengthBytes);
    return bytes;
  }

  private static void forEachPiece(int lengthBytes, Piece piece) {
    try (BlockAllocator allocator = new BlockAllocator(PIECE_BYTES, InitPolicy.NONE)) {
      long address = allocator.allocate(PIECE_BYTES);
      for (int at = 0; at < lengthBytes; at += PIECE_BYTES) {
        piece.move(address, at, Math.min(PIECE_BYTES, lengthBytes - at));
      }
      allocator.free(address, PIECE_BYTES);
    }
  }

  private interface Piece {
    void move(long address, int at, int lengthBytes);
  }
}
