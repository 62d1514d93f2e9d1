// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class EscapesTest {
  private static byte[] written(byte[] bytes) {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    Output out = new Output(stream);
    Escapes.write(bytes, out);
    out.flush();
    return stream.toByteArray();
  }

  private static String written(String text) {
    byte[] bytes = written(text.getBytes(StandardCharsets.UTF_8));
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Test
  void shouldWriteTextAsItIs() {
    assertEquals("Grüße, 世界 🌍 'x'", written("Grüße, 世界 🌍 'x'"));
    assertEquals("", written(""));
  }

  @Test
  void shouldEscapeWhatWouldEndAFieldOrIsNoText() {
    assertEquals("a\\tb\\nc\\rd\\\\e", written("a\tb\nc\rd\\e"));
    assertEquals("\\x00\\x1b[0m\\x7f", written("\0\u001b[0m\u007f"));
    byte[] invalid = {'x', (byte) 0xFF, (byte) 0xC3, 'y', (byte) 0xE2, (byte) 0x82};
    assertEquals("x\\xff\\xc3y\\xe2\\x82", new String(written(invalid), StandardCharsets.UTF_8));
  }

  @Test
  void shouldReadBackAnyBytes() {
    long seed = Seeds.next();
    Random random = new Random(seed);
    for (int round = 0; round < 5000; round++) {
      byte[] bytes = new byte[random.nextInt(24)];
      random.nextBytes(bytes);
      byte[] text = written(bytes);
      String message = "seed=" + seed + " round=" + round;
      assertEquals(-1, Utf8.firstInvalid(text, 0, text.length), message);
      for (byte b : text) {
        assertTrue(b < 0 || (b >= ' ' && b != 0x7F), message);
      }
      assertArrayEquals(bytes, Escapes.read(text, 0, text.length), message);
    }
  }

  @Test
  void shouldRefuseABackslashWithNoMeaning() {
    for (String text : new String[] {"\\", "a\\", "\\q", "\\x", "\\x1", "\\xg0", "\\x0g", "\\ "}) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      assertNull(Escapes.read(bytes, 0, bytes.length), text);
    }
  }

  @Test
  void shouldReadNoFurtherThanTheField() {
    byte[] bytes = "\\x41".getBytes(StandardCharsets.UTF_8);
    assertNull(Escapes.read(bytes, 0, 3));
    assertArrayEquals(new byte[] {'4', '1'}, Escapes.read(bytes, 2, 4));
  }
}
