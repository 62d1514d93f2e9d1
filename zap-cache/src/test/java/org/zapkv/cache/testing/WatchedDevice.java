// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.testing;

import org.zapkv.cache.device.BlockDevice;

/** Another device, with something done around its reads and writes. */
public final class WatchedDevice implements BlockDevice {
  private final BlockDevice device;
  private final Watcher watcher;

  /** What is done around a transfer. */
  @FunctionalInterface
  public interface Watcher {
    /**
     * Does it.
     *
     * @param write whether it writes
     * @param offsetBytes where, on the device
     * @param address where, in memory
     * @param lengthBytes how much
     * @param transfer the transfer; nothing is transferred unless this is run
     */
    void around(boolean write, long offsetBytes, long address, int lengthBytes, Runnable transfer);
  }

  /**
   * Another device, watched.
   *
   * @param device where the bytes are
   * @param watcher what is done around its transfers
   */
  public WatchedDevice(BlockDevice device, Watcher watcher) {
    this.device = device;
    this.watcher = watcher;
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
    Runnable transfer = () -> device.read(offsetBytes, address, lengthBytes);
    watcher.around(false, offsetBytes, address, lengthBytes, transfer);
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    Runnable transfer = () -> device.write(offsetBytes, address, lengthBytes);
    watcher.around(true, offsetBytes, address, lengthBytes, transfer);
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
