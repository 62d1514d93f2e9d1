// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.cli.EntryParser.Form;
import org.zapkv.store.ZapMap;

@Tag("once")
class EntryParserTest {
  private static @Nullable String parse(EntryParser parser, String line) {
    // Bytes around the line are not to be looked at.
    byte[] bytes = ("\t\t" + line + "\t\t").getBytes(StandardCharsets.UTF_8);
    return parser.parseLine(bytes, 2, bytes.length - 2);
  }

  private static void assertEntry(Form form, String line, String key, String value) {
    EntryParser parser = new EntryParser(form, false);
    assertNull(parse(parser, line));
    assertArrayEquals(key.getBytes(StandardCharsets.UTF_8), parser.key());
    assertArrayEquals(value.getBytes(StandardCharsets.UTF_8), parser.value());
  }

  private static void assertBad(Form form, boolean longValues, String line, String reason) {
    String actual = parse(new EntryParser(form, longValues), line);
    assertNotNull(actual, line);
    assertTrue(actual.contains(reason), actual);
  }

  @Test
  void shouldTakeTheFirstTabAsTheEndOfTheKey() {
    assertEntry(Form.TEXT, "key\tvalue", "key", "value");
    assertEntry(Form.TEXT, "key\tva\tlue\t", "key", "va\tlue\t");
    assertEntry(Form.TEXT, "k\\t\tv\\n", "k\\t", "v\\n");
  }

  @Test
  void shouldTakeEmptyFields() {
    assertEntry(Form.TEXT, "\t", "", "");
    assertEntry(Form.HEX, "\t", "", "");
    assertEntry(Form.ESCAPED, "\tx", "", "x");
    assertEntry(Form.TEXT, "x\t", "x", "");
  }

  @Test
  void shouldReadHexadecimalDigitsInEitherCase() {
    assertEntry(Form.HEX, "6b4A\t00c3bC", "kJ", "\0ü");
    assertBad(Form.HEX, false, "6\t00", "the key has an odd number of hexadecimal digits");
    assertBad(Form.HEX, false, "00\t0x00", "the value is not hexadecimal");
  }

  @Test
  void shouldReadEscapes() {
    assertEntry(Form.ESCAPED, "a\\tb\ta\\\\tb\\x00", "a\tb", "a\\tb\0");
    assertBad(Form.ESCAPED, false, "a\t\\q", "the value has a backslash with no meaning");
  }

  @Test
  void shouldReadIntegersOfAllSizes() {
    EntryParser parser = new EntryParser(Form.TEXT, true);
    for (long value : new long[] {0, -1, 42, Long.MAX_VALUE, Long.MIN_VALUE}) {
      assertNull(parse(parser, "k\t" + value));
      assertEquals(value, parser.longValue());
    }
    assertNull(parse(parser, "k\t+7"));
    assertEquals(7, parser.longValue());
    assertNull(parse(new EntryParser(Form.HEX, true), "00ff\t-12"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "1.5",
        " 1",
        "1 ",
        "0x10",
        "9223372036854775808",
        "-9223372036854775809",
        "-",
        "123456789012345678901234567890",
        "١"
      })
  void shouldRefuseWhatIsNoInteger(String value) {
    assertBad(Form.TEXT, true, "k\t" + value, "the value is no integer");
  }

  @Test
  void shouldSayWhatIsWrongWithALine() {
    assertBad(Form.TEXT, false, "", "empty");
    assertBad(Form.TEXT, false, "key value", "no tab");
    String key = "k".repeat(ZapMap.MAX_KEY_BYTES);
    assertEntry(Form.TEXT, key + "\tv", key, "v");
    assertBad(Form.TEXT, false, key + "k\tv", "the key has 1024 bytes; a key has at most 1023");
    assertBad(Form.HEX, false, "00".repeat(1024) + "\t", "the key has 1024 bytes");
  }

  @Test
  void shouldRefuseWhatIsNotUtf8() {
    byte[] line = {'k', '\t', 'a', 'b', (byte) 0xFF};
    for (Form form : new Form[] {Form.TEXT, Form.ESCAPED}) {
      String reason = new EntryParser(form, false).parseLine(line, 0, line.length);
      assertNotNull(reason);
      assertTrue(reason.contains("the value is not UTF-8 at byte 3"), reason);
    }
  }

  @Test
  void shouldRefuseAValueThatIsTooLarge() {
    byte[] line = new byte[ZapMap.MAX_VALUE_BYTES + 3];
    Arrays.fill(line, (byte) 'x');
    line[1] = '\t';
    EntryParser parser = new EntryParser(Form.TEXT, false);
    String reason = parser.parseLine(line, 0, line.length);
    assertNotNull(reason);
    assertTrue(reason.contains("a value has at most 67108864"), reason);
    assertNull(parser.parseLine(line, 0, line.length - 1));
    assertTrue(parser.maxLineBytes() > line.length);
  }
}
