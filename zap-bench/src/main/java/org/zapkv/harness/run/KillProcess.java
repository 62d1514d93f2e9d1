// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.Settings;
import org.zapkv.harness.subject.StoreKind;

/** A {@link KillChild}, as the process sees it that has started it. Used by one thread. */
final class KillProcess implements AutoCloseable {
  /** Where what a child says to people is. */
  static final String ERRORS = "child.err";

  private static final int FIRST_WITH_NATIVE_ACCESS = 22;
  private static final int KEPT_LINES = 40;

  private final Process process;
  private final Path errors;

  /** From a thread that reads, so that one may wait for some time only. */
  private final BlockingQueue<Message> messages = new LinkedBlockingQueue<>();

  private final Writer commands;

  private KillProcess(Process process, Path errors) {
    this.process = process;
    this.errors = errors;
    this.commands = process.outputWriter(UTF_8);
    Thread reader = new Thread(this::read, "zap-harness-child");
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Starts a process.
   *
   * @param settings what both processes are told
   * @param directory where its stores are
   */
  static KillProcess start(Settings settings, Path directory) throws IOException {
    Path errors = directory.resolve(ERRORS);
    Process process =
        new ProcessBuilder(command(settings, directory)).redirectError(errors.toFile()).start();
    return new KillProcess(process, errors);
  }

  private static List<String> command(Settings settings, Path directory) {
    StoreKind kind = settings.store();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Most of these live for a second.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:+UseSerialGC"));
    command.addAll(List.of("-Xmx512m", "-XX:-CreateCoredumpOnCrash", "-XX:+ErrorFileToStderr"));
    if (Runtime.version().feature() >= FIRST_WITH_NATIVE_ACCESS) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(kind.jvmFlags());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(KillChild.class.getName());
    command.addAll(
        KillChild.arguments(
            kind.getClass().getName(),
            directory,
            settings.seed(),
            settings.threads(),
            settings.faults()));
    return command;
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Message message = Message.parse(line);
        if (message != null) {
          messages.add(message);
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      // Its end: nothing more can be read, or half a line that it was killed in.
    }
    messages.add(Message.end());
  }

  /** Tells it something; nothing happens if it has ended: it says so by itself. */
  void send(String command) {
    try {
      commands.write(command + '\n');
      commands.flush();
    } catch (IOException e) {
      // See above.
    }
  }

  /** The next message; null if there is none for so long. */
  @Nullable Message next(Duration atMost) throws InterruptedException {
    return messages.poll(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Kills it, without a word. What it has said before can still be read. */
  void kill() {
    // Through the handle: destroying the process itself closes its streams, with what is in them.
    process.toHandle().destroyForcibly();
  }

  /** How a process ended that nobody has killed. */
  String end() throws IOException, InterruptedException {
    int exit = process.waitFor();
    List<String> lines = Files.readAllLines(errors, ISO_8859_1);
    return "the process ended by itself with exit code "
        + exit
        + (lines.isEmpty() ? "" : ":\n")
        + String.join("\n", lines.subList(0, Math.min(KEPT_LINES, lines.size())));
  }

  @Override
  public void close() {
    process.destroyForcibly();
    // Its files may be removed next.
    process.onExit().join();
  }
}
