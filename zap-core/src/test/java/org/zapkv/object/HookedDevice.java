// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import org.zapkv.cache.device.BlockDevice;

/** Another device, with something done before its reads and flushes. */
final class HookedDevice implements BlockDevice {
  private final BlockDevice device;
  private volatile Runnable beforeRead = () -> {};
  private volatile Runnable beforeFlush = () -> {};

  HookedDevice(BlockDevice device) {
    this.device = device;
  }

  void beforeRead(Runnable action) {
    beforeRead = action;
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
