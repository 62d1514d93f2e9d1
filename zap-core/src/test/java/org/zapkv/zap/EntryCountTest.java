// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** A walk that finds the same number of changes before and after has to have seen all of them. */
final class EntryCountTest {
  /** A change that gets no further than its first half. */
  @Test
  @SuppressWarnings("NullAway")
  void aChangeIsCountedBeforeTheNumberHasIt() {
    try (TestMap map = TestMap.createFat(TestMap.FIXED_SALT)) {
      EntryCount count = new EntryCount(map.object());
      assertThrows(NullPointerException.class, () -> count.decrement(null, 0));
      assertEquals(1, count.changes());
    }
  }
}
