// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The salt of a ZAP object, as 1 to 16 hexadecimal digits. */
final class Salt implements ITypeConverter<Long> {
  private static final int HEX_RADIX = 16;

  @Override
  public Long convert(String text) {
    if (!text.matches("(0x)?[0-9a-fA-F]{1,16}")) {
      throw new TypeConversionException("'" + text + "' is no salt: write 1 to 16 hex digits");
    }
    String digits = text.regionMatches(true, 0, "0x", 0, 2) ? text.substring("0x".length()) : text;
    long salt = Long.parseUnsignedLong(digits, HEX_RADIX);
    if ((salt & 1) == 0) {
      throw new TypeConversionException("'" + text + "' is even; the salt of an object is odd");
    }
    return salt;
  }
}
