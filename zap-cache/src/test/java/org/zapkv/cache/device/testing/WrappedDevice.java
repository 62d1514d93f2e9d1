// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import org.zapkv.cache.device.BlockDevice;

/** A device that is another one, but for what a subclass changes. */
public abstract class WrappedDevice implements BlockDevice {
  final BlockDevice device;

  /**
   * A device that is as another.
   *
   * @param device the other one; closed with this one
   */
  protected WrappedDevice(BlockDevice device) {
    this.device = device;
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public int alignmentBytes() {
    return device.alignmentBytes();
  }

  @Override
  public long sizeBytes() {
    return device.sizeBytes();
  }

  @Override
  public void read(long offsetBytes, long address, int lengthBytes) {
    device.read(offsetBytes, address, lengthBytes);
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    device.write(offsetBytes, address, lengthBytes);
  }

  @Override
  public void flush() {
    device.flush();
  }

  @Override
  public void truncate(long sizeBytes) {
    device.truncate(sizeBytes);
  }

  @Override
  public long growableBytes() {
    return device.growableBytes();
  }

  @Override
  public void close() {
    device.close();
  }
}
