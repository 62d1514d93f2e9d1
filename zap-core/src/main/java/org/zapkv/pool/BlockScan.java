// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.DeviceException;
import org.zapkv.error.ZapException;

/** Finds data blocks by their trailers, over a whole device. Used by one thread. */
public final class BlockScan implements AutoCloseable {
  /*
   * Implementation notes
   *
   * A trailer is at the end of a unit, so one look at each unit finds them all. But a value may hold a
   * copy of a block, trailer included. The end of such a copy lies inside a block of the value, whose
   * trailer comes later, by at most the size of a block: so a block is kept back (waiting, in the
   * order of their ends) until the scan is so far beyond it. Its begin may lie in front of that
   * block, where the copy goes on from one block of the value to the next. No two blocks overlap:
   * one that is in use, or whole, takes away those that it overlaps; one that is neither is what is
   * left of an old one, or a copy.
   */

  private static final int CHUNK_BYTES = 1 << 20;
  private static final int PIECE_BYTES = 4096;

  private final BlockDevice device;
  private final Pool pool;
  private final SpaceGeometry geometry;
  private final Progress progress;
  private final IoMemory chunk;
  private final IoMemory block;
  private final Deque<FoundBlock> waiting = new ArrayDeque<>();
  private long doneBytes;
  private long totalBytes;

  /** Is told of blocks. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * A block whose trailer is whole; the rest of it has not been looked at.
     *
     * @param found which block it is, and where
     */
    void found(FoundBlock found);
  }

  /** Is told how far a scan is. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Some more is read.
     *
     * @param done how many bytes so far
     * @param total how many there are
     */
    void scanned(long done, long total);
  }

  /** Is told of trailers. */
  private interface TrailerVisitor {
    void trailer(BlockTrailer trailer, long endBytes);
  }

  BlockScan(
      BlockDevice device, Pool pool, SpaceGeometry geometry, BufferCache cache, Progress progress) {
    this.device = device;
    this.pool = pool;
    this.geometry = geometry;
    this.progress = progress;
    this.chunk = cache.allocateIo(CHUNK_BYTES);
    this.block = cache.allocateIo(Pool.MAX_BLOCK_BYTES);
  }

  /**
   * Scans.
   *
   * @param knownStore the store whose blocks are looked for; null: the one that has the most
   */
  void run(@Nullable Long knownStore, UsedSpace used, Visitor visitor) {
    long deviceBytes = device.sizeBytes();
    totalBytes = knownStore == null ? 2 * deviceBytes : deviceBytes;
    long store = knownStore == null ? mostFrequentStore() : knownStore;
    forEachTrailer(
        (trailer, endBytes) -> {
          FoundBlock found = trailer.store() == store ? found(trailer, endBytes, used) : null;
          if (found != null && found.standing() != FoundBlock.Standing.OLD) {
            take(found, endBytes, visitor);
          }
        });
    waiting.forEach(visitor::found);
    waiting.clear();
  }

  private long mostFrequentStore() {
    Map<Long, Long> counts = new HashMap<>();
    forEachTrailer((trailer, endBytes) -> counts.merge(trailer.store(), 1L, Long::sum));
    return counts.entrySet().stream()
        .max(Map.Entry.comparingByValue(Comparator.naturalOrder()))
        .map(Map.Entry::getKey)
        .orElse(0L);
  }

  private void forEachTrailer(TrailerVisitor visitor) {
    long deviceBytes = device.sizeBytes() & -geometry.unitBytes();
    for (long at = 0; at < deviceBytes; at += CHUNK_BYTES) {
      int length = (int) Math.min(CHUNK_BYTES, deviceBytes - at);
      readChunk(at, length);
      for (int end = geometry.unitBytes(); end <= length; end += geometry.unitBytes()) {
        BlockTrailer trailer = BlockTrailer.decode(chunk.address() + end - BlockTrailer.SIZE_BYTES);
        if (trailer != null) {
          visitor.trailer(trailer, at + end);
        }
      }
      doneBytes += length;
      progress.scanned(doneBytes, totalBytes);
    }
  }

  /** What cannot be read has no trailers. */
  private void readChunk(long at, int length) {
    try {
      device.read(at, chunk.address(), length);
    } catch (DeviceException e) {
      for (int piece = 0; piece < length; piece += PIECE_BYTES) {
        int pieceBytes = Math.min(PIECE_BYTES, length - piece);
        try {
          device.read(at + piece, chunk.address() + piece, pieceBytes);
        } catch (DeviceException unreadable) {
          NativeMemory.fill(chunk.address() + piece, pieceBytes, (byte) 0);
        }
      }
    }
  }

  private @Nullable FoundBlock found(BlockTrailer trailer, long endBytes, UsedSpace used) {
    int spaceBytes = trailer.spaceBytes(geometry.unitBytes());
    if (spaceBytes < 0 || spaceBytes > endBytes) {
      return null;
    }
    BlockPointer pointer = trailer.pointerTo(endBytes - spaceBytes);
    return pointer.problem(0) != null
        ? null
        : new FoundBlock(
            trailer.objectType(),
            trailer.objectId(),
            trailer.index(),
            pointer,
            used.standingOf(pointer));
  }

  private void take(FoundBlock found, long endBytes, Visitor visitor) {
    while (!waiting.isEmpty()
        && waiting.getFirst().endBytes(geometry) + Pool.MAX_BLOCK_BYTES < endBytes) {
      visitor.found(waiting.removeFirst());
    }
    boolean decided = false;
    while (!waiting.isEmpty()
        && waiting.getLast().endBytes(geometry) > found.pointer().offsetBytes()) {
      if (!decided && found.standing() != FoundBlock.Standing.USED && !isWhole(found)) {
        return;
      }
      decided = true;
      waiting.removeLast();
    }
    waiting.addLast(found);
  }

  /** Whether a block can be read; its content is verified. */
  private boolean isWhole(FoundBlock found) {
    try {
      pool.read(found.pointer(), block.address(), found.objectId(), found.index(), 0);
      return true;
    } catch (ZapException e) {
      return false;
    }
  }

  @Override
  public void close() {
    chunk.close();
    block.close();
  }
}
