// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.MemoryDevice;

/**
 * Another device whose operations are written down, and which can be had as it was after any of
 * them. Keeps all that was ever written on the heap. Any thread; the log has an operation when it
 * has succeeded, so operations at the same time are in one of the orders that are possible.
 */
public final class RecordingDevice extends WrappedDevice {
  /** What was done. */
  public enum Kind {
    /** A read. */
    READ,
    /** A write. */
    WRITE,
    /** A flush. */
    FLUSH,
    /** A truncation. */
    TRUNCATE
  }

  /**
   * One operation.
   *
   * @param kind what was done
   * @param offsetBytes where; for a truncation the new size; 0 for a flush
   * @param lengthBytes how many bytes were moved
   * @param hash of the bytes that were moved, as {@link Arrays#hashCode(byte[])}; 0 if none were
   * @param thread the name of the thread
   */
  public record Operation(Kind kind, long offsetBytes, int lengthBytes, int hash, String thread) {}

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock. The bytes of each operation, if it is a write.
  private final List<Operation> operations = new ArrayList<>();
  private final List<byte @Nullable []> written = new ArrayList<>();

  /** What the other device held at first. */
  private final byte[] start;

  /**
   * A device that is as another, and keeps what that one holds now.
   *
   * @param device the other one, up to 1 GiB large; closed with this one
   */
  public RecordingDevice(BlockDevice device) {
    super(device);
    this.start = Scratch.read(device, 0, Math.toIntExact(device.sizeBytes()));
  }

  /**
   * What was done so far.
   *
   * @return the operations, the oldest first; a copy
   */
  public List<Operation> operations() {
    lock.lock();
    try {
      return List.copyOf(operations);
    } finally {
      lock.unlock();
    }
  }

  /**
   * The device as it was.
   *
   * @param steps after how many operations; 0 for the start
   * @return a new device with that content
   * @throws IndexOutOfBoundsException if there were not so many
   */
  public MemoryDevice asOf(int steps) {
    MemoryDevice past = new MemoryDevice();
    lock.lock();
    try {
      Scratch.write(past, 0, start);
      for (int i = 0; i < steps; i++) {
        Operation operation = operations.get(i);
        byte[] bytes = written.get(i);
        if (bytes != null) {
          Scratch.write(past, operation.offsetBytes, bytes);
        } else if (operation.kind == Kind.TRUNCATE) {
          past.truncate(operation.offsetBytes);
        }
      }
      return past;
    } finally {
      lock.unlock();
    }
  }

  private void log(Kind kind, long offsetBytes, byte[] bytes) {
    int hash = bytes.length == 0 ? 0 : Arrays.hashCode(bytes);
    String thread = Thread.currentThread().getName();
    operations.add(new Operation(kind, offsetBytes, bytes.length, hash, thread));
    written.add(kind == Kind.WRITE ? bytes : null);
  }

  @Override
  public void read(long offsetBytes, long address, int lengthBytes) {
    super.read(offsetBytes, address, lengthBytes);
    byte[] bytes = Scratch.copyOf(address, lengthBytes);
    lock.lock();
    try {
      log(Kind.READ, offsetBytes, bytes);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    // Under the lock: writes of the same bytes must be in the log as they were done.
    lock.lock();
    try {
      super.write(offsetBytes, address, lengthBytes);
      log(Kind.WRITE, offsetBytes, Scratch.copyOf(address, lengthBytes));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void flush() {
    super.flush();
    lock.lock();
    try {
      log(Kind.FLUSH, 0, new byte[0]);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void truncate(long sizeBytes) {
    lock.lock();
    try {
      super.truncate(sizeBytes);
      log(Kind.TRUNCATE, sizeBytes, new byte[0]);
    } finally {
      lock.unlock();
    }
  }
}
