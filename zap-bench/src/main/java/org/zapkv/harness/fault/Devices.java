// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.fault;

import java.time.Clock;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.FaultyDevice;
import org.zapkv.cache.device.testing.PowerRecording;
import org.zapkv.cache.device.testing.WrappedDevice;
import org.zapkv.error.DeviceException;
import org.zapkv.harness.operation.Segment.Ending;
import org.zapkv.harness.subject.Place;

/**
 * The two devices of a store, for one segment: all that is done to them is recorded, and they can
 * be made to fail. Any thread, but for {@link #arm}.
 */
public final class Devices {
  /** The device of the blocks. */
  public static final int BLOCKS = 0;

  /** The device of the intent log. */
  public static final int LOG = 1;

  private static final double PER_MILLE = 1000;
  private static final long SLOW_NANOS = 1_000_000;

  /** One in so many slow I/Os takes as many times as long as the others. */
  private static final int SLOWER_EVERY = 8;

  private final PowerRecording recording;
  private final List<FaultyDevice> devices;

  /** The faults of {@link #arm} that are there to happen. */
  private volatile FaultyDevice.Fault armed = FaultyDevice.Fault.LATENCY;

  private volatile int armedDevice = -1;

  /** How much was recorded when the first I/O failed; -1: none has. */
  private final AtomicInteger failedAt = new AtomicInteger(-1);

  private final AtomicInteger slowOnes = new AtomicInteger();

  /** Notes when something fails. */
  private final class Noted extends WrappedDevice {
    Noted(BlockDevice device) {
      super(device);
    }

    @Override
    public void read(long offsetBytes, long address, int lengthBytes) {
      note(() -> super.read(offsetBytes, address, lengthBytes));
    }

    @Override
    public void write(long offsetBytes, long address, int lengthBytes) {
      note(() -> super.write(offsetBytes, address, lengthBytes));
    }

    @Override
    public void flush() {
      note(super::flush);
    }

    private void note(Runnable does) {
      try {
        does.run();
      } catch (DeviceException e) {
        failedAt.compareAndSet(-1, recording.now());
        throw e;
      }
    }
  }

  /**
   * Devices that hold something, all of it durable.
   *
   * @param images what the device of the blocks and that of the log hold
   * @param seed decides on which I/Os are slow, and on details of faults
   * @param slowPerMille how many of a thousand I/Os take a millisecond longer, some of them eight
   */
  public Devices(List<DeviceImage> images, long seed, int slowPerMille) {
    this.recording = new PowerRecording(images);
    this.devices = List.of(faulty(recording, BLOCKS, seed), faulty(recording, LOG, ~seed));
    double chance = slowPerMille / PER_MILLE;
    devices.forEach(
        device ->
            device.withProbability(FaultyDevice.Fault.LATENCY, chance).latency(this::takeLonger));
  }

  /**
   * A device that can be made to fail. What a flush that fails should have covered is not made
   * durable by a later one either: so it is after an fsync that has failed, on most systems.
   *
   * @param recording what has the device
   * @param index which device of it
   * @param seed decides on details of faults
   * @return the device
   */
  public static FaultyDevice faulty(PowerRecording recording, int index, long seed) {
    return new FaultyDevice(recording.device(index), seed)
        .onFlushError(() -> recording.flushFailed(index));
  }

  private void takeLonger() {
    boolean isSlower = slowOnes.incrementAndGet() % SLOWER_EVERY == 0;
    LockSupport.parkNanos(isSlower ? SLOWER_EVERY * SLOW_NANOS : SLOW_NANOS);
  }

  /**
   * Where a store finds them.
   *
   * @param exactSeed as of {@link Place.Devices}
   * @param clock what time it is
   * @return the place
   */
  public Place place(long exactSeed, Clock clock) {
    return new Place.Devices(
        new Noted(devices.get(BLOCKS)), new Noted(devices.get(LOG)), exactSeed, clock);
  }

  /**
   * Has a fault happen.
   *
   * @param fault which, where and when
   * @throws IllegalArgumentException if there is no such fault or device
   */
  public void arm(Ending.Fault fault) {
    if (fault.device() < 0 || fault.device() >= devices.size()) {
      throw new IllegalArgumentException("device " + fault.device() + ": there are 0 and 1.");
    }
    armed = FaultyDevice.Fault.valueOf(fault.fault());
    armedDevice = fault.device();
    devices.get(armedDevice).trigger(armed, fault.operationsBefore(), fault.times());
  }

  /**
   * Whether the fault has happened.
   *
   * @return true from its first time on
   */
  public boolean hasFailed() {
    return failures() > 0;
  }

  /**
   * How much was recorded when the first I/O failed.
   *
   * @return a number of events as of {@link #now}; all of them if none has failed
   */
  public int failedAt() {
    int at = failedAt.get();
    return at < 0 ? now() : at;
  }

  /**
   * How often the fault has happened.
   *
   * @return 0 or above
   */
  public long failures() {
    return armedDevice < 0 ? 0 : devices.get(armedDevice).count(armed);
  }

  /** Nothing fails any more, nor is slow. */
  public void heal() {
    devices.forEach(FaultyDevice::heal);
  }

  /**
   * How many I/Os were slow.
   *
   * @return 0 or above
   */
  public long slow() {
    return devices.stream().mapToLong(d -> d.count(FaultyDevice.Fault.LATENCY)).sum();
  }

  /**
   * How much was done so far: what the oracle takes for the time.
   *
   * @return a number of events of the recording
   */
  public int now() {
    return recording.now();
  }

  /**
   * What was done.
   *
   * @return the recording
   */
  public PowerRecording recording() {
    return recording;
  }

  /**
   * What the devices hold now, flushed or not.
   *
   * @return images of the blocks and of the log
   */
  public List<DeviceImage> images() {
    return recording.images();
  }
}
