// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.ArrayList;
import java.util.List;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.memory.NativeMemory;

/**
 * Pieces of a cache's memory that hold a pattern, with gaps between them that the blocks of maps
 * will lie in: whatever writes outside its block changes the pattern.
 */
final class MemoryGuard implements AutoCloseable {
  private static final int[] SIZES = {512, 1024, 4096, 16384, 32768};
  private static final int GAPS = 24;
  private static final long PATTERN = 0x5AC35AC35AC35AC3L;

  private record Piece(IoMemory memory, int sizeBytes) {}

  private final List<Piece> pieces = new ArrayList<>();

  MemoryGuard(BufferCache cache) {
    List<IoMemory> gaps = new ArrayList<>();
    for (int size : SIZES) {
      for (int i = 0; i < GAPS; i++) {
        IoMemory memory = cache.allocateIo(size);
        for (int at = 0; at < size; at += Long.BYTES) {
          NativeMemory.putLong(memory.address() + at, PATTERN);
        }
        pieces.add(new Piece(memory, size));
        gaps.add(cache.allocateIo(size));
      }
    }
    gaps.forEach(IoMemory::close);
  }

  /** Fails when a piece was changed. */
  void check() {
    for (Piece piece : pieces) {
      for (int at = 0; at < piece.sizeBytes; at += Long.BYTES) {
        if (NativeMemory.getLong(piece.memory.address() + at) != PATTERN) {
          throw new AssertionError("memory outside of every block was changed: " + piece);
        }
      }
    }
  }

  /** Changes a piece, to see that it is noticed. */
  void damage() {
    NativeMemory.putByte(pieces.get(1).memory.address() + 511, 0);
  }

  @Override
  public void close() {
    pieces.forEach(piece -> piece.memory.close());
  }
}
