// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.zapkv.zap.ZapValue;

/** The lines of a log or a dump: fields with tabs between them. To be closed. */
final class ImageLines implements AutoCloseable {
  /** Room for far more than a map can hold, as a log may have what was refused. */
  private static final int MAX_LINE_BYTES = 16 << 20;

  private static final int MAX_SHOWN = 40;

  private final InputFile file;
  private final LineReader lines;
  private String[] fields = {};

  private ImageLines(InputFile file) {
    this.file = file;
    this.lines = new LineReader(file.in(), MAX_LINE_BYTES);
  }

  /** Opens a file, unpacked if its name ends in .gz, or standard input. */
  static ImageLines open(String name, Streams streams) {
    return new ImageLines(InputFile.openUnpacked(name, streams));
  }

  /**
   * Goes to the next line.
   *
   * @return false at the end
   */
  boolean next() {
    try {
      if (!lines.next()) {
        return false;
      }
    } catch (IOException e) {
      throw file.cannotRead(e);
    }
    if (lines.tooLong()) {
      throw bad("the line has more than " + MAX_LINE_BYTES + " bytes");
    }
    int length = lines.end() - lines.start();
    String line = new String(lines.buffer(), lines.start(), length, StandardCharsets.ISO_8859_1);
    fields = line.split("\t", -1);
    if (line.isEmpty()) {
      throw bad("the line is empty");
    }
    return true;
  }

  int fieldCount() {
    return fields.length;
  }

  /** A field, from 0; empty where the line has no such field. */
  String field(int index) {
    return index < fields.length ? fields[index] : "";
  }

  /** Bytes that a field has as hexadecimal digits. */
  byte[] bytes(int index, String what) {
    byte[] digits = field(index).getBytes(StandardCharsets.ISO_8859_1);
    byte[] bytes = Hex.read(digits, 0, digits.length);
    if (bytes == null) {
      throw bad(
          what
              + (digits.length % 2 == 0
                  ? " is not hexadecimal"
                  : " has an odd number of hexadecimal digits"));
    }
    return bytes;
  }

  /** A name that the object can have, as hexadecimal digits. */
  byte[] name(int index, ImageTarget image) {
    byte[] name = bytes(index, "the name");
    String problem = image.nameProblem(name);
    if (problem != null) {
      throw bad(problem);
    }
    return name;
  }

  /** A value, from three fields: the size of an integer, how many, and their bytes. */
  ZapValue value(int index) {
    int size = number(index, "the integer length");
    int count = number(index + 1, "the number of integers");
    byte[] bytes = bytes(index + 2, "the value");
    if (!Arrays.asList(1, 2, 4, 8).contains(size)) {
      throw bad("the integer length is " + size + "; it is 1, 2, 4 or 8");
    }
    if ((long) count * size != bytes.length) {
      throw bad("the value has " + bytes.length + " bytes, but " + count + " integers of " + size);
    }
    return new ZapValue(size, bytes);
  }

  private int number(int index, String what) {
    if (!field(index).matches("[0-9]{1,9}")) {
      throw bad(what + " is " + shown(field(index)) + ", no number");
    }
    return Integer.parseInt(field(index));
  }

  /** Text of a line as a message can show it. */
  static String shown(String text) {
    String start = text.length() > MAX_SHOWN ? text.substring(0, MAX_SHOWN) + "..." : text;
    return "'" + start.replaceAll("[^ -~]", "?") + "'";
  }

  /** The end of the command: the line cannot be used. */
  CommandFailure bad(String reason) {
    return new CommandFailure(ExitCode.NO, problem(reason) + "; nothing is written");
  }

  /** Something about the line, with its place, for the user. */
  String problem(String reason) {
    return file.name() + ", line " + lines.lineNumber() + ": " + reason;
  }

  long consumedBytes() {
    return file.consumedBytes();
  }

  long sizeBytes() {
    return file.sizeBytes();
  }

  @Override
  public void close() {
    file.close();
  }
}
