// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.zapkv.bench.peer.PeerKind;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * A command that measures stores in JVMs of their own and writes about it. The stores are removed
 * at its end, with Ctrl-C too. Used by one thread.
 */
public abstract class Report implements Callable<Integer> {
  private static final long POLL_MILLIS = 50;

  @Spec private CommandSpec spec;

  @Option(names = "--rounds", description = "How often each measurement is done.")
  private @Nullable Integer rounds;

  @Option(
      names = "--dir",
      description = "Where the stores are made; by default a new folder for temporary files.")
  private @Nullable Path directory;

  private final String folder;
  private final PrintStream out;
  private final PrintStream progress;

  /**
   * A report.
   *
   * @param folder what the names of folders for temporary files begin with
   * @param out for what came out
   * @param progress told what is being done
   */
  protected Report(String folder, PrintStream out, PrintStream progress) {
    this.folder = folder;
    this.out = out;
    this.progress = progress;
  }

  /**
   * Measures and writes.
   *
   * @param report what is measured
   * @param args its arguments
   * @return 1 if a measurement failed, 2 if the arguments are wrong, else 0
   */
  protected static int run(Report report, String... args) {
    return new CommandLine(report).setCaseInsensitiveEnumValuesAllowed(true).execute(args);
  }

  /**
   * Measures and writes.
   *
   * @param stores where stores are made
   * @return 1 if a measurement failed, else 0
   * @throws IOException if something else fails
   * @throws InterruptedException if it is to end, and no process is left
   */
  protected abstract int measure(Path stores) throws IOException, InterruptedException;

  @Override
  public final Integer call() throws IOException {
    Path base =
        directory == null ? Files.createTempDirectory(folder) : Files.createDirectories(directory);
    Path stores = Files.createTempDirectory(base, "stores");
    Path removed = directory == null ? base : stores;
    CountDownLatch ended = new CountDownLatch(1);
    Thread measuring = Thread.currentThread();
    Thread cleaner = new Thread(() -> endEarly(measuring, ended), "cleaner");
    Runtime.getRuntime().addShutdownHook(cleaner);
    try {
      return measure(stores);
    } catch (InterruptedException e) {
      progress.println("interrupted");
      return 1;
    } finally {
      // Not to be kept from that by the interrupt that has brought us here.
      boolean interrupted = Thread.interrupted();
      Directories.remove(removed);
      ended.countDown();
      if (!interrupted) {
        removeHook(cleaner);
      }
    }
  }

  /**
   * Ctrl-C: ends the measurement of the moment, and lets the thread that waits for it remove what
   * there is. That thread is not waited for: it may call {@link System#exit}, which never returns
   * by now.
   */
  private static void endEarly(Thread measuring, CountDownLatch ended) {
    measuring.interrupt();
    try {
      do {
        ProcessHandle.current().children().forEach(ProcessHandle::destroyForcibly);
      } while (!ended.await(POLL_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void removeHook(Thread cleaner) {
    try {
      Runtime.getRuntime().removeShutdownHook(cleaner);
    } catch (IllegalStateException e) {
      // The shutdown has begun meanwhile; the cleaner will find nothing to do.
    }
  }

  /**
   * Where the report goes, if not to a file.
   *
   * @return a stream
   */
  protected final PrintStream out() {
    return out;
  }

  /**
   * Told what is being done.
   *
   * @return a stream
   */
  protected final PrintStream progress() {
    return progress;
  }

  /**
   * How often each measurement is done.
   *
   * @param otherwise how often if nothing is said
   * @return a number
   */
  protected final int rounds(int otherwise) {
    return or(rounds, otherwise);
  }

  /**
   * What this was called with.
   *
   * @return the arguments, with spaces between them
   */
  protected final String arguments() {
    return String.join(" ", spec.commandLine().getParseResult().originalArgs());
  }

  /**
   * Refuses the arguments.
   *
   * @param message says why
   * @return to be thrown
   */
  protected final ParameterException refusal(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /**
   * The value of an option.
   *
   * @param given what was given, if anything
   * @param otherwise what it is if nothing was
   * @param <T> its type
   * @return one of them
   */
  protected static <T> T or(@Nullable T given, T otherwise) {
    return Objects.requireNonNullElse(given, otherwise);
  }

  /**
   * What was measured, in Markdown.
   *
   * @param kind a store
   * @return a point of a list, without the end of its line
   */
  protected static String describe(PeerKind kind) {
    return "* " + kind.title() + ' ' + kind.version() + ": " + kind.settings();
  }

  /**
   * What failed, in Markdown.
   *
   * @param messages at least one
   * @return a section
   */
  protected static String failed(List<String> messages) {
    StringBuilder text = new StringBuilder("## Failed\n\n```\n");
    messages.forEach(message -> text.append(message).append("\n\n"));
    return text.append("```\n").toString();
  }
}
