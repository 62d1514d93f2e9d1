// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.util.List;
import java.util.SplittableRandom;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.harness.fault.Devices;
import org.zapkv.harness.oracle.Oracle;
import org.zapkv.harness.oracle.Violation;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.Subject;

/**
 * Turns over bits of copies of what a closed store has left, one at a time: whatever is read of it
 * then is right, or the reading fails.
 */
final class Flips {
  /** One in so many is in the log, of which a closed store has little. */
  private static final int LOG_EVERY = 8;

  private final Scene scene;
  private final Oracle oracle;
  private final Judge judge;
  private final List<DeviceImage> images;

  /** What the store has left has to be settled with the oracle. */
  Flips(Scene scene, Oracle oracle, Judge judge, List<DeviceImage> images) {
    this.scene = scene;
    this.oracle = oracle;
    this.judge = judge;
    this.images = images;
  }

  void run(SplittableRandom random, int count) {
    try (Watch.Post post = scene.watch.post()) {
      for (int i = 0; i < count; i++) {
        int device = random.nextInt(LOG_EVERY) == 0 ? Devices.LOG : Devices.BLOCKS;
        long sizeBytes = images.get(device).sizeBytes();
        if (sizeBytes > 0) {
          long at = random.nextLong(sizeBytes);
          post.begins("reading with a wrong bit in byte " + at + " of device " + device);
          flip(device, at, random.nextInt(Byte.SIZE));
        }
      }
    }
  }

  private void flip(int device, long at, int bit) {
    DeviceImage blocks = images.get(Devices.BLOCKS).copy();
    DeviceImage log = images.get(Devices.LOG).copy();
    (device == Devices.BLOCKS ? blocks : log).flip(at, bit);
    scene.tally.fault(Event.BIT_FLIP, 1);
    String where = "with bit " + bit + " of byte " + at + " of device " + device + " wrong: ";
    boolean isNoticed;
    try {
      isNoticed = isNoticed(List.of(blocks, log));
    } catch (Violation e) {
      throw new Violation(e.kind(), where + e.getMessage(), e);
    } catch (Exception e) {
      if (!Failures.isHonest(e)) {
        throw new Violation(Kind.ERROR, where + e, e);
      }
      isNoticed = true;
    }
    if (isNoticed) {
      scene.tally.coverage.add(Event.BIT_FLIP_NOTICED);
    }
  }

  /** Whether the store says something of the damage; it may throw that, too. */
  private boolean isNoticed(List<DeviceImage> damaged) throws Exception {
    try (Subject subject = judge.open(damaged)) {
      scene.tally.openings.increment();
      List<RuntimeException> thrown = oracle.checkDamaged(subject);
      for (RuntimeException e : thrown) {
        if (!Failures.isHonest(e)) {
          throw e;
        }
      }
      return !thrown.isEmpty()
          || (scene.can(Capability.SCRUB) && !subject.scrub().isEmpty())
          || (scene.can(Capability.CHECK) && !subject.check().isEmpty());
    }
  }
}
