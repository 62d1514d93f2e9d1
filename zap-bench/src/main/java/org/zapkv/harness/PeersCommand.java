// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.run.PeersReport;
import org.zapkv.harness.run.RunListener;
import org.zapkv.harness.subject.StoreKind;
import org.zapkv.harness.subject.StoreKinds;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Kills processes of several stores, and tells what each one lost. */
@Command(
    name = "peers",
    mixinStandardHelpOptions = true,
    description = "Kills processes of several stores, and tells what each one lost.")
final class PeersCommand implements Callable<Integer> {
  private final Screen screen;

  @Spec private CommandSpec spec;

  @Option(
      names = "--kills",
      description = "How often each store's process is killed; 100 without.",
      defaultValue = "100")
  private int kills;

  @Option(
      names = "--seconds",
      description = "For how long at most, for each store; 600 without.",
      defaultValue = "600")
  private int seconds;

  @Option(names = "--seed", description = "What everything follows from; a fresh one without.")
  private @Nullable Long seed;

  @Option(
      names = "--threads",
      description = "How many use a store at once; 2 without.",
      defaultValue = "2")
  private int threads;

  @Option(names = "--store", description = "Where stores are made; a temporary one without.")
  private @Nullable Path directory;

  @Option(names = "--kinds", split = ",", description = "See run --kind; all of them without.")
  private @Nullable List<String> kinds;

  @Option(
      names = "--out",
      description = "Where the report goes; the folder zap-harness-out without.",
      defaultValue = "zap-harness-out")
  private Path out;

  PeersCommand(Screen screen) {
    this.screen = screen;
  }

  @Override
  public Integer call() throws IOException {
    HarnessMain.checkLeast(spec, "--kills", kills, 1);
    HarnessMain.checkLeast(spec, "--seconds", seconds, 1);
    HarnessMain.checkLeast(spec, "--threads", threads, 1);
    List<StoreKind> stores = stores();
    PeersReport report;
    try (Shown shown = new Shown()) {
      report =
          PeersReport.of(
              new PeersReport.Peers(
                  stores,
                  kills,
                  Duration.ofSeconds(seconds),
                  seed == null ? Harness.freshSeed() : seed,
                  threads,
                  directory),
              shown);
    }
    screen.out().println(report.table());
    screen.out().println("See " + report.write(out));
    boolean isFine = stores.stream().allMatch(store -> report.violations(store) == 0);
    return isFine ? HarnessMain.FINE : HarnessMain.VIOLATION;
  }

  private List<StoreKind> stores() {
    try {
      return kinds == null ? StoreKinds.all() : kinds.stream().map(StoreKinds::of).toList();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  /** Shows how far the present store is. */
  private final class Shown implements PeersReport.PeersListener, AutoCloseable {
    private @Nullable Watch watch;

    @Override
    public RunListener next(StoreKind kind) {
      close();
      screen.err().println(kind.title());
      Watch next = new Watch(screen, Duration.ofSeconds(seconds));
      watch = next;
      return next;
    }

    @Override
    public void close() {
      if (watch != null) {
        watch.close();
        watch = null;
      }
    }
  }
}
