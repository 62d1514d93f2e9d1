// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.PowerCuts;
import org.zapkv.cache.device.testing.PowerRecording;
import org.zapkv.harness.fault.Devices;
import org.zapkv.harness.oracle.Found;
import org.zapkv.harness.report.Event;
import org.zapkv.harness.run.Stage.Left;

/** Loses power at places of a recorded segment, and has what is left judged. */
final class PowerLosses {
  /** One in so many losses is followed by another one, in the recovery from it. */
  private static final int SECOND_EVERY = 4;

  private final Scene scene;
  private final Judge judge;
  private final PowerCuts cuts;
  private final int events;
  private List<DeviceImage> last = List.of();

  PowerLosses(Scene scene, Judge judge, PowerRecording recording) {
    this.scene = scene;
    this.judge = judge;
    this.cuts = new PowerCuts(recording);
    this.events = recording.now();
  }

  /** What the last loss has left. */
  List<DeviceImage> last() {
    return last;
  }

  /** Loses power at so many places; gives what the opening after the last one is judged by. */
  Left run(SplittableRandom random, int count) {
    int[] places = new int[count];
    for (int i = 0; i < count; i++) {
      places[i] = random.nextInt(events + 1);
    }
    Arrays.sort(places);
    for (int i = 0; i < count; i++) {
      advance(cuts, places[i]);
      boolean isLast = i == count - 1;
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

  /** Loses power after all that was recorded; gives what that leaves. */
  List<DeviceImage> loseAtEnd(SplittableRandom random) {
    advance(cuts, events);
    return lose(random);
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
    Found found =
        judge.judge(
            judge.place(again.device(Devices.BLOCKS), again.device(Devices.LOG)),
            cuts.position(),
            true);
    PowerCuts second = new PowerCuts(again);
    advance(second, random.nextInt(again.now() + 1));
    scene.tally.fault(Event.SECOND_CUT, 1);
    Found later = judge.judge(second.lose(random), cuts.position(), true);
    if (!isKilled) {
      // What was found was durable: nobody has changed anything.
      found.checkSame(later);
    }
  }
}
