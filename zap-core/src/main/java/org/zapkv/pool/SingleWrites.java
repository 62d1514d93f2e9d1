// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.concurrent.locks.ReentrantLock;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.NativeMemory;

/**
 * Writes single blocks at once, past the stager. Any thread; one at a time, as the memory that
 * makes a whole block of a payload is there once: who writes early does so because there is no
 * other.
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
   * Writes a block.
   *
   * @param offset its first byte on the device
   * @param address the payload
   * @param payloadBytes the size of the payload
   * @param spaceBytes the size of the block, whole units
   * @param ending writes the bytes after the payload
   */
  void write(long offset, long address, int payloadBytes, int spaceBytes, Ending ending) {
    lock.lock();
    try {
      long start = memory.address();
      if (spaceBytes <= MEMORY_BYTES) {
        NativeMemory.copy(address, start, payloadBytes);
        ending.write(start + payloadBytes, start + spaceBytes);
        device.write(offset, start, spaceBytes);
        return;
      }
      device.write(offset, address, payloadBytes);
      int restBytes = spaceBytes - payloadBytes;
      if (restBytes > 0) {
        ending.write(start, start + restBytes);
        device.write(offset + payloadBytes, start, restBytes);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
