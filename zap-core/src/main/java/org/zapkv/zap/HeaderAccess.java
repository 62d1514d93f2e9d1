// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferUser;
import org.zapkv.object.BlockObject;

/** Holds the header of a table, checked and attached to its buffer. */
final class HeaderAccess {
  private final BlockObject object;
  private final long block;

  /** The buffer that was found last, which spares a look into the cache; a hint. */
  private volatile @Nullable Buffer found;

  /** Access to the header in a block: 0, or that of the overflow. */
  HeaderAccess(BlockObject object, long block) {
    this.object = object;
    this.block = block;
  }

  /** Holds the header; let it go with {@link #release}. */
  FatHeader hold() {
    Buffer buffer = holdBlock();
    boolean done = false;
    try {
      FatHeader header = header(buffer);
      done = true;
      return header;
    } finally {
      if (!done) {
        buffer.release(this);
      }
    }
  }

  private Buffer holdBlock() {
    Buffer known = found;
    if (known != null && known.tryHold(this)) {
      return known;
    }
    Buffer buffer = object.hold(block, this);
    found = buffer;
    return buffer;
  }

  private FatHeader header(Buffer buffer) {
    if (buffer.user() instanceof FatHeader header) {
      return header;
    }
    FatHeader read;
    StampedLock lock = buffer.contentLock();
    long stamp = lock.writeLock();
    try {
      // Once it is attached somebody may be changing it; until then nobody is.
      if (buffer.user() instanceof FatHeader header) {
        return header;
      }
      read = read(buffer);
    } finally {
      lock.unlockWrite(stamp);
    }
    UserMemory.count(buffer, FatHeader.HEAP_BYTES);
    return read;
  }

  private FatHeader read(Buffer buffer) {
    boolean foreign = ByteSwap.isForeign(buffer, FatHeaderLayout.BLOCK_TYPE);
    if (foreign) {
      ByteSwap.words(buffer);
    }
    boolean done = false;
    try {
      FatHeader header = FatHeader.read(buffer, object.blockCount(), foreign);
      attach(buffer, header);
      done = true;
      return header;
    } finally {
      if (foreign && !done) {
        // The bytes alone would no longer say which byte order the pointers are in.
        ByteSwap.words(buffer);
      }
    }
  }

  /**
   * Attaches the header, whatever is attached: the block of an overflow's header can have been a
   * leaf before, and those who still stand on that leaf see from the bytes that it is gone.
   */
  private static void attach(Buffer buffer, FatHeader header) {
    BufferUser before;
    do {
      before = buffer.user();
    } while (buffer.replaceUser(before, header) != before);
  }

  void release(FatHeader header) {
    header.buffer().release(this);
  }
}
