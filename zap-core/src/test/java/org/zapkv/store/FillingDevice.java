// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.concurrent.atomic.AtomicLong;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.testing.WrappedDevice;
import org.zapkv.error.StoreFullException;

/**
 * Another device on a disk that somebody else fills up, and frees again: writes beyond its size of
 * that moment find no room. Its content outlives closing. Any thread.
 */
final class FillingDevice extends WrappedDevice {
  private static final long NEVER = Long.MAX_VALUE;

  private final AtomicLong writesLeft = new AtomicLong(NEVER);
  private volatile long limitBytes = Long.MAX_VALUE;

  FillingDevice(BlockDevice device) {
    super(device);
  }

  /** The disk is full after so many more writes. */
  void fillUpAfter(long writes) {
    writesLeft.set(writes);
  }

  /** There is room again. */
  void makeRoom() {
    writesLeft.set(NEVER);
    limitBytes = Long.MAX_VALUE;
  }

  /** Whether the disk is full by now. */
  boolean isFull() {
    return limitBytes != Long.MAX_VALUE;
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    if (writesLeft.get() != NEVER && writesLeft.getAndDecrement() == 0) {
      limitBytes = sizeBytes();
    }
    if (offsetBytes + lengthBytes > limitBytes) {
      throw new StoreFullException(name() + ": the disk is full, offset=" + offsetBytes);
    }
    super.write(offsetBytes, address, lengthBytes);
  }

  @Override
  public long growableBytes() {
    return isFull() ? Math.max(0, limitBytes - sizeBytes()) : super.growableBytes();
  }

  @Override
  public void close() {
    // It is opened again.
  }
}
