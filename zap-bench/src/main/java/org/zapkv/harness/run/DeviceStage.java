// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.FaultyDevice;
import org.zapkv.cache.device.testing.PowerRecording;
import org.zapkv.harness.fault.Devices;
import org.zapkv.harness.operation.Segment;
import org.zapkv.harness.operation.Segment.Ending;
import org.zapkv.harness.oracle.Oracle;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.Place;

/** Two devices in memory, recorded anew in each segment. */
final class DeviceStage implements Stage {
  private final Scene scene;

  /** After a fault, power is lost at so many places at most. */
  private static final int MOST_LOSSES = 6;

  private final Oracle oracle;
  private final Path directory;

  /** What slow I/Os and the store's own chance come from; not 0. */
  private final long seed;

  private List<DeviceImage> images = List.of();
  private @Nullable Devices devices;
  private boolean isExact;

  DeviceStage(Scene scene, Oracle oracle, long seed, Path directory) {
    this.scene = scene;
    this.oracle = oracle;
    this.directory = directory;
    this.seed = seed | 1;
  }

  @Override
  public Place begin(Segment segment, boolean exact) throws IOException {
    isExact = exact;
    if (images.isEmpty()) {
      images = newStore(segment);
    }
    Devices fresh = new Devices(images, seed, segment.slowPerMille());
    devices = fresh;
    if (segment.ending() instanceof Ending.Fault fault) {
      fresh.arm(exact ? endless(fault) : fault);
    }
    return fresh.place(exactSeed(), scene.clock);
  }

  /**
   * A full disk is waited for by the clock: so how often it was full does not follow from a seed.
   */
  private static Ending.Fault endless(Ending.Fault fault) {
    return fault.fault().equals(FaultyDevice.Fault.FULL.name())
        ? new Ending.Fault(
            fault.fault(), fault.device(), fault.operationsBefore(), Integer.MAX_VALUE)
        : fault;
  }

  private long exactSeed() {
    return isExact ? seed : 0;
  }

  private List<DeviceImage> newStore(Segment segment) throws IOException {
    PowerRecording recording = new PowerRecording(List.of(new DeviceImage(), new DeviceImage()));
    Place place =
        new Place.Devices(
            recording.device(Devices.BLOCKS),
            recording.device(Devices.LOG),
            exactSeed(),
            scene.clock);
    scene.kind.open(place, segment.options()).close();
    boolean losesPower = segment.ending() instanceof Ending.PowerCut;
    if (losesPower && scene.can(Capability.SAFE_CREATION)) {
      new Creation(scene, directory).cut(recording, segment.options(), new SplittableRandom(seed));
    }
    return recording.images();
  }

  private Devices devices() {
    return Objects.requireNonNull(devices);
  }

  @Override
  public long position() {
    return devices().now();
  }

  @Override
  public boolean mayFail() {
    return devices().hasFailed();
  }

  @Override
  public void heal() {
    devices().heal();
  }

  @Override
  public Left end(Segment segment) throws IOException {
    Devices present = devices();
    present.heal();
    scene.tally.fault(Event.SLOW_IO, present.slow());
    Judge judge = new Judge(scene, oracle, segment.options(), exactSeed());
    if (segment.ending() instanceof Ending.PowerCut cut) {
      PowerLosses losses = losses(judge, present.recording());
      Left left = losses.run(new SplittableRandom(cut.seed()), cut.cuts());
      images = losses.last();
      return left;
    }
    images = present.images();
    if (segment.ending() instanceof Ending.Fault fault) {
      return endOfFault(fault, present, judge);
    }
    if (segment.ending() instanceof Ending.BitFlips flips) {
      judge.settle(images, present.now());
      new Flips(scene, oracle, judge, images)
          .run(new SplittableRandom(flips.seed()), flips.flips());
      return new Left(0, false);
    }
    return new Left(present.now(), present.hasFailed());
  }

  private PowerLosses losses(Judge judge, PowerRecording recording) {
    return new PowerLosses(scene, judge, recording, new CutPlaces(recording, oracle.telling()));
  }

  private Left endOfFault(Ending.Fault fault, Devices present, Judge judge) {
    boolean isFull = fault.fault().equals(FaultyDevice.Fault.FULL.name());
    scene.tally.fault(isFull ? Event.FULL_DISK : Event.IO_ERROR, present.failures());
    if (fault.fault().equals(FaultyDevice.Fault.READ_ERROR.name())) {
      scene.mayLeak();
    }
    boolean hasFailed = present.hasFailed();
    if (hasFailed) {
      // Only so is a store found that takes a flush that has failed for done.
      SplittableRandom random = new SplittableRandom(seed + present.now());
      int count = 1 + random.nextInt(MOST_LOSSES);
      PowerLosses losses = losses(judge, present.recording());
      Left left = losses.runAfter(random, present.failedAt(), count);
      if (random.nextBoolean()) {
        images = losses.last();
        return left;
      }
    }
    return new Left(present.now(), hasFailed);
  }
}
