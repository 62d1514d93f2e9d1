// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.ClosedException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.EndOfDeviceException;

/**
 * A device in memory that loses power. What was written since the last flush survives in part: each
 * sector of each write on its own, in any combination, so writes are kept, dropped and torn; and of
 * writes of the same bytes either may come last. After the crash every change fails, until {@link
 * #restart}. Any thread.
 */
public final class CrashDevice implements BlockDevice {
  /*
   * Implementation notes
   *
   * `present` is what reads see; `durable` is what a crash cannot touch; `changes` is what lies
   * between them. A flush applies the changes to `durable`, a crash those that survive. A sector
   * of 512 bytes, at a multiple of 512, survives as a whole or not at all. Truncations keep their
   * place among the writes, as the journal of a file system sees to that.
   */
  private static final int SECTOR_BYTES = 512;

  /** What became of unflushed writes in all crashes; see the getters of the same names. */
  private static final class Fates {
    long kept;
    long dropped;
    long torn;
    long reordered;
  }

  /** A write, or a truncation when there are no bytes. */
  private static final class Change {
    final long offset;
    final byte @Nullable [] bytes;

    Change(long offset, byte @Nullable [] bytes) {
      this.offset = offset;
      this.bytes = bytes;
    }
  }

  /** A growing array. Guarded by the lock of its device. */
  private static final class Content {
    byte[] bytes = new byte[4096];
    int size;

    void put(long offset, byte[] source, int from, int length) {
      int end = Math.toIntExact(offset + length);
      if (end > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(end, 2 * bytes.length));
      }
      System.arraycopy(source, from, bytes, (int) offset, length);
      size = length > 0 ? Math.max(size, end) : size;
    }

    void truncate(long newSize) {
      if (newSize < size) {
        Arrays.fill(bytes, (int) newSize, size, (byte) 0);
        size = (int) newSize;
      }
    }

