// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.FaultyDevice;
import org.zapkv.cache.device.testing.FaultyDevice.Fault;
import org.zapkv.cache.device.testing.PowerCuts;
import org.zapkv.cache.device.testing.PowerRecording;
import org.zapkv.harness.fault.Devices;
import org.zapkv.harness.oracle.Found;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.run.Stage.Left;
import org.zapkv.harness.subject.Place;

/** Loses power at places of a recorded segment, and has what is left judged. */
final class PowerLosses {
  /** One in so many losses is followed by another one, in the recovery from it. */
  private static final int SECOND_EVERY = 4;

  /** In one of so many of those recoveries a device fails. */
  private static final int FAILING_EVERY = 3;

  private static final Fault[] FAULTS = {Fault.WRITE_ERROR, Fault.FLUSH_ERROR, Fault.FULL};

  /** A recovery takes few I/Os: so many bits has the number of those that go well. */
  private static final int MOST_BITS = 6;

  private final Scene scene;
  private final Judge judge;
  private final PowerCuts cuts;
  private final int events;
  private final CutPlaces places;
  private List<DeviceImage> last = List.of();

  PowerLosses(Scene scene, Judge judge, PowerRecording recording, CutPlaces places) {
    this.scene = scene;
    this.judge = judge;
    this.cuts = new PowerCuts(recording);
    this.events = recording.now();
    this.places = places;
  }

  /** What the last loss has left. */
  List<DeviceImage> last() {
    return last;
  }

  /** Loses power at so many places; gives what the opening after the last one is judged by. */
  Left run(SplittableRandom random, int count) {
    int[] drawn = new int[count];
    for (int i = 0; i < count; i++) {
      drawn[i] = places.any(random);
    }
    return loseAt(random, drawn);
  }

  private Left loseAt(SplittableRandom random, int... drawn) {
    Arrays.sort(drawn);
    for (int i = 0; i < drawn.length; i++) {
      advance(cuts, drawn[i]);
      boolean isLast = i == drawn.length - 1;
      if (!isLast && random.nextInt(SECOND_EVERY) == 0) {
        loseTwice(random.split());
      } else {
        last = lose(random);
        if (!isLast) {
          judge.judge(last, cuts.position(), true);
        }
      }
    }
    return new Left(cuts.position(), true);
  }

  /**
   * Loses power at so many places after one where something has failed; gives what an opening of
   * what the last one has left is judged by. What a failure has to do with is soon over, when the
   * next flush goes well: so places close to it are as likely as those far from it.
   */
  Left runAfter(SplittableRandom random, int from, int count) {
    int[] drawn = new int[count];
    int range = Math.max(0, events - from);
    for (int i = 0; i < count; i++) {
      int bits = random.nextInt(Integer.SIZE - Integer.numberOfLeadingZeros(range) + 1);
      drawn[i] = from + Math.min(range, random.nextInt(1 << bits));
    }
    scene.tally.coverage.add(Event.CUT_AFTER_FAULT, count);
    return loseAt(random, drawn);
  }

  private static void advance(PowerCuts walk, int place) {
    boolean goesOn = true;
    while (goesOn && walk.position() < place) {
      goesOn = walk.advance();
    }
  }

  private List<DeviceImage> lose(SplittableRandom random) {
    long torn = cuts.torn();
    long reordered = cuts.reordered();
    List<DeviceImage> images = cuts.lose(random);
    scene.tally.fault(Event.POWER_CUT, 1);
    scene.tally.coverage.add(Event.TORN_WRITE, cuts.torn() - torn);
    scene.tally.coverage.add(Event.REORDERED, cuts.reordered() - reordered);
    if (cuts.torn() > torn && cuts.openWrites(Devices.BLOCKS) == 0) {
      scene.tally.coverage.add(Event.TORN_TAIL);
    }
    return images;
  }

  /**
   * First the process dies or the power is lost, then the power is lost while the store is opened
   * and closed again.
   */
  private void loseTwice(SplittableRandom random) {
    boolean isKilled = random.nextBoolean();
    PowerRecording again = isKilled ? cuts.kill() : new PowerRecording(lose(random));
    boolean isFailing = random.nextInt(FAILING_EVERY) == 0;
    Found found = isFailing ? null : judge.judge(place(again), cuts.position(), true);
    if (isFailing) {
      failingRecovery(again, random);
    }
    PowerCuts second = new PowerCuts(again);
    advance(second, random.nextInt(again.now() + 1));
    scene.tally.fault(Event.SECOND_CUT, 1);
    Found later = judge.judge(second.lose(random), cuts.position(), true);
    if (found != null && !isKilled) {
      // What was found was durable: nobody has changed anything.
      found.checkSame(later);
    }
  }

  private Place place(PowerRecording recording) {
    return judge.place(recording.device(Devices.BLOCKS), recording.device(Devices.LOG));
  }

  /** The store is opened on a device that fails: it may say so, in any honest way. */
  private void failingRecovery(PowerRecording recording, SplittableRandom random) {
    Fault fault = FAULTS[random.nextInt(FAULTS.length)];
    int failing = random.nextInt(2);
    FaultyDevice faulty = Devices.faulty(recording, failing, random.nextLong());
    // A full disk is waited for: not for ever.
    int times = fault == Fault.FULL || random.nextBoolean() ? Integer.MAX_VALUE : 1;
    faulty.trigger(fault, random.nextInt(1 << random.nextInt(MOST_BITS)), times);
    String what = "recovering with " + fault + " of device " + failing;
    try (Watch.Post post = scene.watch.post()) {
      post.begins(what);
      judge
          .open(
              failing == Devices.BLOCKS
                  ? judge.place(faulty, recording.device(Devices.LOG))
                  : judge.place(recording.device(Devices.BLOCKS), faulty))
          .close();
    } catch (Exception e) {
      if (faulty.count(fault) == 0 || !Failures.isHonest(e)) {
        throw Failures.of(Kind.ERROR, what, e);
      }
    }
    scene.tally.fault(Event.FAULT_IN_RECOVERY, faulty.count(fault) > 0 ? 1 : 0);
  }
}
