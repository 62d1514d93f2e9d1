// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
final class SamplesTest {
  @Test
  void aCellHasTheMedianAndTheSpread() {
    Samples samples = new Samples();
    assertEquals("–", samples.cell("Zap", "puts", Formats::count));
    samples.add("Zap", new Figures().put("puts", 3000.0));
    assertEquals("3,000", samples.cell("Zap", "puts", Formats::count));
    samples.add("Zap", new Figures().put("puts", 1000.0));
    assertEquals("2,000 (1,000 to 3,000)", samples.cell("Zap", "puts", Formats::count));
    samples.add("Zap", new Figures().put("puts", 10000.0));
    assertEquals("3,000 (1,000 to 10,000)", samples.cell("Zap", "puts", Formats::count));
    assertEquals("–", samples.cell("Zap", "gets", Formats::count));
  }

  @Test
  void timesHaveAUnitThatSuits() {
    assertEquals("999 ns", Formats.nanos(999));
    assertEquals("1.0 µs", Formats.nanos(1000));
    assertEquals("12.3 ms", Formats.nanos(12_345_678));
    assertEquals("1.50 s", Formats.nanos(1_500_000_000));
  }
}
