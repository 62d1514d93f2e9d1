// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.zapkv.bench.peer.PeerKind;
import org.zapkv.bench.report.ChildJvm;
import org.zapkv.bench.report.Directories;
import org.zapkv.bench.report.Measurement;
import org.zapkv.bench.report.Parameters;
import org.zapkv.bench.report.Samples;

/**
 * One run of the report: what it measures, where, what came out, and what went wrong. First it is
 * rehearsed, to know how much there is to do. Used by one thread.
 */
final class Run {
  private static final long HEAP_BYTES = 1L << 30;

  /** What an entry takes on the heap beside its value, for the map that is there: generously. */
  private static final long HEAP_ENTRY_BYTES = 300;

  private static final long SECONDS_PER_MINUTE = 60;

  private final Scale scale;
  private final List<PeerKind> peers;
  private final Path directory;
  private final PrintStream progress;
  private final Samples samples = new Samples();
  private final List<String> failures = new ArrayList<>();
  private boolean rehearsal = true;
  private int total;
  private int done;
  private long beginNanos;
  private @Nullable String end;

  /**
   * A run.
   *
   * @param directory where stores are made and removed; nothing else may be in it
   * @param progress told what is being done
   */
  Run(Scale scale, List<PeerKind> peers, Path directory, PrintStream progress) {
    this.scale = scale;
    this.peers = peers;
    this.directory = directory;
    this.progress = progress;
  }

  Scale scale() {
    return scale;
  }

  /** What comes from now on is measured. */
  void endRehearsal() {
    rehearsal = false;
    beginNanos = System.nanoTime();
  }

  List<PeerKind> peers() {
    return peers;
  }

  Samples samples() {
    return samples;
  }

  /** The messages of measurements that failed. */
  List<String> failures() {
    return Collections.unmodifiableList(failures);
  }

  /** Parameters of a measurement on the store of the moment. */
  Parameters parameters(PeerKind kind, long entries, int valueBytes) {
    Parameters parameters =
        Parameters.of(kind, directory.resolve("store"))
            .with("entries", entries)
            .with("valueBytes", valueBytes)
            .with("cache", Scale.CACHE_BYTES)
            .with("first", 0)
            .with("load", 0);
    return scale.pace().of(parameters);
  }

  /** Measures with a heap that has its size from the beginning. */
  boolean measure(String subject, Measurement measurement, Parameters parameters)
      throws IOException, InterruptedException {
    return measure(subject, measurement, parameters, ChildJvm.fixedHeap(heapBytes(parameters)));
  }

  /**
   * Measures, and keeps what came out as figures of a subject. One that fails has none; when the
   * time is over there are no more.
   *
   * @return whether it was measured, so that what builds on it can be
   */
  boolean measure(
      String subject, Measurement measurement, Parameters parameters, List<String> heapFlags)
      throws IOException, InterruptedException {
    if (rehearsal) {
      total++;
      return true;
    }
    if (System.nanoTime() - beginNanos >= scale.limit().toNanos()) {
      end = "the time was over after " + minutes(scale.limit().toSeconds());
      return false;
    }
    say(subject, measurement);
    done++;
    try {
      samples.add(subject, ChildJvm.run(measurement, parameters, heapFlags, scale.taskLimit()));
      return true;
    } catch (IOException e) {
      progress.println(e.getMessage());
      failures.add(e.getMessage());
      return false;
    }
  }

  /** Nothing more is measured, since somebody wants it so. */
  void interrupted() {
    end = "it was interrupted";
  }

  /** What of it was not measured, and why; empty if there is nothing. */
  String missing() {
    if (done == total) {
      return "";
    }
    return (total - done)
        + " of "
        + total
        + " measurements were not made"
        + ": "
        + (end == null ? "not yet, or since others failed" : end)
        + ". Their figures have fewer rounds, or a dash";
  }

  /** The heap is the same for all, but for those that have their cache or all entries in it. */
  private static long heapBytes(Parameters parameters) {
    return switch (parameters.peer()) {
      case HASHMAP ->
          HEAP_BYTES + parameters.number("entries") * (parameters.valueBytes() + HEAP_ENTRY_BYTES);
      case MVSTORE, XODUS -> HEAP_BYTES + parameters.number("cache");
      default -> HEAP_BYTES;
    };
  }

  private void say(String subject, Measurement measurement) {
    long elapsed = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - beginNanos);
    String left = done == 0 ? "" : ", about " + minutes(elapsed * (total - done) / done) + " left";
    progress.println(
        (done + 1)
            + "/"
            + total
            + " after "
            + minutes(elapsed)
            + left
            + ": "
            + measurement.name().toLowerCase(Locale.ROOT)
            + " "
            + subject);
  }

  private static String minutes(long seconds) {
    Duration duration = Duration.ofSeconds(seconds);
    return String.format(
        Locale.ROOT, "%d:%02d min", duration.toMinutes(), seconds % SECONDS_PER_MINUTE);
  }

  void removeStore() throws IOException {
    Directories.remove(directory.resolve("store"));
  }

  OptionalDouble median(String subject, String figure) {
    return samples.median(subject, figure);
  }
}
