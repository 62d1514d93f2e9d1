// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs commands of this program in processes of their own. */
final class ChildProcess {
  private final Output out;

  /**
   * A runner.
   *
   * @param out where to print the command and all that it prints, indented
   */
  ChildProcess(Output out) {
    this.out = out;
  }

  /** Runs a command to its end and returns its exit code. */
  int run(String... args) throws IOException {
    out.println("   $ zap " + String.join(" ", args));
    out.flush();
    List<String> command = new ArrayList<>(List.of(java()));
    command.addAll(List.of("-cp", classPath(), Main.class.getName()));
    command.addAll(List.of(args));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      process.getOutputStream().close();
      copy(process);
      int exitCode = process.waitFor();
      out.println("   (process " + process.pid() + " ended with exit code " + exitCode + ")");
      return exitCode;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure(ExitCode.UNUSABLE, "interrupted");
    } finally {
      process.destroyForcibly();
    }
  }

  private void copy(Process process) throws IOException {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line = lines.readLine();
      while (line != null) {
        out.println("   " + line);
        line = lines.readLine();
      }
    }
  }

  private static String java() {
    String here = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return ProcessHandle.current().info().command().orElse(here);
  }

  /** The class path of this process, in full, since the child could run elsewhere. */
  private static String classPath() {
    List<String> entries = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      entries.add(Path.of(entry).toAbsolutePath().toString());
    }
    return String.join(File.pathSeparator, entries);
  }
}
