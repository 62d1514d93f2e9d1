// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.report.RecoveryTimes;
import org.zapkv.harness.report.ReportFiles;
import org.zapkv.harness.report.Result;
import org.zapkv.harness.report.Timeline;
import org.zapkv.harness.run.Outcome;
import org.zapkv.harness.run.RunListener;
import org.zapkv.harness.subject.StoreKind;
import org.zapkv.harness.subject.StoreKinds;

/**
 * A run that is over.
 *
 * @param outcome what came out
 * @param result what is told of it
 * @param page where it is told; null: it was not to be written
 */
record FinishedRun(Outcome outcome, Result result, @Nullable Path page) {
  /** How much of a log is in reports. */
  private static final int LOG_LINES = 400;

  private static final double NANOS_PER_SECOND = 1e9;
  private static final String JAR = "java -jar zap-harness.jar ";

  /** Runs, and tells of it. A run that was interrupted is told of, too, if it came to an end. */
  static FinishedRun of(
      Engine engine, Settings settings, RunListener listener, @Nullable Path reports)
      throws IOException, InterruptedException {
    Timeline timeline = new Timeline(System::nanoTime);
    Outcome outcome =
        engine.run(
            settings,
            (operations, openings, faults, coverage) -> {
              timeline.add(operations, openings, faults);
              listener.progress(operations, openings, faults, coverage);
            });
    // Whoever ends a run early does it so; files cannot be written meanwhile.
    boolean interrupted = Thread.interrupted();
    try {
      return told(settings, outcome, timeline, reports);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static FinishedRun told(
      Settings settings, Outcome outcome, Timeline timeline, @Nullable Path reports)
      throws IOException {
    List<Timeline.Sample> samples =
        timeline.end(outcome.operations(), outcome.openings(), outcome.faults());
    String name = name(settings);
    Path log = outcome.log();
    if (reports != null && log != null) {
      Files.createDirectories(reports);
      log = Files.copy(log, reports.resolve(name + ".log"), StandardCopyOption.REPLACE_EXISTING);
    }
    Result result = result(settings, outcome, samples, log);
    Path page = reports == null ? null : ReportFiles.write(reports, name, result);
    return new FinishedRun(outcome, result, page);
  }

  private static String name(Settings settings) {
    String title = settings.store().title().toLowerCase(Locale.ROOT);
    return title.replaceAll("[^a-z0-9]+", "-") + '-' + settings.seed();
  }

  private static Result result(
      Settings settings, Outcome outcome, List<Timeline.Sample> samples, @Nullable Path log)
      throws IOException {
    StoreKind store = settings.store();
    return new Result(
        new Result.Store(store.title(), store.settings(), store.promise()),
        told(settings),
        Gaps.of(settings, outcome.coverage()),
        outcome.operations(),
        outcome.lives(),
        outcome.openings(),
        outcome.faults(),
        outcome.elapsed(),
        outcome.coverage(),
        new RecoveryTimes(outcome.recoveryMillis()),
        samples,
        problem(settings, outcome.violation(), log));
  }

  private static Map<String, String> told(Settings settings) {
    Map<String, String> told = new LinkedHashMap<>();
    told.put("seed", Long.toString(settings.seed()));
    told.put("threads", Integer.toString(settings.threads()));
    told.put("seconds", seconds(settings));
    told.put("faults", settings.faults().isEmpty() ? "none" : faults(settings.faults().stream()));
    told.put(
        "machine",
        String.format(
            Locale.ROOT,
            "%s %s, %s, %d processors, JDK %s",
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("os.arch"),
            Runtime.getRuntime().availableProcessors(),
            Runtime.version()));
    return told;
  }

  private static Result.@Nullable Problem problem(
      Settings settings, Outcome.@Nullable Failure failure, @Nullable Path log) throws IOException {
    if (failure == null) {
      return null;
    }
    List<String> again = new ArrayList<>();
    if (log != null) {
      again.add(JAR + "replay " + log);
    }
    again.add(JAR + arguments(settings));
    return new Result.Problem(
        failure.message(),
        failure.life(),
        failure.segment(),
        failure.step(),
        failure.operation(),
        log == null ? null : log.toString(),
        log == null ? List.of() : beginning(log),
        again);
  }

  private static List<String> beginning(Path log) throws IOException {
    try (Stream<String> lines = Files.lines(log)) {
      return lines.limit(LOG_LINES).toList();
    }
  }

  private static String arguments(Settings settings) {
    Stream<FaultKind> others = settings.faults().stream().filter(fault -> fault != FaultKind.KILL);
    String faults = faults(others);
    return "run --kind "
        + kind(settings.store())
        + " --seconds "
        + seconds(settings)
        + " --seed "
        + settings.seed()
        + " --threads "
        + settings.threads()
        + " --faults "
        + (faults.isEmpty() ? "none" : faults)
        + (settings.faults().contains(FaultKind.KILL) ? " --kill" : "");
  }

  /** The name by which the command line finds a kind of store. */
  private static String kind(StoreKind store) {
    Class<?> type = store.getClass();
    return StoreKinds.all().stream()
        .filter(kind -> kind.getClass() == type)
        .map(kind -> kind.title().replace(" ", "").toLowerCase(Locale.ROOT))
        .findAny()
        .orElse(type.getName());
  }

  private static String seconds(Settings settings) {
    double seconds = settings.duration().toNanos() / NANOS_PER_SECOND;
    return seconds == Math.rint(seconds) ? Long.toString((long) seconds) : Double.toString(seconds);
  }

  private static String faults(Stream<FaultKind> faults) {
    return faults.map(FinishedRun::name).collect(Collectors.joining(","));
  }

  /** A fault as the command line has it. */
  static String name(FaultKind fault) {
    return fault.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
