// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.ClosedException;
import org.zapkv.error.EndOfDeviceException;
import org.zapkv.error.StoreFullException;

/** A device on the Java heap. Its content is gone when it is closed. */
public final class MemoryDevice implements BlockDevice {
  /*
   * Implementation notes
   *
   * Chunks are made when first written; a missing one is all zeros. `lock` in read mode: transfers
   * within the present size. In write mode: whatever changes chunks or size. Two transfers of the
   * same bytes may mix them, as with a file.
   */
  private static final int CHUNK_BYTES = 1 << 16;

  private final String name;
  private final long limitBytes;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  // Guarded by lock.
  private final List<byte @Nullable []> chunks = new ArrayList<>();
  private long sizeBytes;
  private boolean closed;

  /** An empty device that is limited by the heap only. */
  public MemoryDevice() {
    this("memory", Long.MAX_VALUE);
  }

  /**
   * An empty device.
   *
   * @param name what messages call it
   * @param limitBytes the size in bytes that it never grows beyond
   */
  public MemoryDevice(String name, long limitBytes) {
    this.name = name;
    this.limitBytes = limitBytes;
  }

  @Override
  public String name() {
    return name;
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
    Transfers.check(name, offsetBytes, lengthBytes);
    lock.readLock().lock();
    try {
      checkOpen();
      if (lengthBytes > 0 && offsetBytes + lengthBytes > sizeBytes) {
        throw new EndOfDeviceException(
            name
                + ": read past the end: "
                + Transfers.range(offsetBytes, lengthBytes)
                + " size="
                + sizeBytes);
      }
      forEachPart(offsetBytes, address, lengthBytes, MemoryDevice::readPart);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    Transfers.check(name, offsetBytes, lengthBytes);
    if (writeInPlace(offsetBytes, address, lengthBytes)) {
      return;
    }
    lock.writeLock().lock();
    try {
      checkOpen();
      makePresent(offsetBytes, lengthBytes);
      forEachPart(offsetBytes, address, lengthBytes, MemoryDevice::writePart);
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public void flush() {
    sizeBytes();
  }

  @Override
  public void truncate(long newSizeBytes) {
    Transfers.checkSize(name, newSizeBytes);
    lock.writeLock().lock();
    try {
      checkOpen();
      if (newSizeBytes >= sizeBytes) {
        return;
      }
      sizeBytes = newSizeBytes;
      int keep = (int) ((newSizeBytes + CHUNK_BYTES - 1) / CHUNK_BYTES);
      chunks.subList(keep, chunks.size()).clear();
      byte[] last = keep == 0 ? null : chunks.get(keep - 1);
      if (last != null && newSizeBytes % CHUNK_BYTES != 0) {
        Arrays.fill(last, (int) (newSizeBytes % CHUNK_BYTES), CHUNK_BYTES, (byte) 0);
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public long growableBytes() {
    return limitBytes - sizeBytes();
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      closed = true;
      chunks.clear();
      sizeBytes = 0;
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new ClosedException(name + " is closed");
    }
  }

  /** Writes where every chunk is there already; false: it is not, nothing was written. */
  private boolean writeInPlace(long offsetBytes, long address, int lengthBytes) {
    lock.readLock().lock();
    try {
      checkOpen();
      if (!isPresent(offsetBytes, lengthBytes)) {
        return false;
      }
      forEachPart(offsetBytes, address, lengthBytes, MemoryDevice::writePart);
      return true;
    } finally {
      lock.readLock().unlock();
    }
  }

  private boolean isPresent(long offsetBytes, int lengthBytes) {
    if (lengthBytes == 0) {
      return true;
    }
    if (offsetBytes + lengthBytes > sizeBytes) {
      return false;
    }
    int last = chunkOf(offsetBytes + lengthBytes - 1);
    for (int chunk = chunkOf(offsetBytes); chunk <= last; chunk++) {
      if (chunks.get(chunk) == null) {
        return false;
      }
    }
    return true;
  }

  private void makePresent(long offsetBytes, int lengthBytes) {
    long endBytes = offsetBytes + lengthBytes;
    if (endBytes > limitBytes || (endBytes - 1) / CHUNK_BYTES >= Integer.MAX_VALUE) {
      throw new StoreFullException(
          name
              + " is full: "
              + Transfers.range(offsetBytes, lengthBytes)
              + " size="
              + sizeBytes
              + " limit="
              + limitBytes);
    }
    int last = chunkOf(endBytes - 1);
    while (chunks.size() <= last) {
      chunks.add(null);
    }
    for (int chunk = chunkOf(offsetBytes); chunk <= last; chunk++) {
      if (chunks.get(chunk) == null) {
        chunks.set(chunk, new byte[CHUNK_BYTES]);
      }
    }
    sizeBytes = Math.max(sizeBytes, endBytes);
  }

  private static int chunkOf(long offsetBytes) {
    return (int) (offsetBytes / CHUNK_BYTES);
  }

  private void forEachPart(long offsetBytes, long address, int lengthBytes, Part part) {
    int done = 0;
    while (done < lengthBytes) {
      long offset = offsetBytes + done;
      int inChunk = (int) (offset % CHUNK_BYTES);
      int length = Math.min(CHUNK_BYTES - inChunk, lengthBytes - done);
      part.transfer(chunks.get(chunkOf(offset)), inChunk, address + done, length);
      done += length;
    }
  }

  private static void readPart(byte @Nullable [] chunk, int offset, long address, int length) {
    if (chunk == null) {
      NativeMemory.fill(address, length, (byte) 0);
    } else {
      NativeMemory.copyFromArray(chunk, offset, address, length);
    }
  }

  private static void writePart(byte @Nullable [] chunk, int offset, long address, int length) {
    if (chunk != null) {
      NativeMemory.copyToArray(address, chunk, offset, length);
    }
  }

  private interface Part {
    void transfer(byte @Nullable [] chunk, int offset, long address, int length);
  }
}
