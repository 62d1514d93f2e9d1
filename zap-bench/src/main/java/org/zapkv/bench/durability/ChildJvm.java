// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Runs tasks in JVMs of their own: each store has a fresh heap, compiles its own code, and what the
 * system counts for the process is its own.
 */
final class ChildJvm {
  private static final int KEPT_LINES = 50;
  private static final int FIRST_WITH_NATIVE_ACCESS = 22;

  private ChildJvm() {}

  /**
   * Runs a task and waits for its end; one that says that it is ready is killed with SIGKILL.
   *
   * @param heapBytes the size of its heap
   * @return what it found; nothing if it was killed
   */
  static Figures run(Task task, Parameters parameters, long heapBytes)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command(task, parameters, heapBytes)).redirectErrorStream(true).start();
    Figures figures = new Figures();
    Deque<String> output = new ArrayDeque<>();
    boolean killed = false;
    try (BufferedReader reader = process.inputReader()) {
      String line;
      while (!killed && (line = reader.readLine()) != null) {
        killed = line.equals(TaskMain.READY);
        take(line, figures, output);
      }
      if (!killed) {
        process.waitFor();
      }
    } finally {
      process.destroyForcibly();
    }
    int exit = process.waitFor();
    if (exit != 0 && !killed) {
      throw new IOException(
          task + " " + parameters + " ended with " + exit + ":\n" + String.join("\n", output));
    }
    return figures;
  }

  private static void take(String line, Figures figures, Deque<String> output) {
    if (line.startsWith(TaskMain.FIGURE)) {
      String[] words = line.split(" ", -1);
      figures.put(words[1], Double.parseDouble(words[2]));
      return;
    }
    output.add(line);
    if (output.size() > KEPT_LINES) {
      output.remove();
    }
  }

  private static List<String> command(Task task, Parameters parameters, long heapBytes) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xms" + heapBytes);
    command.add("-Xmx" + heapBytes);
    if (Runtime.version().feature() >= FIRST_WITH_NATIVE_ACCESS) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(parameters.peer().jvmFlags());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(TaskMain.class.getName());
    command.add(task.name());
    command.addAll(parameters.toArguments());
    return command;
  }
}
