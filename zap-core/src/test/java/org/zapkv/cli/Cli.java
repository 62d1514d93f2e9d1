// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Runs commands within the process of the test. */
final class Cli {
  private Cli() {}

  /** What a command did. */
  static final class Result {
    private final int exitCode;
    private final byte[] out;
    private final String err;

    Result(int exitCode, byte[] out, String err) {
      this.exitCode = exitCode;
      this.out = out;
      this.err = err;
    }

    int exitCode() {
      return exitCode;
    }

    byte[] outBytes() {
      return out;
    }

    String out() {
      return new String(out, StandardCharsets.UTF_8);
    }

    String err() {
      return err;
    }

    /** Fails unless the exit code is as expected; shows what the command said. */
    Result exits(int expected) {
      assertEquals(expected, exitCode, this::toString);
      return this;
    }

    Result ok() {
      return exits(ExitCode.OK);
    }

    @Override
    public String toString() {
      String shown = out.length > 10_000 ? out.length + " bytes" : out();
      return "exitCode=" + exitCode + " err=" + err + " out=" + shown;
    }
  }

  static Result run(Object... args) {
    return runWith("", args);
  }

  static Result runWith(String input, Object... args) {
    return runWith(input.getBytes(StandardCharsets.UTF_8), args);
  }

  static Result runWith(byte[] input, Object... args) {
    String[] words = new String[args.length];
    for (int i = 0; i < args.length; i++) {
      words[i] = args[i].toString();
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exitCode =
        Main.run(
            words,
            new ByteArrayInputStream(input),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Result(exitCode, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
  }
}
