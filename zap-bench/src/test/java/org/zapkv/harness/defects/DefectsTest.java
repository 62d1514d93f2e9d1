// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.defects;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class DefectsTest {
  @ParameterizedTest
  @EnumSource
  void table(Defect defect) {
    DefectRow row = Defects.row(defect, Long.getLong("zap.seed0", 1), Integer.getInteger("zap.seeds", 1), 20_000);
    System.err.println(Defects.line(row));
    row.searches().forEach(s -> System.err.println("   " + s));
  }

  @Test
  void any() {
    assertTrue(true);
  }
}
