// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.report.Summary;
import org.zapkv.harness.subject.StoreKind;
import org.zapkv.harness.subject.StoreKinds;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Tests a store for some time. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = "Tests a store for some time, until it does something wrong.")
final class RunCommand implements Callable<Integer> {
  private static final String ALL = "all";
  private static final String NONE = "none";
  private static final double NANOS_PER_SECOND = 1e9;

  private final Screen screen;

  @Spec private CommandSpec spec;

  @Option(names = "--seconds", description = "For how long; 60 without.", defaultValue = "60")
  private double seconds;

  @Option(names = "--seed", description = "What everything follows from; a fresh one without.")
  private @Nullable Long seed;

  @Option(
      names = "--threads",
      description = "How many use the store at once; 2 without. With 1 a run does the same again.",
      defaultValue = "2")
  private int threads;

  @Option(
      names = "--faults",
      split = ",",
      description = "Some of power,eio,full,flip,slow,interrupt,clock; or all, or none.")
  private @Nullable List<String> faults;

  @Option(names = "--kill", description = "Kill children, too: for a quarter of the time.")
  private boolean kill;

  @Option(names = "--store", description = "Where stores are made; a temporary one without.")
  private @Nullable Path directory;

  @Option(
      names = "--kind",
      description =
          "zap, rocksdb, lmdb, mvstore, mapdb, xodus, chroniclemap, or the name of a class on the"
              + " class path; zap without.",
      defaultValue = "zap")
  private String kind;

  @Option(
      names = "--out",
      description = "Where page, JSON and text go; the folder zap-harness-out without.",
      defaultValue = "zap-harness-out")
  private Path out;

  RunCommand(Screen screen) {
    this.screen = screen;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Harness harness = harness();
    Settings settings = usable(harness::settings);
    screen
        .err()
        .println(
            String.format(
                Locale.ROOT,
                "%s, seed %d, %d threads",
                settings.store().title(),
                settings.seed(),
                settings.threads()));
    try (Watch watch = new Watch(screen, settings.duration())) {
      return run(harness.listener(watch), settings.seed(), watch);
    }
  }

  private int run(Harness harness, long seed, Watch watch) throws IOException {
    FinishedRun run;
    try {
      run = harness.finish();
    } catch (InterruptedException e) {
      // Ctrl-C while a child was at work: there is no outcome.
      watch.clear();
      screen.err().println("ended early, without a violation until then; seed " + seed);
      Thread.currentThread().interrupt();
      return HarnessMain.FAILED;
    }
    watch.clear();
    screen.out().print(Summary.of(run.result()));
    screen.out().println("See " + run.page());
    return run.outcome().violation() == null ? HarnessMain.FINE : HarnessMain.VIOLATION;
  }

  private Harness harness() {
    StoreKind store = usable(() -> StoreKinds.of(kind));
    return usable(
        () -> {
          Harness harness =
              Harness.of(store)
                  .duration(Duration.ofNanos((long) (seconds * NANOS_PER_SECOND)))
                  .threads(threads)
                  .faults(faults(store))
                  .reports(out);
          if (seed != null) {
            harness.seed(seed);
          }
          return directory == null ? harness : harness.directory(directory);
        });
  }

  private Set<FaultKind> faults(StoreKind store) {
    Set<FaultKind> chosen =
        faults == null || faults.equals(List.of(ALL))
            ? Engines.usualFaults(store.capabilities())
            : EnumSet.noneOf(FaultKind.class);
    if (chosen.isEmpty() && faults != null && !faults.equals(List.of(NONE))) {
      faults.forEach(name -> chosen.add(fault(name)));
    }
    if (kill) {
      chosen.add(FaultKind.KILL);
    }
    return chosen;
  }

  private static FaultKind fault(String name) {
    for (FaultKind fault : FaultKind.values()) {
      if (FinishedRun.name(fault).equals(name)) {
        return fault;
      }
    }
    throw new IllegalArgumentException(
        "--faults: " + name + " is no fault; see --help. all and none go alone.");
  }

  /** What is not usable was wrong on the command line. */
  private <T> T usable(Supplier<T> supplier) {
    try {
      return supplier.get();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }
}
