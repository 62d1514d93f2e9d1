// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.testing.WrappedDevice;

/** A device some writes of which do nothing. Any thread. */
final class LostWrite extends WrappedDevice {
  private final Every every;

  LostWrite(BlockDevice device, Every every) {
    super(device);
    this.every = every;
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    if (!every.isNow()) {
      super.write(offsetBytes, address, lengthBytes);
    }
  }
}
