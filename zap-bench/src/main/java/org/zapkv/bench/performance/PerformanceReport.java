// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.zapkv.bench.peer.PeerKind;
import org.zapkv.bench.report.Formats;
import org.zapkv.bench.report.Machine;
import org.zapkv.bench.report.Report;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures what operations cost, beside other stores, and writes a report. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description =
        "Measures what operations cost, beside other stores, and writes a report: report.md, report.json,"
            + " and charts.")
public final class PerformanceReport extends Report {
  private static final double MILLIS_PER_MINUTE = 60_000;

  @ArgGroup private @Nullable Preset preset;

  @Option(
      names = "--only",
      split = ",",
      description = "Some of points,durable,micro,memory,chase,lengths,beyond,files,growth.")
  private @Nullable List<Section> only;

  @Option(
      names = "--peers",
      split = ",",
      description = "Some of zap,hashmap,chronicle,mapdb,rocksdb,lmdb,mvstore,xodus.")
  private @Nullable List<PeerKind> peers;

  @Option(
      names = "--minutes",
      description = "After how long no measurement is begun any more; 19 with --quick.")
  private @Nullable Double minutes;

  @Option(names = "--entries", description = "Entries of all stores, but for those of growth.")
  private @Nullable Long entries;

  @Option(names = "--seconds", description = "How long an iteration takes.")
  private @Nullable Double seconds;

  @Option(names = "--growth", split = ",", description = "Numbers of entries of growth.")
  private @Nullable List<Long> growth;

  @Parameters(paramLabel = "OUT", description = "A folder for the report.")
  private Path output;

  PerformanceReport(PrintStream out, PrintStream progress) {
    super("zap-report", out, progress);
  }

  /** How large everything is, if nothing else is said. */
  static final class Preset {
    @Option(names = "--quick", description = "Twenty minutes; the default.")
    private boolean quick;

    @Option(names = "--full", description = "Some hours.")
    private boolean full;

    /** At most one of them is given. */
    Scale scale() {
      return full && !quick ? Scale.FULL : Scale.QUICK;
    }
  }

  /**
   * Measures and writes the report.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    System.exit(run(System.out, System.err, args));
  }

  /** As {@link #main}; returns 1 if a measurement failed, 2 if the arguments are wrong. */
  static int run(PrintStream out, PrintStream progress, String... args) {
    return run(new PerformanceReport(out, progress), args);
  }

  @Override
  protected int measure(Path stores) throws IOException, InterruptedException {
    Run run = new Run(scale(), peers(), stores, progress());
    rounds(run, Map.of());
    run.endRehearsal();
    Files.createDirectories(output);
    Map<String, String> head = head(run);
    try {
      rounds(run, head);
    } catch (InterruptedException e) {
      run.interrupted();
      write(run, head);
      throw e;
    }
    out().println(output.resolve("report.md"));
    out().flush();
    return run.failures().isEmpty() ? 0 : 1;
  }

  /** Writes what there is after each section, but in a rehearsal, which has no head. */
  private void rounds(Run run, Map<String, String> head) throws IOException, InterruptedException {
    for (int round = 0; round < run.scale().rounds(); round++) {
      for (Section section : sections()) {
        section.measure(run);
        if (!head.isEmpty()) {
          write(run, head);
        }
      }
    }
  }

  private void write(Run run, Map<String, String> fixed) throws IOException {
    Map<String, String> head = new LinkedHashMap<>(fixed);
    if (!run.missing().isEmpty()) {
      head.put("not whole", run.missing());
    }
    for (Map.Entry<String, String> chart : Charts.of(run, sections()).entrySet()) {
      Path file = output.resolve(chart.getKey() + ".svg");
      Files.writeString(file, chart.getValue(), StandardCharsets.UTF_8);
    }
    List<Targets.Target> targets = Targets.of(run);
    Files.writeString(
        output.resolve("report.json"), Results.json(head, run, targets), StandardCharsets.UTF_8);
    Files.writeString(
        output.resolve("report.md"), text(head, run, targets), StandardCharsets.UTF_8);
  }

  private Map<String, String> head(Run run) throws IOException {
    Map<String, String> head = new LinkedHashMap<>();
    head.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    head.put("machine", Machine.describe(output));
    head.put("command", "report " + arguments());
    head.put("rounds", Integer.toString(run.scale().rounds()));
    return head;
  }

  private String text(Map<String, String> head, Run run, List<Targets.Target> targets) {
    StringBuilder text = new StringBuilder("# What operations cost\n\n");
    head.forEach(
        (name, value) -> text.append("* ").append(name).append(": ").append(value).append('\n'));
    text.append("\nA figure is the median of the rounds, with the least and the greatest. ");
    text.append(
        "Keys have 16 bytes. The choice of a key is in every operation; its time is in the");
    text.append(" table. Nothing is durable one by one, unless it is said; the caches have ");
    text.append(Formats.megabytes((double) Scale.CACHE_BYTES)).append(", unless it is said. ");
    text.append(Texts.KILLED).append("\n\n");
    for (PeerKind kind : run.peers()) {
      text.append(describe(kind));
      if (!kind.jvmFlags().isEmpty()) {
        text.append(" JVM flags: `").append(String.join(" ", kind.jvmFlags())).append("`.");
      }
      text.append('\n');
    }
    Texts texts = new Texts(run);
    sections().forEach(section -> text.append('\n').append(texts.of(section)));
    text.append("\n## Targets\n\n").append(Targets.table(targets));
    if (!run.failures().isEmpty()) {
      text.append('\n').append(failed(run.failures()));
    }
    return text.toString();
  }

  private Set<Section> sections() {
    return only == null ? EnumSet.allOf(Section.class) : EnumSet.copyOf(only);
  }

  private List<PeerKind> peers() {
    return peers == null
        ? Arrays.asList(PeerKind.values())
        : List.copyOf(new LinkedHashSet<>(peers));
  }

  private Scale scale() {
    Scale base = preset == null ? Scale.QUICK : preset.scale();
    return new Scale(
        or(entries, base.entries()),
        or(entries, base.sideEntries()),
        rounds(base.rounds()),
        minutes == null ? base.limit() : Duration.ofMillis((long) (minutes * MILLIS_PER_MINUTE)),
        base.taskLimit(),
        base.mainPace().withSeconds(seconds),
        base.pace().withSeconds(seconds),
        base.apart(),
        or(seconds, base.durableSeconds()),
        or(growth, base.growth()),
        or(growth, base.ownGrowth()));
  }
}
