// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import org.zapkv.cache.device.BlockDevice;
import org.zapkv.error.DeviceException;

/**
 * Another device, with something done before its reads, writes and flushes, with a bad spot, and,
 * if wanted, with a content that outlives its closing. Any thread.
 */
public final class HookedDevice extends WrappedDevice {
  private volatile Runnable beforeRead = HookedDevice::nothing;
  private volatile Runnable beforeWrite = HookedDevice::nothing;
  private volatile Runnable beforeFlush = HookedDevice::nothing;
  private volatile Runnable beforeTruncate = HookedDevice::nothing;
  private volatile Range bad = new Range(0, 0);
  private volatile boolean outlivesClose;

  private record Range(long from, long to) {}

  /**
   * A device that is as another.
   *
   * @param device the other one; closed with this one
   */
  public HookedDevice(BlockDevice device) {
    super(device);
  }

  private static void nothing() {}

  /**
   * What actions may throw, to tell their failures from others.
   *
   * @return a new exception
   */
  public static DeviceException failure() {
    return new DeviceException("injected by a test");
  }

  /**
   * Has something done before each read from now on.
   *
   * @param action on the reading thread; what it throws, the read throws
   */
  public void beforeRead(Runnable action) {
    beforeRead = action;
  }

  /**
   * Has something done before each write from now on.
   *
   * @param action on the writing thread; what it throws, the write throws
   */
  public void beforeWrite(Runnable action) {
    beforeWrite = action;
  }

  /**
   * Has something done before each flush from now on.
   *
   * @param action on the flushing thread; what it throws, the flush throws
   */
  public void beforeFlush(Runnable action) {
    beforeFlush = action;
  }

  /**
   * Has something done before each truncation from now on.
   *
   * @param action on the truncating thread; what it throws, the truncation throws
   */
  public void beforeTruncate(Runnable action) {
    beforeTruncate = action;
  }

  /** Has nothing done any more. The bad spot stays. */
  public void noActions() {
    beforeRead = HookedDevice::nothing;
    beforeWrite = HookedDevice::nothing;
    beforeFlush = HookedDevice::nothing;
    beforeTruncate = HookedDevice::nothing;
  }

  /**
   * Makes reads fail that touch some bytes, from now on.
   *
   * @param from the first bad byte
   * @param to the first byte after them; {@code from} for none
   */
  public void unreadable(long from, long to) {
    bad = new Range(from, to);
  }

  /**
   * Makes closing do nothing, so that a store on a device in memory can be opened again.
   *
   * @return this
   */
  public HookedDevice outlivingClose() {
    outlivesClose = true;
    return this;
  }

  @Override
  public void read(long offsetBytes, long address, int lengthBytes) {
    beforeRead.run();
    Range spot = bad;
    if (offsetBytes < spot.to && offsetBytes + lengthBytes > spot.from) {
      throw new DeviceException(
          "bad spot from=" + spot.from + " to=" + spot.to + ": read offset=" + offsetBytes);
    }
    super.read(offsetBytes, address, lengthBytes);
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    beforeWrite.run();
    super.write(offsetBytes, address, lengthBytes);
  }

  @Override
  public void flush() {
    beforeFlush.run();
    super.flush();
  }

  @Override
  public void truncate(long sizeBytes) {
    beforeTruncate.run();
    super.truncate(sizeBytes);
  }

  @Override
  public void close() {
    if (!outlivesClose) {
      super.close();
    }
  }
}
