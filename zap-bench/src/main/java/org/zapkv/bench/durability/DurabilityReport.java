// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.zapkv.bench.peer.PeerKind;
import org.zapkv.bench.report.Entries;
import org.zapkv.bench.report.Formats;
import org.zapkv.bench.report.Machine;
import org.zapkv.bench.report.Report;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures what durability costs, beside other stores, and writes a report. */
@Command(
    name = "DurabilityReport",
    mixinStandardHelpOptions = true,
    description = "Measures what durability costs, beside other stores, and writes a report.")
public final class DurabilityReport extends Report {
  private static final int IDLE_SECONDS = 1;
  private static final int LEAST_VALUE_BYTES = 16;

  @ArgGroup private @Nullable Preset preset;

  @Option(names = "--only", split = ",", description = "Some of the sections a,b,c,d,e.")
  private @Nullable List<Section> only;

  @Option(
      names = "--peers",
      split = ",",
      description = "Of zap,rocksdb,lmdb,mvstore,mapdb,xodus; the first four without.")
  private @Nullable List<PeerKind> peers;

  @Option(names = "--seconds", description = "How long puts and pauses are measured.")
  private @Nullable Double seconds;

  @Option(names = "--rate", description = "Updates per second of the writer that is held back.")
  private @Nullable Long rate;

  @Option(names = "--entries", description = "Entries of a store, but for those of section e.")
  private @Nullable Long entries;

  @Option(names = "--cache-mib", description = "The cache of a store.")
  private @Nullable Long cacheMib;

  @Option(names = "--overwrites", description = "Rounds after which section d looks: 1,10,100")
  private @Nullable String overwrites;

  @Option(names = "--open", split = ",", description = "Entries of the stores of section e.")
  private @Nullable List<Long> open;

  @Option(names = "--open-updates", description = "Updates before a kill.")
  private @Nullable Long openUpdates;

  @Option(
      names = "--load-batch",
      description = "The batch with which stores are loaded for section e.")
  private @Nullable Integer loadBatch;

  @Option(names = "--load-cache-mib", description = "The cache with which they are.")
  private @Nullable Long loadCacheMib;

  @Option(
      names = "--value-bytes",
      description = "How long the values of sections d and e are: 16 at least, 100 without.")
  private @Nullable Integer valueBytes;

  @Option(names = "--warm", description = "Keep the page cache when a store is opened.")
  private boolean warm;

  @Parameters(arity = "0..1", paramLabel = "OUT.md", description = "A file for the report.")
  private @Nullable Path output;

  DurabilityReport(PrintStream out, PrintStream progress) {
    super("zap-durability", out, progress);
  }

  /** How large everything is, if nothing else is said. */
  static final class Preset {
    @Option(names = "--quick", description = "A quarter of an hour; the default.")
    private boolean quick;

    @Option(names = "--full", description = "Some hours, and 30 GB of disk.")
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
    return run(new DurabilityReport(out, progress), args);
  }

  @Override
  protected int measure(Path stores) throws IOException, InterruptedException {
    Study study = new Study(scale(), peers(), stores, progress());
    StringBuilder report = new StringBuilder(head(study, stores));
    write(report);
    for (Section section : sections()) {
      report.append(section.run(study)).append('\n');
      // What there is stays, whatever happens to the sections to come.
      write(report);
    }
    if (!study.failures().isEmpty()) {
      report.append(failed(study.failures()));
      write(report);
    }
    out().print(report);
    out().flush();
    return study.failures().isEmpty() ? 0 : 1;
  }

  private void write(CharSequence report) throws IOException {
    if (output != null) {
      Files.writeString(output, report, StandardCharsets.UTF_8);
    }
  }

  /** How much of what is measured is not ours. */
  private static String idleDisks() throws IOException, InterruptedException {
    DiskCounters before = DiskCounters.afterSync();
    TimeUnit.SECONDS.sleep(IDLE_SECONDS);
    DiskCounters idle = DiskCounters.now().since(before);
    return "Before the first measurement others wrote "
        + Formats.megabytes((double) idle.writtenBytes() / IDLE_SECONDS)
        + " and flushed "
        + Formats.count(idle.flushes() / IDLE_SECONDS)
        + " times per second.";
  }

  private String head(Study study, Path stores) throws IOException, InterruptedException {
    StringBuilder head = new StringBuilder("# What durability costs\n\n");
    head.append(Instant.now().truncatedTo(ChronoUnit.SECONDS)).append("; ");
    head.append(Machine.describe(stores)).append(".\n");
    head.append("Arguments: `").append(arguments()).append("`.\n");
    head.append(
            "Keys of 16 bytes, values of 100 random ones, if nothing else is said. Each measurement in a JVM of its own with")
        .append(" a heap of 1 GiB; median of ")
        .append(study.scale().rounds())
        .append(" rounds (least to greatest). A cache of ")
        .append(study.scale().cacheBytes() >> 20)
        .append(" MiB where a store has one.\n\n");
    if (sections().contains(Section.A) || sections().contains(Section.C)) {
      head.append(idleDisks()).append("\n\n");
    }
    for (PeerKind kind : study.peers()) {
      head.append(describe(kind)).append('\n');
    }
    return head.append('\n').toString();
  }

  private Set<Section> sections() {
    return only == null ? EnumSet.allOf(Section.class) : EnumSet.copyOf(only);
  }

  private List<PeerKind> peers() {
    if (peers == null) {
      return List.of(PeerKind.ZAP, PeerKind.ROCKSDB, PeerKind.LMDB, PeerKind.MVSTORE);
    }
    for (PeerKind kind : peers) {
      if (!kind.canBeDurable()) {
        throw refusal(kind.title() + " cannot make a put durable");
      }
    }
    return peers;
  }

  private Scale scale() {
    Scale base = preset == null ? Scale.QUICK : preset.scale();
    return new Scale(
        or(entries, base.entries()),
        rounds(base.rounds()),
        or(seconds, base.putSeconds()),
        or(seconds, base.pauseSeconds()),
        or(rate, base.rate()),
        cacheMib == null ? base.cacheBytes() : cacheMib << 20,
        or(overwrites, base.overwriteRounds()),
        or(open, base.openEntries()),
        or(openUpdates, base.openUpdates()),
        or(loadBatch, base.loadBatch()),
        loadCacheMib == null ? base.loadCacheBytes() : loadCacheMib << 20,
        base.dropPageCache() && !warm,
        valueBytes());
  }

  /** Shorter ones could not tell versions apart. */
  private int valueBytes() {
    int bytes = or(valueBytes, Entries.VALUE_BYTES);
    if (bytes < LEAST_VALUE_BYTES) {
      throw refusal("--value-bytes=" + bytes + ": at least " + LEAST_VALUE_BYTES);
    }
    return bytes;
  }
}
