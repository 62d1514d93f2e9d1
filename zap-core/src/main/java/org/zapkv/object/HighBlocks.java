// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.HashSet;
import java.util.Set;
import org.zapkv.error.ZapException;
import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.Pool;

/** Collects the blocks that lie beyond a place on the device, on a walk over the whole store. */
final class HighBlocks implements StoreWalker.Visitor {

  /** More than this is not moved at once. */
  static final long MAX_BYTES = 64 << 20;

  private final Pool pool;
  private final Moves moves;
  private final Set<Long> damaged = new HashSet<>();
  private long bytes;

  HighBlocks(Pool pool, long limitBytes) {
    this.pool = pool;
    this.moves = new Moves(limitBytes);
  }

  Moves moves() {
    return moves;
  }

  @Override
  public boolean object(long objectId, Dnode dnode) {
    return true;
  }

  @Override
  public boolean pointer(long objectId, BlockPointer pointer, int level, long index) {
    if (!damaged.contains(objectId)
        && bytes < MAX_BYTES
        && pool.endBytes(pointer) > moves.limitBytes()) {
      bytes += pool.spaceBytes(pointer);
      moves.add(objectId, level, index);
    }
    return true;
  }

  @Override
  public void endOfObject(long objectId, Dnode dnode) {}

  @Override
  public void damaged(long objectId, long blockId, ZapException problem) {
    /* Nothing of the object is moved: what cannot be read cannot be written again, nor can what lies
    above or below it. Whoever reads it is told. */
    damaged.add(objectId);
    moves.removeObject(objectId);
  }
}
