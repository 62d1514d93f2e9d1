// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import org.zapkv.cache.device.BlockDevice;
import org.zapkv.error.DeviceException;

/** Another device, with something done before its reads and flushes, and with a bad spot. */
final class HookedDevice implements BlockDevice {
  private final BlockDevice device;
  private volatile Runnable beforeRead = () -> {};
  private volatile Runnable beforeFlush = () -> {};
  private volatile long badFrom;
  private volatile long badTo;

  HookedDevice(BlockDevice device) {
    this.device = device;
  }

  void beforeRead(Runnable action) {
    beforeRead = action;
  }

  /** Reads that touch these bytes fail from now on. */
  void unreadable(long from, long to) {
    badFrom = from;
    badTo = to;
  }

  void beforeFlush(Runnable action) {
    beforeFlush = action;
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public long sizeBytes() {
    return device.sizeBytes();
  }

  @Override
  public void read(long offsetBytes, long address, int lengthBytes) {
    beforeRead.run();
    if (offsetBytes < badTo && offsetBytes + lengthBytes > badFrom) {
      throw new DeviceException("bad sector");
    }
    device.read(offsetBytes, address, lengthBytes);
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    device.write(offsetBytes, address, lengthBytes);
  }

  @Override
  public void flush() {
    beforeFlush.run();
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
