// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.device.BlockDevice;

/** What flushes are recorded, and what a loss of power leaves of what they should have covered. */
final class PowerRecordingTest {
  private static final int SECTOR = 512;
  private static final int LENGTH = 8 * SECTOR;
  private static final int LOSSES = 50;

  private final PowerRecording recording =
      new PowerRecording(List.of(new DeviceImage(), new DeviceImage()));
  private final BlockDevice device = recording.device(0);

  private static byte[] filled(int value) {
    byte[] bytes = new byte[LENGTH];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  /** What is there after the power was lost at the end. */
  private byte[] left(long seed) {
    PowerCuts cuts = new PowerCuts(recording);
    while (cuts.advance()) {
      assertTrue(cuts.position() <= recording.now());
    }
    DeviceImage image = cuts.lose(new SplittableRandom(seed)).get(0);
    return Scratch.read(image.toDevice("left"), 0, LENGTH);
  }

  @Test
  void noLaterFlushCoversWhatOneThatFailedShouldHave() {
    Scratch.write(device, 0, filled(1));
    device.flush();
    boolean isLost = false;
    for (int round = 2; round < 50; round++) {
      Scratch.write(device, 0, filled(round));
      recording.flushFailed(0);
      assertArrayEquals(filled(round), Scratch.read(device, 0, LENGTH));
      device.flush();
      byte[] left = left(1);
      isLost |= !Arrays.equals(filled(round), left);
      for (int seed = 2; seed < LOSSES; seed++) {
        assertArrayEquals(left, left(seed));
      }
    }
    assertTrue(isLost);
  }

  @Test
  void whatIsWrittenAgainAfterAFlushThatFailedIsDurable() {
    for (int round = 1; round < LOSSES; round++) {
      Scratch.write(device, 0, filled(-round));
      recording.flushFailed(0);
      Scratch.write(device, 0, filled(round));
      device.flush();
      assertArrayEquals(filled(round), left(round));
    }
  }

  @Test
  void aFlushThatFailsIsOfOneDevice() {
    Scratch.write(device, 0, filled(1));
    recording.flushFailed(1);
    device.flush();
    assertArrayEquals(filled(1), left(1));
  }

  @Test
  void itKnowsWhereDevicesWereFlushed() {
    Scratch.write(device, 0, filled(1));
    device.flush();
    recording.flushFailed(0);
    recording.device(1).flush();
    device.flush();
    int[] flushed = recording.flushedAt(0);
    assertEquals(2, flushed.length);
    assertEquals(recording.flushes(0), flushed.length);
    assertEquals(recording.now() - 1, flushed[1]);
    PowerCuts cuts = new PowerCuts(recording);
    while (cuts.position() < flushed[0]) {
      assertTrue(cuts.advance());
    }
    assertTrue(cuts.isOpen());
    assertTrue(cuts.advance());
    assertEquals(0, cuts.openWrites(0));
  }
}
