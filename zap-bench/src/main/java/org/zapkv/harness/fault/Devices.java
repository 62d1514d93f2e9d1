// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.fault;

import java.time.Clock;
import java.util.List;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.FaultyDevice;
import org.zapkv.cache.device.testing.PowerRecording;
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

  private final PowerRecording recording;
  private final List<FaultyDevice> devices;

  /** The faults of {@link #arm} that are there to happen. */
  private volatile FaultyDevice.Fault armed = FaultyDevice.Fault.LATENCY;

  private volatile int armedDevice = -1;

  /**
   * Devices that hold something, all of it durable.
   *
   * @param images what the device of the blocks and that of the log hold
   * @param seed decides on which I/Os are slow, and on details of faults
   * @param slowPerMille how many of a thousand I/Os take a millisecond longer
   */
  public Devices(List<DeviceImage> images, long seed, int slowPerMille) {
    this.recording = new PowerRecording(images);
    this.devices =
        List.of(
            new FaultyDevice(recording.device(BLOCKS), seed),
            new FaultyDevice(recording.device(LOG), ~seed));
    double chance = slowPerMille / PER_MILLE;
    devices.forEach(device -> device.withProbability(FaultyDevice.Fault.LATENCY, chance));
  }

  /**
   * Where a store finds them.
   *
   * @param exactSeed as of {@link Place.Devices}
   * @param clock what time it is
   * @return the place
   */
  public Place place(long exactSeed, Clock clock) {
    return new Place.Devices(devices.get(BLOCKS), devices.get(LOG), exactSeed, clock);
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
