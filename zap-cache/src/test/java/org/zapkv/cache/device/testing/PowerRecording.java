// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.zapkv.cache.device.BlockDevice;

/**
 * Devices that share one source of power, and all that is done to them, in one order: to find out
 * afterwards, by {@link PowerCuts}, what they may hold if the power is lost at any moment of it.
 * Keeps all that was written on the heap. Any thread.
 */
public final class PowerRecording {
  /*
   * Implementation notes
   *
   * A flush is two events. It covers the writes before the first one; only after the second one may
   * anybody rely on that, and writes between the two are not covered.
   *
   * One that fails is a single event. As of kernels that then take the pages for clean: what it should
   * have covered is read as it was written, and no later flush makes it durable.
   */

  enum Kind {
    WRITE,
    TRUNCATE,
    FLUSH_BEGUN,
    FLUSHED,
    FLUSH_FAILED
  }

  /** Something that was done. */
  static final class Event {
    /** The index of the device. */
    final int device;

    final Kind kind;

    /** Where; the new size of a truncation; of a flush that ends, the event that it began with. */
    final long offsetBytes;

    /** What was written. */
    final byte[] bytes;

    Event(int device, Kind kind, long offsetBytes, byte[] bytes) {
      this.device = device;
      this.kind = kind;
      this.offsetBytes = offsetBytes;
      this.bytes = bytes;
    }

    void apply(DeviceImage image) {
      if (kind == Kind.TRUNCATE) {
        image.truncate(offsetBytes);
      } else {
        image.write(offsetBytes, bytes, 0, bytes.length);
      }
    }
  }

  private static final byte[] NONE = new byte[0];

  private final ReentrantLock lock = new ReentrantLock();

  private final List<DeviceImage> start = new ArrayList<>();
  private final List<ImageDevice> present = new ArrayList<>();

  /** Guarded by lock. */
  private final List<Event> events = new ArrayList<>();

  /**
   * A recording that has not begun.
   *
   * @param images what each of the devices holds at first, all of it durable
   */
  public PowerRecording(List<DeviceImage> images) {
    for (DeviceImage image : images) {
      start.add(image.copy());
      present.add(image.toDevice("device-" + present.size()));
    }
  }

  /** A recording that begins with what another one's devices hold, and have not flushed. */
  PowerRecording(List<DeviceImage> durable, List<Event> notFlushed) {
    this(durable);
    events.addAll(notFlushed);
    for (int i = 0; i < present.size(); i++) {
      DeviceImage image = durable.get(i).copy();
      for (Event event : notFlushed) {
        if (event.device == i) {
          event.apply(image);
        }
      }
      present.set(i, image.toDevice("device-" + i));
    }
  }

  /**
   * One of the devices.
   *
   * @param index which
   * @return the device; closing it does nothing
   */
  public BlockDevice device(int index) {
    return new Recorded(index, present.get(index));
  }

  /**
   * How much was done so far.
   *
   * @return a number of events, to compare with {@link PowerCuts#position}
   */
  public int now() {
    lock.lock();
    try {
      return events.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * A flush of a device has failed: what was written to it and not flushed is not made durable by
   * later flushes either. It can still be read.
   *
   * @param index which device
   */
  public void flushFailed(int index) {
    lock.lock();
    try {
      add(index, Kind.FLUSH_FAILED, 0, NONE);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Where devices were flushed.
   *
   * @param index which device
   * @return the numbers of the events with which flushes ended, ascending: up to there, what they
   *     cover could be lost
   */
  public int[] flushedAt(int index) {
    List<Event> all = events();
    return IntStream.range(0, all.size())
        .filter(i -> all.get(i).device == index && all.get(i).kind == Kind.FLUSHED)
        .toArray();
  }

  /**
   * What the devices hold now, flushed or not: what a process that is killed leaves.
   *
   * @return an image for each device
   */
  public List<DeviceImage> images() {
    lock.lock();
    try {
      return present.stream().map(ImageDevice::image).toList();
    } finally {
      lock.unlock();
    }
  }

  /**
   * How often a device was flushed so far.
   *
   * @param index which device
   * @return the number of flushes that have ended
   */
  public int flushes(int index) {
    return (int) events().stream().filter(e -> e.device == index && e.kind == Kind.FLUSHED).count();
  }

  List<Event> events() {
    lock.lock();
    try {
      return List.copyOf(events);
    } finally {
      lock.unlock();
    }
  }

  List<DeviceImage> start() {
    return start;
  }

  private int add(int device, Kind kind, long offsetBytes, byte[] bytes) {
    events.add(new Event(device, kind, offsetBytes, bytes));
    return events.size() - 1;
  }

  private final class Recorded extends WrappedDevice {
    private final int index;

    Recorded(int index, BlockDevice device) {
      super(device);
      this.index = index;
    }

    @Override
    public void write(long offsetBytes, long address, int lengthBytes) {
      lock.lock();
      try {
        super.write(offsetBytes, address, lengthBytes);
        add(index, Kind.WRITE, offsetBytes, Scratch.copyOf(address, lengthBytes));
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void flush() {
      int begun;
      lock.lock();
      try {
        begun = add(index, Kind.FLUSH_BEGUN, 0, NONE);
      } finally {
        lock.unlock();
      }
      // Lets others do something that the flush does not cover.
      LockSupport.parkNanos(1);
      lock.lock();
      try {
        add(index, Kind.FLUSHED, begun, NONE);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void truncate(long sizeBytes) {
      lock.lock();
      try {
        super.truncate(sizeBytes);
        add(index, Kind.TRUNCATE, sizeBytes, NONE);
      } finally {
        lock.unlock();
      }
    }
  }
}
