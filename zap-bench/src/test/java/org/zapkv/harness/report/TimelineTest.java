// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
final class TimelineTest {
  private static final long QUARTER = TimeUnit.MILLISECONDS.toNanos(250);

  private final AtomicLong now = new AtomicLong(7);
  private final Timeline timeline = new Timeline(now::get);

  @Test
  void beginsWithNothingAndEndsWithTheEnd() {
    now.addAndGet(4 * QUARTER);
    timeline.add(10, 2, 1);
    now.addAndGet(4 * QUARTER);
    assertEquals(
        List.of(
            new Timeline.Sample(0, 0, 0, 0),
            new Timeline.Sample(1, 10, 2, 1),
            new Timeline.Sample(2, 30, 4, 3)),
        timeline.end(30, 4, 3));
  }

  @Test
  void momentsThatAreTooNearAreLeftOut() {
    now.addAndGet(QUARTER);
    timeline.add(1, 0, 0);
    now.addAndGet(QUARTER - 1);
    timeline.add(2, 0, 0);
    assertEquals(List.of(0L, 3L), timeline.end(3, 0, 0).stream().map(s -> s.operations()).toList());
  }

  @Test
  void aLongRunHasFewMomentsFarApart() {
    int moments = 100_000;
    for (int i = 1; i <= moments; i++) {
      now.addAndGet(QUARTER);
      timeline.add(i, 0, 0);
    }
    List<Timeline.Sample> samples = timeline.end(moments, 0, 0);
    assertTrue(samples.size() >= Timeline.MOST / 4, () -> "" + samples.size());
    assertTrue(samples.size() <= Timeline.MOST, () -> "" + samples.size());
    assertEquals(new Timeline.Sample(0, 0, 0, 0), samples.get(0));
    double longest = 2.0 * moments / (Timeline.MOST / 2);
    for (int i = 1; i < samples.size(); i++) {
      Timeline.Sample from = samples.get(i - 1);
      Timeline.Sample to = samples.get(i);
      assertEquals(4 * to.seconds(), (double) to.operations());
      assertTrue(to.operations() > from.operations());
      assertTrue(to.operations() - from.operations() <= 2 * longest);
    }
  }
}
