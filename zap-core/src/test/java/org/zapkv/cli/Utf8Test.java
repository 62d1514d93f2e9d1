// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class Utf8Test {
  private static boolean decodes(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private static void assertAsTheJdk(byte[] bytes, String message) {
    int invalid = Utf8.firstInvalid(bytes, 0, bytes.length);
    assertEquals(decodes(bytes), invalid < 0, () -> message + Arrays.toString(bytes));
    if (invalid >= 0) {
      assertEquals(true, decodes(Arrays.copyOf(bytes, invalid)), message);
    }
  }

  @Test
  void shouldAgreeWithTheJdkOnAllTwoBytes() {
    for (int first = 0; first < 256; first++) {
      for (int second = 0; second < 256; second++) {
        assertAsTheJdk(new byte[] {(byte) first, (byte) second}, "");
      }
    }
  }

  @Test
  void shouldAgreeWithTheJdkAtTheEdges() {
    int[] interesting = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
    for (int first = 0xE0; first < 256; first++) {
      for (int second : interesting) {
        for (int third : interesting) {
          assertAsTheJdk(new byte[] {(byte) first, (byte) second, (byte) third}, "");
          for (int fourth : interesting) {
            byte[] bytes = {(byte) first, (byte) second, (byte) third, (byte) fourth};
            assertAsTheJdk(bytes, "");
          }
        }
      }
    }
  }

  @Test
  void shouldAgreeWithTheJdkOnRandomText() {
    long seed = Seeds.next();
    Random random = new Random(seed);
    for (int round = 0; round < 20_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(5); i >= 0; i--) {
        int character = random.nextInt(1 << (7 + random.nextInt(14)));
        boolean usable = Character.isValidCodePoint(character) && character >> 11 != 0x1B;
        text.appendCodePoint(usable ? character : 'x');
      }
      byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
      if (random.nextBoolean()) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      assertAsTheJdk(bytes, "seed=" + seed + " ");
    }
  }
}
