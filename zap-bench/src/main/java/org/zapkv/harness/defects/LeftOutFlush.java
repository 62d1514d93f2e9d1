// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.testing.WrappedDevice;

/** A device some flushes of which do nothing. Any thread. */
final class LeftOutFlush extends WrappedDevice {
  private final Every every;

  LeftOutFlush(BlockDevice device, Every every) {
    super(device);
    this.every = every;
  }

  @Override
  public void flush() {
    if (!every.isNow()) {
      super.flush();
    }
  }
}
