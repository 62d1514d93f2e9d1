// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.ClosedException;
import org.zapkv.error.EndOfDeviceException;

/**
 * A device that begins with the content of another one, and never changes it: what is written stays
 * on the Java heap, and is gone when the device is closed. The other device must keep its content
 * meanwhile; it is closed with this one.
 */
public final class OverlayDevice implements BlockDevice {
  /*
   * Implementation notes
   *
   * What was written is kept as extents that do not overlap, by their first byte; each is as long as
   * its array. A write cuts what it covers out of older extents. A read takes the base's bytes, then
   * those of the extents over them. Nothing is ever read to be written, so no memory is needed for
   * that. `lock` in read mode: reading. In write mode: everything else.
   */
  private final BlockDevice base;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  // Guarded by lock.
  private final NavigableMap<Long, byte[]> extents = new TreeMap<>();
  private long sizeBytes;

  /** How much of the base shows through: what was cut off reads as zeros when it is there again. */
  private long baseBytes;

  private boolean closed;

  /**
   * A device with the content of another one.
   *
   * @param base what is read where nothing was written; its writing methods are never called
   */
  public OverlayDevice(BlockDevice base) {
    this.base = base;
    this.sizeBytes = base.sizeBytes();
    this.baseBytes = sizeBytes;
  }

  @Override
  public String name() {
    return base.name();
  }

  @Override
  public int alignmentBytes() {
    return base.alignmentBytes();
  }

  @Override
  public long sizeBytes() {
    lock.readLock().lock();
    try {
      checkOpen();
      return sizeBytes;
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void read(long offsetBytes, long address, int lengthBytes) {
    Transfers.check(name(), offsetBytes, lengthBytes);
    lock.readLock().lock();
    try {
      checkOpen();
      if (lengthBytes > 0 && offsetBytes + lengthBytes > sizeBytes) {
        throw new EndOfDeviceException(
            name()
                + ": read past the end: "
                + Transfers.range(offsetBytes, lengthBytes)
                + " size="
                + sizeBytes);
      }
      readBase(offsetBytes, address, lengthBytes);
      readExtents(offsetBytes, address, lengthBytes);
    } finally {
      lock.readLock().unlock();
    }
  }

  private void readBase(long offsetBytes, long address, int lengthBytes) {
    int present = (int) Math.max(0, Math.min(lengthBytes, baseBytes - offsetBytes));
    if (present > 0) {
      base.read(offsetBytes, address, present);
    }
    NativeMemory.fill(address + present, lengthBytes - present, (byte) 0);
  }

  private void readExtents(long offsetBytes, long address, int lengthBytes) {
    long endBytes = offsetBytes + lengthBytes;
    Long before = extents.floorKey(offsetBytes);
    long from = before == null ? offsetBytes : before;
    for (Map.Entry<Long, byte[]> extent : extents.subMap(from, endBytes).entrySet()) {
      long start = extent.getKey();
      byte[] bytes = extent.getValue();
      long first = Math.max(start, offsetBytes);
      long last = Math.min(start + bytes.length, endBytes);
      if (first < last) {
        NativeMemory.copyFromArray(
            bytes, (int) (first - start), address + (first - offsetBytes), (int) (last - first));
      }
    }
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    Transfers.check(name(), offsetBytes, lengthBytes);
    lock.writeLock().lock();
    try {
      checkOpen();
      if (lengthBytes == 0) {
        return;
      }
      byte[] bytes = new byte[lengthBytes];
      NativeMemory.copyToArray(address, bytes, 0, lengthBytes);
      cut(offsetBytes, offsetBytes + lengthBytes);
      extents.put(offsetBytes, bytes);
      sizeBytes = Math.max(sizeBytes, offsetBytes + lengthBytes);
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Takes the bytes of a range out of all extents. */
  private void cut(long startBytes, long endBytes) {
    Map.Entry<Long, byte[]> extent = extents.lowerEntry(endBytes);
    while (extent != null && extent.getKey() + extent.getValue().length > startBytes) {
      long first = extent.getKey();
      byte[] bytes = extent.getValue();
      extents.remove(first);
      if (first + bytes.length > endBytes) {
        extents.put(endBytes, part(bytes, endBytes - first, bytes.length));
      }
      if (first < startBytes) {
        extents.put(first, part(bytes, 0, startBytes - first));
      }
      extent = extents.lowerEntry(first);
    }
  }

  private static byte[] part(byte[] bytes, long from, long to) {
    return Arrays.copyOfRange(bytes, (int) from, (int) to);
  }

  /** Does nothing: no one is promised that what was written stays. */
  @Override
  public void flush() {
    sizeBytes();
  }

  @Override
  public void truncate(long newSizeBytes) {
    Transfers.checkSize(name(), newSizeBytes);
    lock.writeLock().lock();
    try {
      checkOpen();
      if (newSizeBytes < sizeBytes) {
        cut(newSizeBytes, sizeBytes);
        sizeBytes = newSizeBytes;
        baseBytes = Math.min(baseBytes, newSizeBytes);
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** That of the device below: whoever asks wants to know about that one. */
  @Override
  public long growableBytes() {
    sizeBytes();
    return base.growableBytes();
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      closed = true;
      extents.clear();
    } finally {
      lock.writeLock().unlock();
    }
    base.close();
  }

  private void checkOpen() {
    if (closed) {
      throw new ClosedException(name() + " is closed");
    }
  }
}
