// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.util.concurrent.atomic.AtomicBoolean;
import org.zapkv.error.BufferStateException;

/**
 * Native memory for staging an I/O, counted against the budget of the cache that it came from. To
 * be closed by whoever took it, after the I/O has ended, and soon: it may come out of the reserve.
 * Holds anything at first.
 */
public final class IoMemory implements AutoCloseable {
  private final BufferCache cache;
  private final long address;
  private final int sizeBytes;
  private final AtomicBoolean closed = new AtomicBoolean();

  IoMemory(BufferCache cache, long address, int sizeBytes) {
    this.cache = cache;
    this.address = address;
    this.sizeBytes = sizeBytes;
  }

  /**
   * Where the memory is; aligned to the smaller of its size, as a power of two, and 4096.
   *
   * @return the address of its first byte
   * @throws BufferStateException if it was closed
   */
  public long address() {
    if (closed.get()) {
      throw new BufferStateException("I/O memory used after its close, size=" + sizeBytes);
    }
    return address;
  }

  /**
   * How much there is.
   *
   * @return the size that was asked for, in bytes
   */
  public int sizeBytes() {
    return sizeBytes;
  }

  /** Returns the memory; its address must not be used any more. Closing twice does nothing. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      cache.freeIo(address, sizeBytes);
    }
  }
}
