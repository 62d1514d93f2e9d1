// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.concurrent.atomic.LongAdder;
import org.zapkv.cache.Buffer;

/**
 * Creates leaves so that those who still stand on an old leaf in the same block go on working.
 *
 * <p>When leaves are merged away the next free block moves down, and a block number is given out
 * again. Its buffer can still be in memory with the old leaf object attached, held by a reader or
 * cursor, or with a thread waiting for the old leaf's lock. A second object could not be attached,
 * and to detach the first would leave them with a lock that no longer guards the bytes. So the old
 * object, its lock included, becomes the new leaf's.
 */
final class ReusingLeafCreator implements LeafCreator {
  private final LongAdder reuses = new LongAdder();

  @Override
  public Leaf create(Buffer buffer, FatHeader header) {
    // Of a table that was in this block: whoever held it then has kept it in memory.
    LeafMirror.detach(buffer);
    boolean reused = buffer.user() != null;
    Leaf leaf = LeafCreator.attach(buffer, header);
    leaf.lockAnyway();
    if (reused) {
      reuses.increment();
    }
    return leaf;
  }

  @Override
  public long reuses() {
    return reuses.sum();
  }
}
