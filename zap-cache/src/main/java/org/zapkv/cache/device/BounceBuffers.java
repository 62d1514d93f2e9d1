// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Aligned memory that stands between a direct channel and memory that is not aligned. A few of one
 * size, made when first needed; whoever finds none waits for the I/O of another. Any thread.
 */
final class BounceBuffers {
  /** A run of blocks as the store writes it; larger transfers take several. */
  static final int SIZE_BYTES = 256 << 10;

  /** As many transfers as a device of this kind has in flight at its best. */
  private static final int COUNT = 4;

  private final int alignmentBytes;
  private final Semaphore free = new Semaphore(COUNT);
  private final Queue<ByteBuffer> idle = new ConcurrentLinkedQueue<>();

  BounceBuffers(int alignmentBytes) {
    this.alignmentBytes = alignmentBytes;
  }

  /**
   * A buffer of the caller's own, until it is given back. It holds anything. Null if the JVM has no
   * more memory for such: the transfer is then for the buffered channel.
   */
  @Nullable ByteBuffer take() {
    free.acquireUninterruptibly();
    ByteBuffer taken = idle.poll();
    if (taken != null) {
      return taken;
    }
    try {
      return ByteBuffer.allocateDirect(SIZE_BYTES + alignmentBytes)
          .alignedSlice(alignmentBytes)
          .slice(0, SIZE_BYTES);
    } catch (OutOfMemoryError e) {
      free.release();
      return null;
    }
  }

  void giveBack(ByteBuffer taken) {
    idle.add(taken);
    free.release();
  }
}
