// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongPredicate;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.BlockDevice;

/**
 * Writes single blocks at once, past the stager: early, or again. Any thread; one at a time, as the
 * memory that makes a whole block of a payload is there once: who writes early does so because
 * there is no other.
 */
final class SingleWrites implements AutoCloseable {

  /** Enough for a leaf and for most blocks of large values. */
  static final int MEMORY_BYTES = 128 << 10;

  private final ReentrantLock lock = new ReentrantLock();
  private final BlockDevice device;

  /** Guarded by the lock. */
  private final IoMemory memory;

  SingleWrites(BlockDevice device, IoMemory memory) {
    this.device = device;
    this.memory = memory;
  }

  /** Puts what follows the payload at the end of a block. */
  interface Ending {
    /**
     * Writes it.
     *
     * @param from where the memory begins that is for what follows the payload
     * @param end where the block ends
     */
    void write(long from, long end);
  }

  /**
   * Writes a block; one that is larger than the memory here must not be in an array.
   *
   * @param place where its copies go
   * @param payload what is in it
   * @param spaceBytes the size of a copy, whole units
   * @param ending writes the bytes after the payload
   */
  void write(Place place, Payload payload, int spaceBytes, Ending ending) {
    lock.lock();
    try {
      long start = memory.address();
      boolean isOnePiece = spaceBytes <= MEMORY_BYTES;
      int payloadBytes = payload.sizeBytes();
      int directBytes = isOnePiece ? 0 : payloadBytes;
      int restBytes = spaceBytes - directBytes;
      if (isOnePiece) {
        payload.copyTo(start);
      }
      ending.write(start + payloadBytes - directBytes, start + restBytes);
      for (int copy = 0; copy < place.copyCount(); copy++) {
        if (directBytes > 0) {
          device.write(place.offsetOf(copy), payload.address(), directBytes);
        }
        if (restBytes > 0) {
          device.write(place.offsetOf(copy) + directBytes, start, restBytes);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Writes a block once more from another copy of it.
   *
   * @param from where the copy is
   * @param to where to write it
   * @param spaceBytes the size of a copy, whole units
   * @param isGood whether what was read, at an address, can be written
   * @return false if nothing was written, as it cannot, or as the block is too large
   */
  boolean copy(long from, long to, int spaceBytes, LongPredicate isGood) {
    if (spaceBytes > MEMORY_BYTES) {
      return false;
    }
    lock.lock();
    try {
      device.read(from, memory.address(), spaceBytes);
      if (!isGood.test(memory.address())) {
        return false;
      }
      device.write(to, memory.address(), spaceBytes);
      return true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
