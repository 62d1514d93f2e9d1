// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What the commands that read entries have in common: where these are, how they are written. */
abstract class InputCommand extends MapCommand {
  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = "-",
      description = "The file with the entries; - or none is standard input.")
  private String file;

  @ArgGroup private final FormOptions form = new FormOptions();

  @Option(names = "--long", description = "Values are integers, in decimal digits.")
  private boolean longValues;

  @Option(names = "--skip-bad", description = "Report a line that cannot be used, and go on.")
  private boolean skipBad;

  InputCommand(Streams streams) {
    super(streams);
  }

  /** How the fields of a line are written: one of these, or as plain text. */
  static final class FormOptions {
    @Option(
        names = "--hex",
        description = "Keys, and values that are bytes, are hexadecimal digits; may be empty.")
    private boolean hex;

    @Option(
        names = "--escaped",
        description = "Keys and values have the escapes that scan prints: \\t \\n \\r \\\\ \\xNN.")
    private boolean escaped;

    private EntryParser.Form form() {
      return hex
          ? EntryParser.Form.HEX
          : escaped ? EntryParser.Form.ESCAPED : EntryParser.Form.TEXT;
    }
  }

  EntryInput openInput() {
    return EntryInput.open(file, streams(), new EntryParser(form.form(), longValues));
  }

  boolean skipBad() {
    return skipBad;
  }
}
