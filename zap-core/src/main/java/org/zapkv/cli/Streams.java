// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.function.BooleanSupplier;

/** Where a command reads and writes, and whether a person watches. */
final class Streams {
  private static final String ERASE_LINE = "\r\u001b[K";

  private final InputStream in;
  private final Output out;
  private final PrintStream err;
  private final BooleanSupplier terminal;
  private final BooleanSupplier outTerminal;
  private volatile boolean barDrawn;

  /**
   * The streams of a run.
   *
   * @param terminal whether {@code err} is a terminal; asked only where it matters
   * @param outTerminal the same of {@code out}
   */
  Streams(
      InputStream in,
      OutputStream out,
      PrintStream err,
      BooleanSupplier terminal,
      BooleanSupplier outTerminal) {
    this.in = in;
    this.out = new Output(out);
    this.err = err;
    this.terminal = terminal;
    this.outTerminal = outTerminal;
  }

  /** Whether a person looks at standard output, which can be drawn anew then. */
  boolean isOutTerminal() {
    return outTerminal.getAsBoolean();
  }

  InputStream in() {
    return in;
  }

  Output out() {
    return out;
  }

  PrintStream err() {
    return err;
  }

  /** Tells the user something, in one line on standard error. */
  void message(String text) {
    // In one call, since a progress bar is drawn on the same terminal by another thread.
    err.print((barDrawn ? ERASE_LINE : "") + "zap: " + oneLine(text) + System.lineSeparator());
    err.flush();
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\R+", " ");
  }

  /**
   * A bar for something that takes a while, drawn if standard error is a terminal.
   *
   * @param totalBytes how much there is to do, or -1 where it is not known
   */
  Progress progress(String task, long totalBytes) {
    return progress(task, totalBytes, Progress.Unit.MEBIBYTES);
  }

  /** The same for something that is counted in entries. */
  Progress countProgress(String task, long totalEntries) {
    return progress(task, totalEntries, Progress.Unit.ENTRIES);
  }

  private Progress progress(String task, long total, Progress.Unit unit) {
    if (!terminal.getAsBoolean()) {
      return Progress.none();
    }
    barDrawn = true;
    return Progress.bar(task, total, unit, this::draw, this::erase);
  }

  private void draw(String line) {
    err.print("\r" + line);
    err.flush();
  }

  private void erase() {
    barDrawn = false;
    err.print(ERASE_LINE);
    err.flush();
  }
}
