// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.util.ArrayList;
import java.util.List;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.harness.oracle.Found;
import org.zapkv.harness.oracle.Oracle;
import org.zapkv.harness.oracle.Violation;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.OpenOptions;
import org.zapkv.harness.subject.Place;
import org.zapkv.harness.subject.Subject;

/** Opens copies of a store after a crash, and has the oracle judge them. */
final class Judge {
  private final Scene scene;
  private final Oracle oracle;
  private final OpenOptions options;
  private final long exactSeed;

  Judge(Scene scene, Oracle oracle, OpenOptions options, long exactSeed) {
    this.scene = scene;
    this.oracle = oracle;
    this.options = options;
    this.exactSeed = exactSeed;
  }

  /** Opens a store of which it is not known whether it can be opened; what it throws is thrown. */
  Subject open(List<DeviceImage> images) throws Exception {
    return open(place(images.get(0).toDevice("blocks"), images.get(1).toDevice("log")));
  }

  /** As above, at a place. */
  Subject open(Place place) throws Exception {
    return scene.kind.open(place, options);
  }

  Place place(BlockDevice blocks, BlockDevice log) {
    return new Place.Devices(blocks, log, exactSeed, scene.clock);
  }

  /** Judges what a store holds that was closed, and has the oracle go on from there. */
  void settle(List<DeviceImage> images, long position) {
    oracle.settle(judge(images, position, false), position, false);
  }

  /** Judges what images hold. */
  Found judge(List<DeviceImage> images, long position, boolean powerLost) {
    return judge(
        place(images.get(0).toDevice("blocks"), images.get(1).toDevice("log")),
        position,
        powerLost);
  }

  /**
   * Judges what a place holds after a crash.
   *
   * @param position where in the recording the crash was
   * @param powerLost whether what was not durable may be lost
   * @throws Violation if it may not hold that
   */
  Found judge(Place place, long position, boolean powerLost) {
    try (Watch.Post post = scene.watch.post()) {
      post.begins("judging a crash");
      long begun = System.nanoTime();
      Subject subject;
      try {
        subject = scene.kind.open(place, options);
      } catch (Exception e) {
        throw Failures.of(Kind.NOT_OPENED, "opening after a crash at " + position, e);
      }
      scene.tally.openings.increment();
      scene.tally.recovered(System.nanoTime() - begun);
      Found found;
      try {
        found = read(subject, position, powerLost);
      } catch (RuntimeException e) {
        closeAfter(subject, e);
        throw e;
      }
      close(subject);
      return found;
    }
  }

  private Found read(Subject subject, long position, boolean powerLost) {
    Found found;
    try {
      found = Found.read(subject);
    } catch (RuntimeException e) {
      throw Failures.of(Kind.ERROR, "reading all after a crash at " + position, e);
    }
    oracle.judge(found, position, powerLost);
    check(scene, subject);
    scene.tally.addEventsOf(subject);
    return found;
  }

  /** Has a store look at itself, if it can. */
  static void check(Scene scene, Subject subject) {
    if (!scene.can(Capability.CHECK)) {
      return;
    }
    List<String> problems;
    try {
      problems = new ArrayList<>(subject.check());
    } catch (RuntimeException e) {
      throw Failures.of(Kind.ERROR, "a check", e);
    }
    scene.tally.coverage.add(Event.CHECK);
    if (scene.isLeakForgiven()) {
      problems.removeIf(problem -> problem.endsWith(Subject.LEAKED));
    }
    if (!problems.isEmpty()) {
      throw new Violation(Kind.UNSOUND, "a check found " + problems);
    }
  }

  private static void close(Subject subject) {
    try {
      subject.close();
    } catch (RuntimeException e) {
      throw Failures.of(Kind.ERROR, "closing a store", e);
    }
  }

  /** Closes a store that has failed already: what that says is said beside. */
  static void closeAfter(Subject subject, Exception failure) {
    try {
      subject.close();
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }
}
