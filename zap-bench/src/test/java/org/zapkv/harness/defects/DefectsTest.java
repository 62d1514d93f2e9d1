// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.zapkv.harness.oracle.Violation.Kind;

final class DefectsTest {
  /** With seeds for which it does not take long. */
  @ParameterizedTest
  @CsvSource({
    "LOG_FLUSH_LEFT_OUT, 4",
    "BLOCK_FLUSH_LEFT_OUT, 18",
    "LOST_RECORD, 1",
    "STALE_BLOCK, 15",
    "REUSED_BLOCK, 4",
    "STALE_USER, 3",
    "TORN_BATCH, 18",
    "WRONG_SCAN, 2",
    "LOST_UPDATE, 1",
    "EARLY_ANSWER, 1",
    "WRITE_ERROR_IGNORED, 2",
    "FLUSH_ERROR_IGNORED, 2"
  })
  void findsWhatIsPlanted(Defect defect, long seed) {
    Search search = Defects.search(defect, seed, 10_000);
    assertTrue(search.isFound(), search::toString);
  }

  @Test
  void findsNothingWhereNothingIsPlanted() {
    Search search = Defects.search(Defect.NONE, 1, 300);
    assertFalse(search.isFound(), search::toString);
  }

  @Test
  void tellsOfSearches() {
    DefectRow row =
        new DefectRow(
            Defect.TORN_BATCH,
            List.of(
                new Search(1, Kind.TORN_BATCH, "TORN_BATCH: a", 3000, Duration.ofMillis(400)),
                new Search(2, null, null, 9000, Duration.ofSeconds(9)),
                new Search(3, Kind.LOST, "LOST: b", 1000, Duration.ofMillis(100)),
                new Search(4, Kind.LOST, "LOST: c", 1500, Duration.ofMillis(300))));
    assertEquals(1500, row.medianOperations());
    assertEquals(0.3, row.medianSeconds());
    assertEquals(Map.of(Kind.LOST, 2, Kind.TORN_BATCH, 1), row.kinds());
    assertFalse(row.isGood());
    assertEquals(
        "| torn-batch | every 4th batch is made in two commits | 3 of 4 | 1,500 | 0.3"
            + " | LOST 2, TORN_BATCH 1 |",
        Defects.line(row));
    DefectRow none = new DefectRow(Defect.NONE, row.searches().subList(1, 2));
    assertTrue(none.isGood());
    assertTrue(Defects.line(none).endsWith("| 0 of 1 | - | - | - |"), Defects.line(none));
  }
}
