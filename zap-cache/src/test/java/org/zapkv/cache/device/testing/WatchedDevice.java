// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import org.zapkv.cache.device.BlockDevice;

/** Another device, with something done around its reads and writes. */
public final class WatchedDevice extends WrappedDevice {
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
    super(device);
    this.watcher = watcher;
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
}
