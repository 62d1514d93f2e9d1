// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.testing;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Runs JVMs of their own to their end. */
public final class Children {
  /** What would have a JVM say "Picked up ...", on machines that are set up with it. */
  private static final List<String> OPTIONS_OF_THE_MACHINE =
      List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

  private static final Duration PATIENCE = Duration.ofMinutes(8);

  private Children() {}

  /**
   * Starts a JVM, without options that the machine has for all of them, and waits for its end. It
   * does not outlive the call, whatever happens.
   *
   * @param builder what to start, with its output going to files: a pipe that nobody reads would
   *     stop it
   * @param output tells what it has said, for the error
   * @return its exit value
   * @throws AssertionError if it has not ended after a time that even a slow machine does not need
   * @throws IOException if it cannot be started
   * @throws InterruptedException if the caller is interrupted
   */
  public static int run(ProcessBuilder builder, Supplier<String> output)
      throws IOException, InterruptedException {
    builder.environment().keySet().removeAll(OPTIONS_OF_THE_MACHINE);
    Process child = builder.start();
    try {
      if (!child.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError(
            "after " + PATIENCE + " still at it: " + builder.command() + ": " + output.get());
      }
      return child.exitValue();
    } finally {
      child.destroyForcibly();
    }
  }
}
