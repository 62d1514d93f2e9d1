// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.DeviceException;
import org.zapkv.error.StoreFullException;

/**
 * Another device with faults: by probability, or at a chosen operation. What it did is counted and
 * listed. The same seed and the same operations in the same order have the same faults. Any thread.
 */
public final class FaultyDevice extends WrappedDevice {
  /** What can go wrong, in the order in which an operation is asked for it. */
  public enum Fault {
    /** A read, write or flush takes longer; see {@link FaultyDevice#latency}. */
    LATENCY,
    /** A read fails. */
    READ_ERROR,
    /** A write fails, after a part of it was written. */
    WRITE_ERROR,
    /** A flush fails. */
    FLUSH_ERROR,
    /** A write finds no room. */
    FULL,
    /** A read gives one bit wrong; what is stored is right. */
    FLIP_ON_READ,
    /** One bit is stored wrong. */
    FLIP_ON_WRITE,
    /** A write reports success and does nothing. */
    LOST_WRITE,
    /** A write reports success; its end is missing. */
    TORN_WRITE,
    /** A write reports success and went elsewhere. */
    MISDIRECTED_WRITE
  }

  /**
   * A fault that happened.
   *
   * @param fault which
   * @param offsetBytes the offset of the operation; 0 for a flush
   * @param lengthBytes its length
   * @param detail where in there, for some: the byte of a flipped bit, the bytes that were written,
   *     the offset where they went
   */
  public record Event(Fault fault, long offsetBytes, int lengthBytes, long detail) {}

  private static final int SECTOR_BYTES = 512;

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final SplittableRandom random;
  private final Map<Fault, Plan> plans = new EnumMap<>(Fault.class);
  private final List<Event> events = new ArrayList<>();

  private volatile Runnable latency = () -> LockSupport.parkNanos(1_000_000);
  private volatile Runnable flushFailed = () -> {};

  /** When a fault happens. Guarded by lock. */
  private static final class Plan {
    double probability;
    long operationsBefore;
    long times;
    long happened;
  }

  /**
   * A device that is as another, until told otherwise.
   *
   * @param device the other one; closed with this one
   * @param seed what all chance comes from
   */
  public FaultyDevice(BlockDevice device, long seed) {
    super(device);
    this.random = new SplittableRandom(seed);
    for (Fault fault : Fault.values()) {
      plans.put(fault, new Plan());
    }
  }

