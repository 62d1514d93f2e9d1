// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;

/**
 * What the command line writes to.
 *
 * @param out for what came out
 * @param err for how far it is, and for errors
 * @param terminal whether {@code err} is a terminal
 */
record Screen(PrintStream out, PrintStream err, boolean terminal) {
  /** That of this process. */
  static Screen system() {
    return new Screen(
        stream(FileDescriptor.out), stream(FileDescriptor.err), isStandardErrorTerminal());
  }

  /** Whatever the locale: that of many a machine is one of ASCII. */
  private static PrintStream stream(FileDescriptor file) {
    return new PrintStream(new FileOutputStream(file), true, UTF_8);
  }

  /**
   * System.console() tells of standard input and output, which may be redirected while a person
   * watches standard error. Where the system has no such program nobody is taken to watch.
   */
  private static boolean isStandardErrorTerminal() {
    try {
      return new ProcessBuilder("test", "-t", "2").redirectError(Redirect.INHERIT).start().waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
