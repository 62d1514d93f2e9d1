// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.testing.DeviceImage;
import org.zapkv.cache.device.testing.PowerRecording;
import org.zapkv.harness.fault.Devices;
import org.zapkv.harness.oracle.Oracle.Span;

final class CutPlacesTest {
  private static final int FLUSHES_OF_LOG = 1000;
  private static final int DRAWS = 2000;

  /** One flush of the blocks, many of the log: two events each. */
  private static PowerRecording recording() {
    PowerRecording recording = new PowerRecording(List.of(new DeviceImage(), new DeviceImage()));
    recording.device(Devices.BLOCKS).flush();
    for (int i = 0; i < FLUSHES_OF_LOG; i++) {
      recording.device(Devices.LOG).flush();
    }
    return recording;
  }

  private static int[] counts(CutPlaces places, int events) {
    int[] counts = new int[events + 1];
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < DRAWS; i++) {
      counts[places.any(random)]++;
    }
    return counts;
  }

  @Test
  void placesAreAnywhereAndOftenInCommitsAndAtFlushes() {
    PowerRecording recording = recording();
    int events = recording.now();
    // The last one was over when something else had been recorded: none is behind the end.
    Span late = new Span(events, events + 5);
    int[] counts = counts(new CutPlaces(recording, List.of(new Span(50, 54), late)), events);
    for (int place : new int[] {1, 2, 50, 51, 52, 53, 54, events}) {
      assertTrue(counts[place] > DRAWS / 250, "place " + place + ": " + counts[place]);
    }
    assertTrue(counts[54] > 2 * counts[53], "the end of a commit: " + counts[54]);
    BitSet drawn = new BitSet();
    for (int i = 0; i <= events; i++) {
      drawn.set(i, counts[i] > 0);
    }
    assertTrue(drawn.cardinality() > events / 4, drawn.toString());
  }

  @Test
  void withoutCommitsAndFlushesTheyAreAnywhere() {
    PowerRecording recording = new PowerRecording(List.of(new DeviceImage(), new DeviceImage()));
    int[] counts = counts(new CutPlaces(recording, List.of()), 0);
    assertEquals(DRAWS, counts[0]);
  }
}
