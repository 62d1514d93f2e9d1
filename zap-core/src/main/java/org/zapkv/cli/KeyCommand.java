// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What the commands on one entry have in common. */
abstract class KeyCommand extends MapCommand {
  @Parameters(index = "2", paramLabel = "KEY", description = "The key.")
  private String keyText;

  @Option(
      names = "--hex",
      description = "The key, and a value that is bytes, are hexadecimal digits.")
  private boolean hex;

  KeyCommand(Streams streams) {
    super(streams);
  }

  boolean hex() {
    return hex;
  }

  String keyText() {
    return keyText;
  }

  EntryParser parser(boolean longValues) {
    return new EntryParser(hex ? EntryParser.Form.HEX : EntryParser.Form.TEXT, longValues);
  }

  /** The key of the command line as bytes. */
  byte[] key(EntryParser parser) {
    checkEncoding("KEY", keyText);
    byte[] text = keyText.getBytes(StandardCharsets.UTF_8);
    refuseIf(parser.parseKey(text, 0, text.length));
    return parser.key();
  }

  /** Ends the command where there is a reason to. */
  static void refuseIf(@Nullable String reason) {
    if (reason != null) {
      throw new CommandFailure(ExitCode.NO, reason);
    }
  }

  CommandFailure noSuchKey() {
    return new CommandFailure(
        ExitCode.NO, "no key \"" + keyText + "\" in map \"" + mapName() + "\" of " + storePath());
  }
}
