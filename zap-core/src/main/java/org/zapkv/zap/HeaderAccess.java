// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferUser;
import org.zapkv.error.CorruptException;
import org.zapkv.object.BlockObject;

/** Holds the header of a fat map, checked and attached to its buffer. */
final class HeaderAccess {
  private final BlockObject object;

  HeaderAccess(BlockObject object) {
    this.object = object;
  }

  /** Holds block 0 of a fat map; let it go with {@link #release}. */
  FatHeader hold() {
    Buffer buffer = object.hold(0, this);
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

  private FatHeader header(Buffer buffer) {
    if (buffer.user() instanceof FatHeader header) {
      return header;
    }
    FatHeader fresh;
    try {
      fresh = FatHeader.read(buffer, object.blockCount());
    } catch (CorruptException e) {
      // Somebody may have attached the header meanwhile, and be changing it.
      if (buffer.user() instanceof FatHeader header) {
        return header;
      }
      throw e;
    }
    BufferUser existing = buffer.setUser(fresh);
    return existing instanceof FatHeader header ? header : fresh;
  }

  void release(FatHeader header) {
    header.buffer().release(this);
  }
}
