// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The entries of a file or of standard input, a line each. To be closed. */
final class EntryInput implements AutoCloseable {
  private static final long UNKNOWN = -1;

  private final String name;
  private final InputStream in;
  private final long sizeBytes;
  private final EntryParser parser;
  private final LineReader lines;

  private EntryInput(String name, InputStream in, long sizeBytes, EntryParser parser) {
    this.name = name;
    this.in = in;
    this.sizeBytes = sizeBytes;
    this.parser = parser;
    this.lines = new LineReader(in, parser.maxLineBytes());
  }

  /** Opens a file, or standard input where the file is {@code -}. */
  static EntryInput open(String file, Streams streams, EntryParser parser) {
    if (file.equals("-")) {
      return new EntryInput("standard input", streams.in(), UNKNOWN, parser);
    }
    try {
      Path path = Path.of(file);
      long sizeBytes = Files.isRegularFile(path) ? Files.size(path) : UNKNOWN;
      return new EntryInput(file, Files.newInputStream(path), sizeBytes, parser);
    } catch (IOException e) {
      throw cannotRead(file, e);
    } catch (InvalidPathException e) {
      throw new CommandFailure(ExitCode.UNUSABLE, "cannot read " + e.getMessage());
    }
  }

  private static CommandFailure cannotRead(String file, IOException e) {
    return new CommandFailure(ExitCode.UNUSABLE, "cannot read " + file + ": " + IoReason.of(e));
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
      throw cannotRead(name, e);
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
    return name + ", line " + lines.lineNumber() + ": " + reason;
  }

  EntryParser parser() {
    return parser;
  }

  long lineNumber() {
    return lines.lineNumber();
  }

  long consumedBytes() {
    return lines.consumedBytes();
  }

  /** The size of the file, or -1 where it is not known. */
  long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw cannotRead(name, e);
    }
  }
}
