// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.error.DeviceException;
import org.zapkv.object.ImageObject;
import org.zapkv.object.testing.WrappedObject;
import org.zapkv.pool.Transaction;

/**
 * A block object of which one call fails, or all from one on: any, or only those that need memory
 * or a device, which are those that hold a block that nobody holds, or resize.
 */
final class FaultyBlockObject extends WrappedObject {
  private final BufferCache cache;
  private final ImageObject object;
  private final boolean anyCallFails;
  private long callsUntilFault = Long.MAX_VALUE;
  private boolean forGood;
  private boolean failed;
  private boolean failedToFree;

  FaultyBlockObject(BufferCache cache, ImageObject object, boolean anyCallFails) {
    super(object);
    this.cache = cache;
    this.object = object;
    this.anyCallFails = anyCallFails;
  }

  /** One call fails, after this many. */
  void failAfter(long calls) {
    failAfter(calls, false);
  }

  /** One call fails, after this many, or all from then on. */
  void failAfter(long calls, boolean allOfThem) {
    callsUntilFault = calls;
    forGood = allOfThem;
    failed = false;
  }

  /** No call fails any more. */
  void work() {
    failAfter(Long.MAX_VALUE);
  }

  boolean hasFailedToFree() {
    return failedToFree;
  }

  boolean hasFailed() {
    return failed;
  }

  private void count(String call) {
    long left = callsUntilFault--;
    if (left == 0 || (left < 0 && forGood)) {
      failed = true;
      throw new DeviceException("injected into " + call);
    }
  }

  @Override
  public Buffer hold(long blockId, Object tag) {
    if (anyCallFails || !Images.isCached(cache, object, blockId)) {
      count("hold " + blockId);
    }
    return super.hold(blockId, tag);
  }

  @Override
  public void dirty(Buffer buffer, Transaction tx) {
    if (anyCallFails) {
      count("dirty " + buffer.blockId());
    }
    super.dirty(buffer, tx);
  }

  @Override
  public Buffer resize(Buffer block0, int blockSizeBytes, Transaction tx, Object tag) {
    count("resize");
    return super.resize(block0, blockSizeBytes, tx, tag);
  }

  @Override
  public void freeRange(long firstBlock, long blockCount, Transaction tx) {
    if (anyCallFails) {
      try {
        count("freeRange " + firstBlock);
      } catch (DeviceException e) {
        failedToFree = true;
        throw e;
      }
    }
    super.freeRange(firstBlock, blockCount, tx);
  }
}
