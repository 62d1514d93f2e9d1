// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.zapkv.cache.Buffer;
import org.zapkv.object.BlockObject;
import org.zapkv.object.ImageObject;
import org.zapkv.pool.Transaction;

/** An object that may be held so many times only: work without bounds shows there. */
final class BoundedBlockObject implements BlockObject {
  private final ImageObject object;
  private final int mostHolds;
  private int holds;

  BoundedBlockObject(ImageObject object, int mostHolds) {
    this.object = object;
    this.mostHolds = mostHolds;
  }

  @Override
  public long objectId() {
    return object.objectId();
  }

  @Override
  public int blockSizeBytes() {
    return object.blockSizeBytes();
  }

  @Override
  public long blockCount() {
    return object.blockCount();
  }

  @Override
  public Buffer hold(long blockId, Object tag) {
    if (++holds > mostHolds) {
      throw new AssertionError("more than " + mostHolds + " holds, the last one of " + blockId);
    }
    return object.hold(blockId, tag);
  }

  @Override
  public void prefetch(long[] blockIds) {
    object.prefetch(blockIds);
  }

  @Override
  public void dirty(Buffer buffer, Transaction tx) {
    object.dirty(buffer, tx);
  }

  @Override
  public Buffer resize(Buffer block0, int blockSizeBytes, Transaction tx, Object tag) {
    return object.resize(block0, blockSizeBytes, tx, tag);
  }

  @Override
  public void freeRange(long firstBlock, long blockCount, Transaction tx) {
    object.freeRange(firstBlock, blockCount, tx);
  }
}
