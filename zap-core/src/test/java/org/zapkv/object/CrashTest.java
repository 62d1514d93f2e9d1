// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.testing.CrashDevice;
import org.zapkv.cache.device.testing.PatternCheckDevice;
import org.zapkv.error.ZapException;

/**
 * Power is lost at any write, flush or truncation: the store opens in the state of the last group
 * that was reported as durable, or of the one in flight, whole; nothing is damaged or leaked. And
 * no byte that nobody has written reaches the device.
 */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class CrashTest {
  private static final int CRASHES = 300;

  @Test
  void everyCrashLeavesTheLastDurableGroupOrTheOneInFlight() {
    long seed = TestObjects.seed();
    SplittableRandom random = new SplittableRandom(seed);
    int crash = 0;
    int inFlight = 0;
    try (AutoCloseable silent = TestObjects.silence()) {
      assertTrue(silent != null);
      CrashDevice device = new CrashDevice(random.nextLong());
      ObjectSet.create(new PatternCheckDevice(device), TestObjects.options(), 22).close();
      ObjectModel durable = new ObjectModel(random);
      for (; crash < CRASHES; crash++) {
        ObjectModel[] states = runUntilCrash(device, durable, random);
        device.restart();
        ObjectSet objects = ObjectSet.open(device, TestObjects.options());
        TestObjects.assertClean(objects);
        boolean isInFlight = matches(states[1], states[0], objects);
        if (!isInFlight) {
          states[0].verifyObjects(objects);
          states[0].verifyAgainst(states[1], objects);
        } else {
          inFlight++;
        }
        durable = isInFlight ? states[1] : states[0];
        objects.close();
      }
    } catch (Throwable e) {
      throw new AssertionError("-Dzap.seed=" + seed + " crash " + crash, e);
    }
    int wholeInFlight = inFlight;
    assertTrue(
        wholeInFlight > 0 && wholeInFlight < CRASHES,
        () -> "both outcomes should come up, in flight: " + wholeInFlight);
  }

  /** Also whether what was freed is: else a group that only frees would seem to be there. */
  private static boolean matches(ObjectModel state, ObjectModel before, ObjectSet objects) {
    try {
      state.verifyObjects(objects);
      state.verifyAgainst(before, objects);
      return true;
    } catch (AssertionError | ZapException e) {
      return false;
    }
  }

  /** Gives the last state that was reported as durable, and the state that was to follow. */
  private static ObjectModel[] runUntilCrash(
      CrashDevice device, ObjectModel start, SplittableRandom random) {
    ObjectModel acknowledged = start.copy();
    ObjectModel present = start;
    ObjectSet objects = ObjectSet.open(new PatternCheckDevice(device), TestObjects.options());
    device.crashAfter(random.nextInt(60));
    try {
      while (true) {
        for (int i = random.nextInt(4); i >= 0; i--) {
          present.transaction(objects);
        }
        objects.sync();
        acknowledged = present.copy();
      }
    } catch (ZapException powerLost) {
      ObjectModel inFlight = present.copy();
      try {
        objects.close();
      } catch (ZapException expected) {
        assertTrue(expected.getMessage() != null);
      }
      return new ObjectModel[] {acknowledged, inFlight};
    }
  }
}
