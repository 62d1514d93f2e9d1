// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.bench.report.Chart;

@Tag("once")
final class RecoveryTimesTest {
  @Test
  void figures() {
    RecoveryTimes times =
        new RecoveryTimes(IntStream.range(0, 100).mapToObj(i -> 99.0 - i).toList());
    assertEquals(100, times.count());
    assertEquals(50, times.median());
    assertEquals(95, times.ninetyFive());
    assertEquals(99, times.longest());
    assertEquals(
        "100: half within 50.0 ms, 95 % within 95.0 ms, the longest 99.0 ms", times.describe());
  }

  @Test
  void eachIsInOneBar() {
    List<Chart.Bar> bars = new RecoveryTimes(List.of(3.0, 4.0, 4.1, 30.0, 2.1)).bars();
    assertEquals(
        List.of("up to 4.0 ms", "up to 8.0 ms", "up to 16.0 ms", "up to 32.0 ms"),
        bars.stream().map(Chart.Bar::label).toList());
    assertEquals(List.of(3.0, 1.0, 0.0, 1.0), bars.stream().map(Chart.Bar::value).toList());
  }

  @Test
  void none() {
    RecoveryTimes times = new RecoveryTimes(List.of());
    assertEquals("none", times.describe());
    assertEquals(List.of(), times.bars());
  }
}
