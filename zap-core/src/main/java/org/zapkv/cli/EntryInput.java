// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The entries of a file or of standard input, a line each. To be closed. */
final class EntryInput implements AutoCloseable {
  private final InputFile file;
  private final EntryParser parser;
  private final LineReader lines;

  private EntryInput(InputFile file, EntryParser parser) {
    this.file = file;
    this.parser = parser;
    this.lines = new LineReader(file.in(), parser.maxLineBytes());
  }

  /**
   * Opens a file, which is unpacked if its name ends in .gz, or standard input where the file is
   * {@code -}.
   */
  static EntryInput open(String file, Streams streams, EntryParser parser) {
    return new EntryInput(InputFile.openUnpacked(file, streams), parser);
  }

  /**
   * Goes to the next line.
   *
   * @return false at the end
   */
  boolean next() {
    try {
      return lines.next();
    } catch (IOException e) {
      throw file.cannotRead(e);
    }
  }

  /**
   * Parses the line; the parser then has the key and the value.
   *
   * @return null, or what is wrong with the line
   */
  @Nullable String parse() {
    return lines.tooLong()
        ? "the line has more than " + parser.maxLineBytes() + " bytes, which no entry needs"
        : parser.parseLine(lines.buffer(), lines.start(), lines.end());
  }

  /** What is wrong with the line, with its place, for the user. */
  String problem(String reason) {
    return file.name() + ", line " + lines.lineNumber() + ": " + reason;
  }

  EntryParser parser() {
    return parser;
  }

  long lineNumber() {
    return lines.lineNumber();
  }

  /** How much of the file was read. */
  long consumedBytes() {
    return file.consumedBytes();
  }

  /** The size of the file, or -1 where it is not known. */
  long sizeBytes() {
    return file.sizeBytes();
  }

  @Override
  public void close() {
    file.close();
  }
}
