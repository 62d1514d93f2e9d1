// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.zapkv.error.ClosedException;

/** How long a scrub waits, by a clock that only waiting moves. */
final class ScrubPaceTest {
  private static final long SECOND = 1_000_000_000;

  private long now = 5;
  private long longestNap;

  private ScrubPace pace(long bytesPerSecond) {
    return new ScrubPace(
        bytesPerSecond,
        () -> now,
        nanos -> {
          longestNap = Math.max(longestNap, nanos);
          now += nanos;
        });
  }

  @Test
  void shouldReadSoMuchInASecondAndNoMore() {
    ScrubPace pace = pace(1000);
    assertEquals(100, pace.stepBytes());
    for (int i = 0; i < 50; i++) {
      pace.pause(100, () -> {});
    }
    assertEquals(5 + 5 * SECOND, now);
    // A large block takes long, in naps.
    pace.pause(20_000, () -> {});
    assertEquals(5 + 25 * SECOND, now);
    assertEquals(SECOND / 10, longestNap);
  }

  @Test
  void shouldNotMakeUpForASlowDevice() {
    ScrubPace pace = pace(1000);
    now += 60 * SECOND;
    pace.pause(100, () -> {});
    long before = now;
    pace.pause(1000, () -> {});
    assertEquals(before + SECOND, now);
  }

  @Test
  void shouldNotWaitWithoutALimit() {
    ScrubPace pace = pace(0);
    pace.pause(1L << 40, () -> {});
    assertEquals(5, now);
    assertEquals(1 << 20, pace.stepBytes());
    assertEquals(1 << 20, pace(1L << 40).stepBytes());
    assertEquals(1, pace(1).stepBytes());
  }

  @Test
  void shouldStopWaitingWhenTheStoreIsClosed() {
    ScrubPace pace = pace(1);
    assertThrows(
        ClosedException.class,
        () ->
            pace.pause(
                1000,
                () -> {
                  if (now > 3 * SECOND) {
                    throw new ClosedException("closed");
                  }
                }));
    assertTrue(now < 4 * SECOND);
  }

  @Test
  void shouldKeepAnInterrupt() {
    int[] naps = new int[1];
    ScrubPace pace =
        new ScrubPace(
            10,
            () -> now,
            nanos -> {
              now += nanos;
              if (naps[0]++ == 2) {
                throw new InterruptedException();
              }
            });
    pace.pause(10, () -> {});
    assertTrue(Thread.interrupted());
    assertEquals(5 + SECOND, now);
  }
}
