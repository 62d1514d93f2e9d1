// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
final class ValueTest {
  @Test
  void aValueSaysItsTag() {
    for (int length = 8; length < 200; length++) {
      for (long tag : new long[] {1, 2, -1, -2, Long.MIN_VALUE, 0x1f0cL}) {
        byte[] bytes = new Value(tag, length).bytes();
        assertEquals(length, bytes.length);
        assertEquals(tag, Value.tagOf(bytes));
        assertArrayEquals(bytes, new Value(tag, length).bytes());
      }
    }
  }

  @Test
  void everyOtherTagCanBeCompressed() {
    assertTrue(compressed(new Value(4, 4000).bytes()) < 1000);
    assertTrue(compressed(new Value(5, 4000).bytes()) >= 4000);
  }

  private static int compressed(byte[] bytes) {
    Deflater deflater = new Deflater();
    deflater.setInput(bytes);
    deflater.finish();
    int length = deflater.deflate(new byte[2 * bytes.length]);
    deflater.end();
    return length;
  }

  /** A piece of a value that is in another place, or of another value, is noticed. */
  @Test
  void noPieceIsTwice() {
    for (int tag = 1; tag <= 2; tag++) {
      byte[] bytes = new Value(tag, 100_000).bytes();
      Set<String> pieces = new HashSet<>();
      for (int at = 0; at + 32 <= bytes.length; at += 32) {
        assertTrue(pieces.add(Arrays.toString(Arrays.copyOfRange(bytes, at, at + 32))));
      }
      byte[] other = new Value(tag + 2, 100_000).bytes();
      assertNotEquals(
          Arrays.toString(Arrays.copyOfRange(bytes, 320, 352)),
          Arrays.toString(Arrays.copyOfRange(other, 320, 352)));
    }
  }

  @Test
  void aValueHasRoomForItsTag() {
    assertThrows(IllegalArgumentException.class, () -> new Value(1, 7));
    assertEquals(0, Value.tagOf(new byte[7]));
  }
}
