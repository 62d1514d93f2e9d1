// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
final class ProgressTest {
  private final AtomicLong now = new AtomicLong(TimeUnit.DAYS.toNanos(1));
  private final StringBuilder shown = new StringBuilder();

  private Progress progress(long seconds, boolean terminal) {
    return new Progress(Duration.ofSeconds(seconds), terminal, shown::append, now::get);
  }

  private void pass(long millis) {
    now.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  @Test
  void aTerminalHasOneLineThatChanges() {
    Progress progress = progress(60, true);
    pass(199);
    progress.to(1, 1, 1);
    assertEquals("", shown.toString());
    pass(801);
    progress.to(1_200_000, 30, 4);
    String first = "1,200,000 operations, 1,200,000/s; 30 openings, 4 faults; 0:59 left";
    assertEquals("\r" + first, shown.toString());
    shown.setLength(0);
    pass(59_500);
    progress.to(1_200_000, 30, 4);
    String second = "1,200,000 operations, 0/s; 30 openings, 4 faults; ending";
    assertEquals("\r" + second + " ".repeat(first.length() - second.length()), shown.toString());
    shown.setLength(0);
    progress.clear();
    assertEquals("\r" + " ".repeat(second.length()) + "\r", shown.toString());
    shown.setLength(0);
    progress.clear();
    assertEquals("", shown.toString());
  }

  @Test
  void theRateIsThatOfTheLastSecond() {
    Progress progress = progress(7200, true);
    pass(1000);
    progress.to(1000, 0, 0);
    shown.setLength(0);
    pass(500);
    progress.to(9000, 0, 0);
    assertEquals(
        "\r9,000 operations, 1,000/s; 0 openings, 0 faults; 1:59:59 left", shown.toString());
    shown.setLength(0);
    pass(500);
    progress.to(11_000, 0, 0);
    assertEquals(
        "\r11,000 operations, 10,000/s; 0 openings, 0 faults; 1:59:58 left", shown.toString());
  }

  @Test
  void elsewhereThereIsALineEveryTenSeconds() {
    Progress progress = progress(60, false);
    for (int second = 1; second < 21; second++) {
      pass(1000);
      progress.to(second * 100L, 0, 0);
    }
    progress.clear();
    assertEquals(
        """
        1,000 operations, 100/s; 0 openings, 0 faults; 0:50 left
        2,000 operations, 100/s; 0 openings, 0 faults; 0:40 left
        """,
        shown.toString());
  }
}
