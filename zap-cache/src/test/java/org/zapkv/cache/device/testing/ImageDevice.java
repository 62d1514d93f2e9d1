// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import java.util.concurrent.locks.ReentrantLock;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.error.EndOfDeviceException;
import org.zapkv.error.StoreFullException;

/**
 * A device in memory whose content outlives its closing, and can be had as an image at any time. A
 * limit on its size can be set and lifted. Any thread.
 */
public final class ImageDevice implements BlockDevice {
  private static final long NO_LIMIT = 1L << 30;

  private final ReentrantLock lock = new ReentrantLock();
  private final String name;

  /** Guarded by lock. */
  private final DeviceImage image;

  private volatile long limitBytes = NO_LIMIT;

  ImageDevice(String name, DeviceImage image) {
    this.name = name;
    this.image = image;
  }

  /**
   * What the device holds.
   *
   * @return a copy
   */
  public DeviceImage image() {
    lock.lock();
    try {
      return image.copy();
    } finally {
      lock.unlock();
    }
  }

  /**
   * How large the device may become.
   *
   * @param bytes the limit; what is there beyond it stays
   */
  public void limit(long bytes) {
    limitBytes = bytes;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long sizeBytes() {
    lock.lock();
    try {
      return image.sizeBytes();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void read(long offsetBytes, long address, int lengthBytes) {
    lock.lock();
    try {
      if (lengthBytes > 0 && offsetBytes + lengthBytes > image.sizeBytes()) {
        throw new EndOfDeviceException(
            name
                + ": read past the end: offset="
                + offsetBytes
                + " length="
                + lengthBytes
                + " size="
                + image.sizeBytes());
      }
      image.read(offsetBytes, address, lengthBytes);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    byte[] bytes = Scratch.copyOf(address, lengthBytes);
    lock.lock();
    try {
      long end = offsetBytes + lengthBytes;
      if (end > limitBytes && end > image.sizeBytes()) {
        throw new StoreFullException(
            name
                + " is full: offset="
                + offsetBytes
                + " length="
                + lengthBytes
                + " limit="
                + limitBytes);
      }
      image.write(offsetBytes, bytes, 0, lengthBytes);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void flush() {}

  @Override
  public void truncate(long sizeBytes) {
    lock.lock();
    try {
      image.truncate(sizeBytes);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long growableBytes() {
    return Math.max(0, limitBytes - sizeBytes());
  }

  /** Does nothing: the content stays, and may be opened again. */
  @Override
  public void close() {}
}
