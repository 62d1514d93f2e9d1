// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object.testing;

import org.zapkv.cache.Buffer;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/** Another object; a subclass puts something before some of its calls. */
public abstract class WrappedObject implements BlockObject {
  private final BlockObject object;

  /**
   * An object that is as another one.
   *
   * @param object the other one
   */
  protected WrappedObject(BlockObject object) {
    this.object = object;
  }

  @Override
  public final long objectId() {
    return object.objectId();
  }

  @Override
  public final int blockSizeBytes() {
    return object.blockSizeBytes();
  }

  @Override
  public final long blockCount() {
    return object.blockCount();
  }

  @Override
  public Buffer hold(long blockId, Object tag) {
    return object.hold(blockId, tag);
  }

  @Override
  public final void prefetch(long[] blockIds) {
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
