// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.Locale;
import org.zapkv.store.Durability;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What a commit promises, as people write it. */
final class DurabilityLevel implements ITypeConverter<Durability> {
  @Override
  public Durability convert(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "sync" -> Durability.SYNC;
      case "async" -> Durability.ASYNC;
      case "none" -> Durability.NONE;
      default ->
          throw new TypeConversionException(
              "'" + text + "' is no durability: write sync, async or none");
    };
  }
}
