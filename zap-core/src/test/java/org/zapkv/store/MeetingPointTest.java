// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.testing.Threads;

/** Nobody waits for a thread that has failed. */
@Tag("once")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class MeetingPointTest {
  private final MeetingPoint meeting = new MeetingPoint(3);

  @Test
  void allComeBeforeAnyoneGoesOn() throws Exception {
    AtomicInteger arrived = new AtomicInteger();
    Threads.run(
        3,
        index ->
            meeting.guard(
                () -> {
                  for (int round = 1; round <= 100; round++) {
                    arrived.incrementAndGet();
                    meeting.meet();
                    assertEquals(3 * round, arrived.get());
                    meeting.meet();
                  }
                }));
  }

  @Test
  void whoWaitsForOneThatHasFailedIsToldWhy() throws Exception {
    IllegalArgumentException failure = new IllegalArgumentException("of the test");
    AtomicInteger told = new AtomicInteger();
    Threads.run(
        3,
        index -> {
          if (index == 0) {
            assertSame(failure, assertThrows(RuntimeException.class, () -> fail(failure)));
            return;
          }
          Runnable waits = () -> meeting.guard(meeting::meet);
          IllegalStateException e = assertThrows(IllegalStateException.class, waits::run);
          assertSame(failure, e.getCause());
          // Also later.
          assertThrows(IllegalStateException.class, waits::run);
          told.incrementAndGet();
        });
    assertEquals(2, told.get());
  }

  private void fail(RuntimeException failure) {
    meeting.guard(
        () -> {
          throw failure;
        });
  }
}
