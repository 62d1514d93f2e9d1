// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;

/** What a pointer may say of the form of its block. */
class BlockPointerTest {
  private static final int PLAIN_BYTES = 16384;

  private static BlockPointer pointer(int compression, int physicalBytes) {
    return new BlockPointer(
        65536, 0, PLAIN_BYTES, physicalBytes, 1, 0, compression, Checksum.TYPE_XXH64, 0, false);
  }

  @Test
  void everyKnownFormIsRight() {
    assertNull(pointer(0, PLAIN_BYTES).problem(0));
    for (int form = 1; form <= 3; form++) {
      assertNull(pointer(form, 4096).problem(0));
    }
  }

  @Test
  void everyOtherFormIsRefusedByName() {
    for (int form = 4; form < 256; form++) {
      assertEquals("unknown compression " + form, pointer(form, 4096).problem(0));
    }
  }

  @Test
  void theSizesFitTheForm() {
    assertNotNull(pointer(0, 4096).problem(0));
    for (int form = 1; form <= 3; form++) {
      assertNotNull(pointer(form, PLAIN_BYTES).problem(0));
      assertNotNull(pointer(form, PLAIN_BYTES + 512).problem(0));
      assertNotNull(pointer(form, 0).problem(0));
    }
  }
}