    void apply(Change change) {
      byte[] written = change.bytes;
      if (written == null) {
        truncate(change.offset);
      } else {
        put(change.offset, written, 0, written.length);
      }
    }
  }

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final SplittableRandom random;
  private final Content present = new Content();
  private final Content durable = new Content();
  private final List<Change> changes = new ArrayList<>();
  private final Fates fates = new Fates();
  private long stepsLeft = Long.MAX_VALUE;
  private long steps;
  private boolean crashed;
  private boolean closed;

  /**
   * An empty device with power.
   *
   * @param seed what decides on what survives
   */
  public CrashDevice(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /**
   * How much was done.
   *
   * @return writes, flushes and truncations so far
   */
  public long steps() {
    return locked(() -> steps);
  }

  /**
   * How many writes survived crashes as a whole.
   *
   * @return the sum over all crashes
   */
  public long kept() {
    return locked(() -> fates.kept);
  }

  /**
   * How many writes crashes dropped as a whole.
   *
   * @return the sum over all crashes
   */
  public long dropped() {
    return locked(() -> fates.dropped);
  }

  /**
   * How many writes survived crashes in part.
   *
   * @return the sum over all crashes
   */
  public long torn() {
    return locked(() -> fates.torn);
  }

  /**
   * In how many crashes writes were applied in another order than they came in.
   *
   * @return the number of crashes
   */
  public long reordered() {
    return locked(() -> fates.reordered);
  }

  /**
   * Loses power later.
   *
   * @param count after so many more writes, flushes and truncations
   */
  public void crashAfter(long count) {
    locked(() -> stepsLeft = count);
  }

  /** Has power again, also if it was closed: what survived is what the device holds. */
  public void restart() {
    locked(
        () -> {
          crash();
          present.truncate(0);
          present.put(0, durable.bytes, 0, durable.size);
          stepsLeft = Long.MAX_VALUE;
          crashed = false;
          closed = false;
          return 0;
        });
  }

  private interface Body {
    long run();
  }

  private long locked(Body body) {
    lock.lock();
    try {
      return body.run();
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
    // From none to all of four: whole writes as well as parts of them.
    int survival = random.nextInt(5);
    if (random.nextInt(4) == 0) {
      reorder();
    }
    for (Change change : changes) {
      byte[] bytes = change.bytes;
      if (bytes != null) {
        crashWrite(change.offset, bytes, survival);
      } else if (survives(survival)) {
        durable.truncate(change.offset);
      }
    }
    changes.clear();
  }

  /** Puts the writes between two truncations into another order. */
  private void reorder() {
    boolean moved = false;
    int first = 0;
    for (int i = 0; i < changes.size(); i++) {
      if (changes.get(i).bytes == null) {
        first = i + 1;
        continue;
      }
      int other = first + random.nextInt(i - first + 1);
      moved |= other != i;
      changes.set(i, changes.set(other, changes.get(i)));
    }
    fates.reordered += moved ? 1 : 0;
  }

  private void crashWrite(long offset, byte[] bytes, int survival) {
    int survived = 0;
    int at = 0;
    while (at < bytes.length) {
      int inSector = (int) ((offset + at) % SECTOR_BYTES);
      int length = Math.min(SECTOR_BYTES - inSector, bytes.length - at);
      if (survives(survival)) {
        durable.put(offset + at, bytes, at, length);
        survived += length;
      }
      at += length;
    }
    fates.kept += survived == bytes.length ? 1 : 0;
    fates.dropped += survived == 0 ? 1 : 0;
    fates.torn += survived > 0 && survived < bytes.length ? 1 : 0;
  }

  private boolean survives(int survival) {
    return survival == 4 || (survival > 0 && random.nextInt(4) < survival);
  }

  private void check(long offsetBytes, int lengthBytes) {
    if (offsetBytes < 0 || lengthBytes < 0 || offsetBytes + lengthBytes < 0) {
      throw new IllegalArgumentException("offset=" + offsetBytes + " length=" + lengthBytes);
    }
    checkOpen();
  }

  private void checkOpen() {
    if (closed) {
      throw new ClosedException("crash-device is closed");
    }
  }

  @Override
  public String name() {
    return "crash-device";
  }

  @Override
  public long sizeBytes() {
    return locked(
        () -> {
          checkOpen();
          return present.size;
        });
  }

  @Override
  public void read(long offsetBytes, long address, int lengthBytes) {
    locked(
        () -> {
          check(offsetBytes, lengthBytes);
          if (lengthBytes > 0 && offsetBytes + lengthBytes > present.size) {
            throw new EndOfDeviceException(
                "read past the end: offset="
                    + offsetBytes
                    + " length="
                    + lengthBytes
                    + " size="
                    + present.size);
          }
          if (lengthBytes > 0) {
            NativeMemory.copyFromArray(present.bytes, (int) offsetBytes, address, lengthBytes);
          }
          return 0;
        });
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    locked(
        () -> {
          check(offsetBytes, lengthBytes);
          Change change = new Change(offsetBytes, Scratch.copyOf(address, lengthBytes));
          // The write that power is lost in may survive in part too.
          changes.add(change);
          step();
          present.apply(change);
          return 0;
        });
  }

  @Override
  public void flush() {
    locked(
        () -> {
          checkOpen();
          step();
          changes.forEach(durable::apply);
          changes.clear();
          return 0;
        });
  }

  @Override
  public void truncate(long sizeBytes) {
    locked(
        () -> {
          check(sizeBytes, 0);
          if (sizeBytes < present.size) {
            Change change = new Change(sizeBytes, null);
            changes.add(change);
            step();
            present.apply(change);
          }
          return 0;
        });
  }

  @Override
  public long growableBytes() {
    return (1L << 30) - sizeBytes();
  }

  /** Refuses everything until {@link #restart}; what was written is not lost by it. */
  @Override
  public void close() {
    locked(
        () -> {
          closed = true;
          return 0;
        });
  }
}
