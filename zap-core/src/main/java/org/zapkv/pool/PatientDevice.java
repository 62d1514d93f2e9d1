// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import org.zapkv.cache.device.BlockDevice;
import org.zapkv.error.StoreFullException;

/** The device as the writing of groups sees it: a write that finds no room waits for it. */
final class PatientDevice implements BlockDevice {
  private final BlockDevice device;
  private final RoomWait room;

  PatientDevice(BlockDevice device, RoomWait room) {
    this.device = device;
    this.room = room;
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    try {
      device.write(offsetBytes, address, lengthBytes);
    } catch (StoreFullException e) {
      room.retry(() -> device.write(offsetBytes, address, lengthBytes), e);
    }
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
