// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.DeviceException;
import org.zapkv.error.EndOfDeviceException;

/**
 * A device that loses power. What was written since the last flush survives in part: each sector of
 * each write on its own, in any combination. After the crash every call fails, until {@link
 * #restart}.
 */
final class CrashDevice implements BlockDevice {
  private static final int SECTOR_BYTES = 512;

  private final ReentrantLock lock = new ReentrantLock();
  private final SplittableRandom random;

  /** What the device shows; what is durable; what was written in between. Guarded by the lock. */
  private byte[] present = new byte[0];

  private byte[] durable = new byte[0];
  private final List<Change> changes = new ArrayList<>();
  private long stepsLeft = Long.MAX_VALUE;
  private long steps;
  private boolean crashed;

  /** A write, or a truncation when there are no bytes. */
  private static final class Change {
    final long offset;
    final byte @Nullable [] bytes;

    Change(long offset, byte @Nullable [] bytes) {
      this.offset = offset;
      this.bytes = bytes;
    }
  }

  CrashDevice(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** Writes, flushes and truncations so far. */
  long steps() {
    lock.lock();
    try {
      return steps;
    } finally {
      lock.unlock();
    }
  }

  /** Loses power after so many more writes, flushes and truncations. */
  void crashAfter(long count) {
    lock.lock();
    try {
      stepsLeft = count;
    } finally {
      lock.unlock();
    }
  }

  /** Power is back: what survived is what the device holds. */
  void restart() {
    lock.lock();
    try {
      crash();
      present = durable.clone();
      stepsLeft = Long.MAX_VALUE;
      crashed = false;
    } finally {
      lock.unlock();
    }
  }

  private void step() {
    steps++;
    if (crashed || stepsLeft-- <= 0) {
      crash();
      throw new DeviceException("power lost");
    }
  }

  private void crash() {
    crashed = true;
    int survival = random.nextInt(5);
    for (Change change : changes) {
      byte[] bytes = change.bytes;
      if (bytes == null) {
        if (survives(survival)) {
          durable = Arrays.copyOf(durable, (int) change.offset);
        }
        continue;
      }
      for (int at = 0; at < bytes.length; at += SECTOR_BYTES) {
        if (survives(survival)) {
          int length = Math.min(SECTOR_BYTES, bytes.length - at);
          durable = put(durable, change.offset + at, bytes, at, length);
        }
      }
    }
    changes.clear();
  }

  private boolean survives(int survival) {
    return survival == 4 || (survival > 0 && random.nextInt(4) < survival);
  }

  private static byte[] put(byte[] target, long offset, byte[] bytes, int from, int length) {
    byte[] grown =
        offset + length > target.length ? Arrays.copyOf(target, (int) offset + length) : target;
    System.arraycopy(bytes, from, grown, (int) offset, length);
    return grown;
  }

  @Override
  public String name() {
    return "crash-device";
  }

  @Override
  public long sizeBytes() {
    lock.lock();
    try {
      return present.length;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void read(long offsetBytes, long address, int lengthBytes) {
    lock.lock();
    try {
      if (offsetBytes + lengthBytes > present.length) {
        throw new EndOfDeviceException("beyond the end");
      }
      NativeMemory.copyFromArray(present, (int) offsetBytes, address, lengthBytes);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    byte[] bytes = new byte[lengthBytes];
    NativeMemory.copyToArray(address, bytes, 0, lengthBytes);
    lock.lock();
    try {
      /* The write that power is lost in may survive in part too. */
      changes.add(new Change(offsetBytes, bytes));
      step();
      present = put(present, offsetBytes, bytes, 0, lengthBytes);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void flush() {
    lock.lock();
    try {
      step();
      durable = present.clone();
      changes.clear();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void truncate(long sizeBytes) {
    lock.lock();
    try {
      if (sizeBytes < present.length) {
        changes.add(new Change(sizeBytes, null));
        step();
        present = Arrays.copyOf(present, (int) sizeBytes);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long growableBytes() {
    return 1L << 30;
  }

  @Override
  public void close() {}
}
