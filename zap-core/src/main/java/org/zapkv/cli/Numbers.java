// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers from 0 on as the options of images take them: in decimal digits, or 0x and hex. */
final class Numbers implements ITypeConverter<Integer> {
  private static final String HEX_PREFIX = "0x";
  private static final int HEX_RADIX = 16;

  @Override
  public Integer convert(String text) {
    try {
      if (text.matches("[0-9]+")) {
        return Integer.parseInt(text);
      }
      if (text.matches(HEX_PREFIX + "[0-9a-fA-F]+")) {
        return Integer.parseInt(text.substring(HEX_PREFIX.length()), HEX_RADIX);
      }
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'" + text + "' is too large");
    }
    throw new TypeConversionException(
        "'" + text + "' is no number: write decimal digits, or 0x and hexadecimal digits");
  }
}
