// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import java.util.concurrent.atomic.AtomicLong;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.testing.WrappedDevice;

/**
 * A device that writes some blocks over the one that was written before them, too, as if its place
 * had been given out twice. Any thread.
 */
final class ReusedBlock extends WrappedDevice {
  private final Every every;

  /** Where the last write was. */
  private final AtomicLong last = new AtomicLong(-1);

  ReusedBlock(BlockDevice device, Every every) {
    super(device);
    this.every = every;
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    super.write(offsetBytes, address, lengthBytes);
    long before = last.getAndSet(offsetBytes);
    if (before >= 0 && before != offsetBytes && every.isNow()) {
      super.write(before, address, lengthBytes);
    }
  }
}
