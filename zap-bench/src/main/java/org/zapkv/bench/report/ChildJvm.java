// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Runs measurements in JVMs of their own: each store has a fresh heap, compiles its own code, and
 * what the system counts for the process is its own.
 */
public final class ChildJvm {
  private static final int KEPT_LINES = 50;
  private static final int FIRST_WITH_NATIVE_ACCESS = 22;
  private static final Duration NEVER = Duration.ofDays(365);

  private ChildJvm() {}

  /**
   * Runs a measurement and waits for its end; one that says that it is ready is killed with
   * SIGKILL.
   *
   * @param measurement what is done; its class is an enum
   * @param parameters what it is told
   * @param heapFlags the flags that say how large its heap is
   * @return what it found; nothing if it was killed
   * @throws IOException if it fails; the message has the end of its output
   * @throws InterruptedException if the thread is interrupted; the process is then gone
   */
  public static Figures run(Measurement measurement, Parameters parameters, List<String> heapFlags)
      throws IOException, InterruptedException {
    return run(measurement, parameters, heapFlags, NEVER);
  }

  /**
   * Runs a measurement as the other method does, for some time at most.
   *
   * @param measurement what is done; its class is an enum
   * @param parameters what it is told
   * @param heapFlags the flags that say how large its heap is
   * @param limit how long it may take; then it is killed
   * @return what it found; nothing if it was killed since it was ready
   * @throws IOException if it fails or takes longer; the message has the end of its output
   * @throws InterruptedException if the thread is interrupted; the process is then gone
   */
  public static Figures run(
      Measurement measurement, Parameters parameters, List<String> heapFlags, Duration limit)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command(measurement, parameters, heapFlags))
            .redirectErrorStream(true)
            .start();
    Figures figures = new Figures();
    Deque<String> output = new ArrayDeque<>();
    boolean killed = false;
    // Its end is the end of its output, which is waited for below.
    CompletableFuture<Boolean> late =
        new CompletableFuture<Boolean>()
            .completeOnTimeout(true, limit.toMillis(), TimeUnit.MILLISECONDS);
    CompletableFuture<Void> end = late.thenRun(process::destroyForcibly);
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
      end.cancel(false);
      process.destroyForcibly();
    }
    int exit = process.waitFor();
    if (exit != 0 && !killed) {
      if (Thread.interrupted()) {
        // It was killed because the report is to end.
        throw new InterruptedException(measurement.name() + " was interrupted");
      }
      throw new IOException(
          measurement.name()
              + " "
              + parameters
              + (late.isDone()
                  ? " was ended after " + limit.toSeconds() + " s, with "
                  : " ended with ")
              + exit
              + ":\n"
              + String.join("\n", output));
    }
    return figures;
  }

  /**
   * The flags of a heap that has its size from the beginning, and was touched as a whole: else the
   * first second of whoever makes garbage is that of page faults.
   *
   * @param bytes the size
   * @return the flags
   */
  public static List<String> fixedHeap(long bytes) {
    return List.of("-Xms" + bytes, "-Xmx" + bytes, "-XX:+AlwaysPreTouch");
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

  private static List<String> command(
      Measurement measurement, Parameters parameters, List<String> heapFlags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(heapFlags);
    if (Runtime.version().feature() >= FIRST_WITH_NATIVE_ACCESS) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(parameters.peer().jvmFlags());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(TaskMain.class.getName());
    command.add(((Enum<?>) measurement).getDeclaringClass().getName());
    command.add(measurement.name());
    command.addAll(parameters.toArguments());
    return command;
  }
}
