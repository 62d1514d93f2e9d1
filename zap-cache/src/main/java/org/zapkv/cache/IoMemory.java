// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.util.concurrent.atomic.AtomicInteger;
import org.zapkv.error.BufferStateException;

/**
 * Native memory for staging an I/O, counted against the budget of the cache that it came from. To
 * be closed by whoever took it, and soon: it may come out of the reserve. Holds anything at first.
 *
 * <p>An I/O that goes on without its caller pins the memory: it goes back to the cache when it is
 * closed and the last pin is off, whichever comes last. Any thread.
 */
public final class IoMemory implements AutoCloseable {
  /*
   * Implementation notes
   *
   * state counts who may use the address: the owner, until close(), and each pin. At 0 the memory
   * goes back, once, by whoever took the last one off. OWNED tells the owner's own reference apart,
   * so that a close() cannot take off the reference of a pin, nor an unpin() that of the owner.
   */
  private static final int OWNED = 1 << 30;

  private final BufferCache cache;
  private final long address;
  private final int sizeBytes;

  /** OWNED while not closed, plus the number of pins. At 0 the memory is back, for good. */
  private final AtomicInteger state = new AtomicInteger(OWNED);

  IoMemory(BufferCache cache, long address, int sizeBytes) {
    this.cache = cache;
    this.address = address;
    this.sizeBytes = sizeBytes;
  }

  /**
   * Where the memory is; aligned to the smaller of its size, as a power of two, and 4096.
   *
   * @return the address of its first byte
   * @throws BufferStateException if it was closed, and is not pinned
   */
  public long address() {
    if (state.get() == 0) {
      throw new BufferStateException("I/O memory used after its end, size=" + sizeBytes);
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

  /**
   * Keeps the memory until {@link #unpin}, also when it is closed meanwhile.
   *
   * @throws BufferStateException if it was closed, and is not pinned
   */
  public void pin() {
    while (true) {
      int now = state.get();
      if (now == 0) {
        throw new BufferStateException("I/O memory pinned after its end, size=" + sizeBytes);
      }
      if (state.compareAndSet(now, now + 1)) {
        return;
      }
    }
  }

  /**
   * Ends a {@link #pin}.
   *
   * @throws BufferStateException if there is none
   */
  public void unpin() {
    while (true) {
      int now = state.get();
      if ((now & ~OWNED) == 0) {
        throw new BufferStateException("I/O memory unpinned without a pin, size=" + sizeBytes);
      }
      if (state.compareAndSet(now, now - 1)) {
        freeIfLast(now - 1);
        return;
      }
    }
  }

  /**
   * Returns the memory, now or with the last pin; its address must not be used any more by whoever
   * has not pinned it. Closing twice does nothing.
   */
  @Override
  public void close() {
    while (true) {
      int now = state.get();
      if ((now & OWNED) == 0) {
        return;
      }
      if (state.compareAndSet(now, now & ~OWNED)) {
        freeIfLast(now & ~OWNED);
        return;
      }
    }
  }

  private void freeIfLast(int left) {
    if (left == 0) {
      cache.freeIo(address, sizeBytes);
    }
  }
}
