// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.io;

import org.jspecify.annotations.Nullable;
import org.zapkv.cache.IoMemory;

/** One transfer that was given to an {@link IoQueue}. Any thread. */
public final class IoTicket {
  final boolean isWrite;
  final long offsetBytes;
  final IoMemory memory;
  final long address;
  final int lengthBytes;
  private final IoQueue queue;

  /** Guarded by the queue's lock. */
  boolean ended;

  /** Written before the end by the thread of the transfer, read after it. */
  @Nullable Throwable failure;

  IoTicket(
      IoQueue queue,
      boolean isWrite,
      long offsetBytes,
      IoMemory memory,
      long address,
      int lengthBytes) {
    this.queue = queue;
    this.isWrite = isWrite;
    this.offsetBytes = offsetBytes;
    this.memory = memory;
    this.address = address;
    this.lengthBytes = lengthBytes;
  }

  /**
   * Whether the transfer is over, well or not: the memory is no longer used by it.
   *
   * @return true from its end on
   */
  public boolean hasEnded() {
    return queue.hasEnded(this);
  }

  /**
   * Waits for the end of the transfer. An interrupt does not end the wait; the thread's flag stays
   * set. That a write has failed is told here and by {@link IoQueue#drain} both.
   *
   * @throws org.zapkv.error.ZapException what the device threw, if it failed; the same each time
   */
  public void await() {
    queue.await(this);
  }
}
