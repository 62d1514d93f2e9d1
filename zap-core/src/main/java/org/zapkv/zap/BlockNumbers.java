// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/**
 * The numbers of an object's blocks: which are given to the next leaf or pointer table. Everything
 * here is called with the map's structure lock held exclusively.
 */
final class BlockNumbers {
  private final BlockObject object;
  private final HeaderAccess headers;

  BlockNumbers(BlockObject object, HeaderAccess headers) {
    this.object = object;
    this.headers = headers;
  }

  /**
   * Finds free numbers, all that can fail included. They stay free until {@link Claim#take}.
   *
   * @param count how many, one after another
   */
  Claim claim(long count, Transaction tx) {
    FatHeader header = headers.hold();
    boolean done = false;
    try {
      object.dirty(header.buffer(), tx);
      Claim claim = new Claim(header, header.nextBlock(), count);
      done = true;
      return claim;
    } finally {
      if (!done) {
        headers.release(header);
      }
    }
  }

  /** Numbers that can be taken. */
  final class Claim implements AutoCloseable {
    private final FatHeader header;
    private final long first;
    private final long count;

    private Claim(FatHeader header, long first, long count) {
      this.header = header;
      this.first = first;
      this.count = count;
    }

    /** The first of the numbers. */
    long first() {
      return first;
    }

    /** Takes the numbers. Cannot fail. */
    void take() {
      header.setFreeBlock(first + count);
    }

    @Override
    public void close() {
      headers.release(header);
    }
  }
}
