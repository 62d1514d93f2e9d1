// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What an object is, as far as that matters to its names. */
enum ImageObjectType {
  /** A directory. */
  DIR(1023),
  /** Anything else. */
  OTHER(255);

  private final int maxNameBytes;

  ImageObjectType(int maxNameBytes) {
    this.maxNameBytes = maxNameBytes;
  }

  /** The type that an option gives, or the one without the option. */
  static ImageObjectType of(@Nullable ImageObjectType option) {
    return option == null ? OTHER : option;
  }

  /** How long a name may be. */
  int maxNameBytes() {
    return maxNameBytes;
  }

  /** Reads it from the command line. */
  static final class Converter implements ITypeConverter<ImageObjectType> {
    @Override
    public ImageObjectType convert(String text) {
      for (ImageObjectType type : values()) {
        if (type.name().toLowerCase(Locale.ROOT).equals(text)) {
          return type;
        }
      }
      throw new TypeConversionException("'" + text + "' is no type: dir, or other (the default)");
    }
  }
}
