// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.testing.WrappedDevice;
import org.zapkv.error.DeviceException;

/** A device for a store that does not look whether something has failed. Any thread. */
final class IgnoredErrors extends WrappedDevice {
  private static final System.Logger LOGGER = System.getLogger(IgnoredErrors.class.getName());

  private final boolean ofWrites;
  private final boolean ofFlushes;

  IgnoredErrors(BlockDevice device, boolean ofWrites, boolean ofFlushes) {
    super(device);
    this.ofWrites = ofWrites;
    this.ofFlushes = ofFlushes;
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    try {
      super.write(offsetBytes, address, lengthBytes);
    } catch (DeviceException e) {
      ignore(e, ofWrites);
    }
  }

  @Override
  public void flush() {
    try {
      super.flush();
    } catch (DeviceException e) {
      ignore(e, ofFlushes);
    }
  }

  private static void ignore(DeviceException failure, boolean isIgnored) {
    if (!isIgnored) {
      throw failure;
    }
    LOGGER.log(System.Logger.Level.DEBUG, "ignored, as planted", failure);
  }
}
