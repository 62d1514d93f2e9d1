// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.error.DeviceException;

/**
 * A device in memory that keeps its content when it is closed, and whose reads can be made fail.
 */
final class TestDevice implements BlockDevice {
  private final MemoryDevice device;
  private volatile Runnable beforeRead = () -> {};

  TestDevice() {
    this(Long.MAX_VALUE);
  }

  TestDevice(long limitBytes) {
    this.device = new MemoryDevice("test device", limitBytes);
  }

  static DeviceException failure() {
    return new DeviceException("injected into a read");
  }

  /** Has something done before every read. */
  void beforeRead(Runnable action) {
    beforeRead = action;
  }

  void readsWorkAgain() {
    beforeRead = () -> {};
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
  public void close() {}
}
