// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class LineReaderTest {
  private static final String TOO_LONG = "<too long>";

  private static List<String> lines(String text, int maxLineBytes, int bufferBytes)
      throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    LineReader reader = new LineReader(new ByteArrayInputStream(bytes), maxLineBytes, bufferBytes);
    List<String> lines = new ArrayList<>();
    while (reader.next()) {
      lines.add(line(reader));
      assertEquals(lines.size(), reader.lineNumber());
    }
    assertEquals(bytes.length, reader.consumedBytes());
    assertFalse(reader.next());
    return lines;
  }

  private static String line(LineReader reader) {
    int length = reader.end() - reader.start();
    return reader.tooLong()
        ? TOO_LONG
        : new String(reader.buffer(), reader.start(), length, StandardCharsets.UTF_8);
  }

  @Test
  void shouldEndLinesWithNewlineCarriageReturnAndEndOfStream() throws IOException {
    assertEquals(List.of("a", "b", "c"), lines("a\nb\r\nc", 10, 64));
    assertEquals(List.of("a", "b"), lines("a\nb\r", 10, 64));
    assertEquals(List.of("a\rb", "\r"), lines("a\rb\n\r\r\n", 10, 64));
  }

  @Test
  void shouldReturnEmptyLines() throws IOException {
    assertEquals(List.of(), lines("", 10, 64));
    assertEquals(List.of("", "", ""), lines("\n\r\n\n", 10, 64));
  }

  @Test
  void shouldRefuseNoMoreThanTheLineThatIsTooLong() throws IOException {
    assertEquals(List.of("12345", TOO_LONG, "6"), lines("12345\n123456\n6\n", 5, 4));
    assertEquals(List.of("12345", TOO_LONG), lines("12345\r\n123456", 5, 4));
    assertEquals(List.of(TOO_LONG, "x"), lines("y".repeat(1_000_000) + "\nx", 5, 4));
  }

  @Test
  void shouldNotKeepALineThatIsTooLongInMemory() throws IOException {
    byte[] bytes = "y".repeat(4_000_000).getBytes(StandardCharsets.UTF_8);
    LineReader reader = new LineReader(new ByteArrayInputStream(bytes), 100, 64);
    assertTrue(reader.next());
    assertTrue(reader.tooLong());
    assertTrue(reader.buffer().length < 1_000_000, "buffer of " + reader.buffer().length);
    assertEquals(bytes.length, reader.consumedBytes());
  }

  @Test
  void shouldCutRandomTextAsAnotherWayDoes() throws IOException {
    long seed = Seeds.next();
    Random random = new Random(seed);
    for (int round = 0; round < 2000; round++) {
      StringBuilder text = new StringBuilder();
      int length = random.nextInt(60);
      for (int i = 0; i < length; i++) {
        text.append("ab\n\r".charAt(random.nextInt(4)));
      }
      int maxLineBytes = 1 + random.nextInt(8);
      assertEquals(
          expected(text.toString(), maxLineBytes),
          lines(text.toString(), maxLineBytes, 1 + random.nextInt(16)),
          "seed=" + seed + " round=" + round);
    }
  }

  private static List<String> expected(String text, int maxLineBytes) {
    List<String> lines = new ArrayList<>();
    String[] parts = text.split("\n", -1);
    for (int i = 0; i < parts.length; i++) {
      boolean last = i == parts.length - 1;
      if (last && parts[i].isEmpty()) {
        continue;
      }
      String line =
          parts[i].endsWith("\r") ? parts[i].substring(0, parts[i].length() - 1) : parts[i];
      lines.add(line.length() > maxLineBytes ? TOO_LONG : line);
    }
    return lines;
  }
}
