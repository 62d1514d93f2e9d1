// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** How many segments a log keeps that has become smaller. */
final class LogSegmentsTest {
  private static final int SEGMENT_BYTES = 1 << 16;

  private static LogSegments segments(int count) {
    long bytes = LogHeadLayout.HEAD_BYTES + (long) count * SEGMENT_BYTES;
    return new LogSegments(SEGMENT_BYTES, bytes);
  }

  /** Uses some more, and lets all go but the last one. */
  private static void fill(LogSegments segments, int count) {
    long newest = 0;
    for (int i = 0; i < count; i++) {
      newest = segments.take();
    }
    segments.releaseBefore(newest);
  }

  @Test
  void asManyStayFreeAsWereInUse() {
    LogSegments segments = segments(60);
    fill(segments, 20);
    assertEquals(20 + 1, segments.countAfterCut(0));
  }

  @Test
  void halfAsManyStayWithEachGroupThatNeedsFewer() {
    LogSegments segments = segments(90);
    fill(segments, 40);
    for (int staying : new int[] {20, 10, 8, 8}) {
      fill(segments, 1);
      assertEquals(staying + 1, segments.countAfterCut(0));
    }
  }

  @Test
  void whatIsNeededStays() {
    LogSegments segments = segments(60);
    fill(segments, 1);
    assertEquals(1 + 8, segments.countAfterCut(0));
    assertEquals(1 + 30, segments.countAfterCut(30L * SEGMENT_BYTES));
  }
}
