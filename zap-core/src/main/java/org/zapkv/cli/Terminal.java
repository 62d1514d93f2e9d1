// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;

/** Whether a person watches. */
final class Terminal {
  private Terminal() {}

  /** Whether standard error is a terminal. In doubt it is not. */
  static boolean isStandardError() {
    return isTerminal(new ProcessBuilder("test", "-t", "2").redirectError(Redirect.INHERIT));
  }

  /** Whether standard output is a terminal. In doubt it is not. */
  static boolean isStandardOutput() {
    return isTerminal(new ProcessBuilder("test", "-t", "1").redirectOutput(Redirect.INHERIT));
  }

  private static boolean isTerminal(ProcessBuilder question) {
    // System.console() tells of standard input and output, which may be redirected while a person
    // watches standard error. Where the system has no such program nobody is taken to watch.
    try {
      return question.start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
