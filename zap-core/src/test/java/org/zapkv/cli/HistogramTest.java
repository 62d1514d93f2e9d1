// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class HistogramTest {
  @Test
  void shouldDrawABarForEachBucketThatCounts() {
    assertEquals(
        List.of(
            "title",
            "           1            1  #",
            "           2            0",
            "           3        1,000  " + "#".repeat(40),
            "           4          500  " + "#".repeat(20)),
        Histogram.lines("title", List.of(0L, 1L, 0L, 1000L, 500L, 0L), i -> "" + i));
  }

  @Test
  void shouldMarkTheBucketThatIsOpenAbove() {
    assertEquals(
        List.of("title", "         10+            7  " + "#".repeat(40)),
        Histogram.lines("title", List.of(0L, 7L), i -> "" + 10 * i));
  }

  @Test
  void shouldSayThatThereIsNothing() {
    assertEquals(
        List.of("title", "  (none)"), Histogram.lines("title", List.of(0L, 0L), i -> "" + i));
  }
}
