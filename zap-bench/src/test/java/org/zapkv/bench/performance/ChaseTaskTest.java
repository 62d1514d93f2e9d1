// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
final class ChaseTaskTest {
  @Test
  void oneCycleHasAllLines() {
    ByteBuffer memory = ChaseTask.cycle(64 * 1000);
    int position = memory.getInt(0);
    for (int i = 1; i < 1000; i++) {
      assertNotEquals(0, position);
      position = memory.getInt(position);
    }
    assertEquals(0, position);
  }
}
