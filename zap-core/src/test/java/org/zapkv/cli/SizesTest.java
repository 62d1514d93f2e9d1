// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

@Tag("once")
class SizesTest {
  @Test
  void shouldReadUnits() {
    Sizes sizes = new Sizes();
    assertEquals(123, sizes.convert("123"));
    assertEquals(64L << 20, sizes.convert("64m"));
    assertEquals(2L << 30, sizes.convert("2G"));
    assertEquals(512L << 10, sizes.convert("512k"));
    assertEquals(3L << 40, sizes.convert("3t"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "m", "-1", "1.5m", "64mb", "64 m", "9999999999t", "1234567890123456789"})
  void shouldRefuseWhatIsNoSize(String text) {
    assertThrows(TypeConversionException.class, () -> new Sizes().convert(text));
  }

  @Test
  void shouldShowTheLargestUnitThatFits() {
    assertEquals("0 B", Sizes.show(0));
    assertEquals("1,023 B", Sizes.show(1023));
    assertEquals("1.0 KiB", Sizes.show(1024));
    assertEquals("256.0 MiB", Sizes.show(256L << 20));
    assertEquals("1.5 TiB", Sizes.show(3L << 39));
    assertEquals("8388608.0 TiB", Sizes.show(Long.MAX_VALUE));
  }
}