  /**
   * Makes a fault happen by chance.
   *
   * @param fault which
   * @param probability for each operation that can have it, 0 to 1
   * @return this
   */
  public FaultyDevice withProbability(Fault fault, double probability) {
    lock.lock();
    try {
      plan(fault).probability = probability;
      return this;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes a fault happen at chosen operations.
   *
   * @param fault which
   * @param operationsBefore how many operations that can have it are spared, 0 or above
   * @param times how many have it then, one after the other
   * @return this
   */
  public FaultyDevice trigger(Fault fault, long operationsBefore, long times) {
    lock.lock();
    try {
      plan(fault).operationsBefore = operationsBefore;
      plan(fault).times = times;
      return this;
    } finally {
      lock.unlock();
    }
  }

  /**
   * What {@link Fault#LATENCY} is.
   *
   * @param action waits, on the thread of the operation; a millisecond by default
   * @return this
   */
  public FaultyDevice latency(Runnable action) {
    latency = action;
    return this;
  }

  /**
   * What else happens where a flush fails, for whoever keeps account of what is durable.
   *
   * @param action on the thread of the flush, before it throws; nothing by default
   * @return this
   */
  public FaultyDevice onFlushError(Runnable action) {
    flushFailed = action;
    return this;
  }

  /** Ends all faults; what they have done stays. */
  public void heal() {
    lock.lock();
    try {
      for (Plan plan : plans.values()) {
        plan.probability = 0;
        plan.times = 0;
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * How often a fault has happened.
   *
   * @param fault which
   * @return the number of its events
   */
  public long count(Fault fault) {
    lock.lock();
    try {
      return plan(fault).happened;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The faults that happened.
   *
   * @return all of them, the oldest first; a copy
   */
  public List<Event> events() {
    lock.lock();
    try {
      return List.copyOf(events);
    } finally {
      lock.unlock();
    }
  }

  private Plan plan(Fault fault) {
    return Objects.requireNonNull(plans.get(fault));
  }

  /** Whether this operation has a fault. Its detail is a random number below a bound, or 0. */
  private long drawn(Fault fault, long offsetBytes, int lengthBytes, long bound) {
    lock.lock();
    try {
      Plan plan = plan(fault);
      boolean happens = plan.probability > 0 && random.nextDouble() < plan.probability;
      if (plan.times > 0 && plan.operationsBefore-- <= 0) {
        plan.times--;
        happens = true;
      }
      if (!happens) {
        return -1;
      }
      long detail = bound > 0 ? random.nextLong(bound) : 0;
      plan.happened++;
      events.add(new Event(fault, offsetBytes, lengthBytes, detail));
      return detail;
    } finally {
      lock.unlock();
    }
  }

  private boolean happens(Fault fault, long offsetBytes, int lengthBytes) {
    return drawn(fault, offsetBytes, lengthBytes, 0) >= 0;
  }

  private void waitIfDrawn(long offsetBytes, int lengthBytes) {
    if (happens(Fault.LATENCY, offsetBytes, lengthBytes)) {
      latency.run();
    }
  }

  private DeviceException failed(String what, long offsetBytes, int lengthBytes) {
    return new DeviceException(
        name() + ": injected " + what + ": offset=" + offsetBytes + " length=" + lengthBytes);
  }

  @Override
  public void read(long offsetBytes, long address, int lengthBytes) {
    waitIfDrawn(offsetBytes, lengthBytes);
    if (happens(Fault.READ_ERROR, offsetBytes, lengthBytes)) {
      throw failed("EIO of a read", offsetBytes, lengthBytes);
    }
    super.read(offsetBytes, address, lengthBytes);
    if (lengthBytes > 0) {
      long at = drawn(Fault.FLIP_ON_READ, offsetBytes, lengthBytes, lengthBytes);
      if (at >= 0) {
        flip(address + at);
      }
    }
  }

  /** The lowest bit but one. */
  private static void flip(long address) {
    NativeMemory.putByte(address, NativeMemory.getByte(address) ^ 2);
  }

  @Override
  public void write(long offsetBytes, long address, int lengthBytes) {
    waitIfDrawn(offsetBytes, lengthBytes);
    if (happens(Fault.WRITE_ERROR, offsetBytes, lengthBytes)) {
      super.write(offsetBytes, address, lengthBytes / 2);
      throw failed("EIO of a write", offsetBytes, lengthBytes);
    }
    if (happens(Fault.FULL, offsetBytes, lengthBytes)) {
      throw new StoreFullException(
          name() + ": injected full disk: offset=" + offsetBytes + " length=" + lengthBytes);
    }
    if (lengthBytes < 2) {
      // Nothing that could be torn.
      super.write(offsetBytes, address, lengthBytes);
      return;
    }
    long flipped = drawn(Fault.FLIP_ON_WRITE, offsetBytes, lengthBytes, lengthBytes);
    if (flipped >= 0) {
      super.write(offsetBytes, address, lengthBytes);
      byte wrong = (byte) (NativeMemory.getByte(address + flipped) ^ 2);
      Scratch.write(device, offsetBytes + flipped, new byte[] {wrong});
      return;
    }
    if (happens(Fault.LOST_WRITE, offsetBytes, lengthBytes)) {
      return;
    }
    long torn = drawn(Fault.TORN_WRITE, offsetBytes, lengthBytes, lengthBytes - 1);
    if (torn >= 0) {
      // At a sector if it has several.
      int kept = (int) (torn >= SECTOR_BYTES ? torn / SECTOR_BYTES * SECTOR_BYTES : torn + 1);
      super.write(offsetBytes, address, Math.min(kept, lengthBytes - 1));
      return;
    }
    long sectors = (sizeBytes() + SECTOR_BYTES) / SECTOR_BYTES;
    long elsewhere = drawn(Fault.MISDIRECTED_WRITE, offsetBytes, lengthBytes, sectors);
    if (elsewhere >= 0) {
      long target = elsewhere * SECTOR_BYTES;
      super.write(target == offsetBytes ? target + SECTOR_BYTES : target, address, lengthBytes);
      return;
    }
    super.write(offsetBytes, address, lengthBytes);
  }

  @Override
  public void flush() {
    waitIfDrawn(0, 0);
    if (happens(Fault.FLUSH_ERROR, 0, 0)) {
      flushFailed.run();
      throw failed("EIO of a flush", 0, 0);
    }
    super.flush();
  }
}
