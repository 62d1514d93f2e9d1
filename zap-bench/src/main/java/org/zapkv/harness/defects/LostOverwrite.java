// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.testing.WrappedDevice;

/** A device that now and then leaves what is there instead of writing over it. Any thread. */
final class LostOverwrite extends WrappedDevice {
  private final Every every;

  LostOverwrite(BlockDevice device, Every every) {
    super(device);
    this.every = every;
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    boolean isOver = offsetBytes + lengthBytes <= sizeBytes();
    if (!isOver || !every.isNow()) {
      super.write(offsetBytes, address, lengthBytes);
    }
  }
}
