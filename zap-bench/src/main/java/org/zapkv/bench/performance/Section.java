// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.zapkv.bench.durability.Task;
import org.zapkv.bench.peer.PeerKind;
import org.zapkv.bench.report.Entries;
import org.zapkv.bench.report.Parameters;

/**
 * What is measured: first what the targets are about, in case the time is over. The stores take
 * turns in every round, so that all meet the same machine.
 */
enum Section {
  /** Operations with all entries in the cache, and loading. */
  POINTS,

  /** Puts that are durable one by one. */
  DURABLE,

  /** Small maps. */
  MICRO,

  /** What a get allocates, and the memory of the process. */
  MEMORY,

  /** The limit. */
  CHASE,

  /** As {@link #POINTS}, with shorter and longer values. */
  LENGTHS,

  /** Operations with a cache that has room for an eighth of the entries. */
  BEYOND,

  /** The files: loaded, emptied, compacted. */
  FILES,

  /** The same with more and more entries. */
  GROWTH;

  /** The lengths of values beside the main one. */
  static final List<Integer> OTHER_BYTES = List.of(8, 1000);

  /** The operations of the main measurements. */
  static final List<Point> MAIN =
      List.of(
          new Point(Operation.CHOICE),
          new Point(Operation.GET_HIT),
          new Point(Operation.GET_HIT, Distribution.UNIFORM, 2),
          new Point(Operation.GET_INTO),
          new Point(Operation.GET_HIT, Distribution.ZIPF, 1),
          new Point(Operation.GET_HIT, Distribution.ZIPF, 2),
          new Point(Operation.GET_MISS),
          new Point(Operation.UPDATE),
          new Point(Operation.UPDATE, Distribution.UNIFORM, 2),
          new Point(Operation.UPDATE, Distribution.ZIPF, 1),
          new Point(Operation.INSERT),
          new Point(Operation.SCAN));

  /** Those of other lengths of values. */
  static final List<Point> SIDE =
      List.of(
          new Point(Operation.GET_HIT),
          new Point(Operation.GET_MISS),
          new Point(Operation.UPDATE),
          new Point(Operation.SCAN));

  /** Those beyond the cache. */
  static final List<Point> BEYOND_POINTS =
      List.of(
          new Point(Operation.GET_HIT),
          new Point(Operation.GET_HIT, Distribution.UNIFORM, 2),
          new Point(Operation.GET_HIT, Distribution.ZIPF, 1),
          new Point(Operation.GET_MISS),
          new Point(Operation.UPDATE),
          new Point(Operation.SCAN));

  /** Those of small maps and of growth. */
  static final List<Point> FEW = List.of(new Point(Operation.GET_HIT), new Point(Operation.UPDATE));

  /** The threads of durable puts. */
  static final List<Integer> DURABLE_THREADS = List.of(1, 8);

  /** The cache of the measurement of memory. */
  static final long MEMORY_CACHE_BYTES = 64L << 20;

  /** How many entries a small map has. */
  static final int MICRO_ENTRIES = MicroTask.ENTRIES;

  /** How long values are where that does not matter. */
  static final int USUAL_BYTES = Entries.VALUE_BYTES;

  private static final int BEYOND_PART = 8;
  private static final long LEAST_CACHE_BYTES = 8L << 20;
  private static final int LONG_BYTES = Long.BYTES;

  /** What the memory of an entry is taken for, until a store was loaded. */
  private static final long ENTRY_BYTES = 256;

  /** Does one round. */
  void measure(Run run) throws IOException, InterruptedException {
    switch (this) {
      case POINTS -> points(run, run.scale().entries(), USUAL_BYTES, MAIN, run.scale().mainPace());
      case LENGTHS -> lengths(run);
      case BEYOND -> beyond(run);
      case FILES -> files(run);
      case DURABLE -> durable(run);
      case MICRO -> micro(run);
      case MEMORY -> memory(run);
      case CHASE -> chase(run);
      case GROWTH -> growth(run);
    }
  }

  /** The name of what a figure of a store is of. */
  static String subject(String what, PeerKind kind) {
    return what + "/" + kind.name();
  }

  private static void lengths(Run run) throws IOException, InterruptedException {
    for (int valueBytes : OTHER_BYTES) {
      points(run, run.scale().side(valueBytes), valueBytes, SIDE, run.scale().pace());
    }
  }

  private static void points(
      Run run, long entries, int valueBytes, List<Point> points, Scale.Pace pace)
      throws IOException, InterruptedException {
    for (PeerKind kind : run.peers()) {
      Parameters parameters = run.parameters(kind, entries, valueBytes);
      String subject = subject("points/" + valueBytes, kind);
      if (load(run, subject, parameters.with("first", Load.first(entries)))) {
        operations(run, subject, pace.of(parameters), points);
      }
      run.removeStore();
    }
  }

  private static boolean load(Run run, String subject, Parameters parameters)
      throws IOException, InterruptedException {
    run.removeStore();
    return run.measure(subject, Measure.LOAD, parameters);
  }

  private static void operations(Run run, String subject, Parameters parameters, List<Point> points)
      throws IOException, InterruptedException {
    if (!run.scale().apart()) {
      run.measure(subject, Measure.POINTS, parameters.with("points", Point.format(points)));
      return;
    }
    for (Point point : points) {
      String alone = Point.format(List.of(point));
      run.measure(subject, Measure.POINTS, parameters.with("points", alone));
    }
  }

  private static void beyond(Run run) throws IOException, InterruptedException {
    long entries = run.scale().side(USUAL_BYTES);
    for (PeerKind kind : run.peers()) {
      if (kind.hasFiles()) {
        Parameters parameters = run.parameters(kind, entries, USUAL_BYTES);
        String subject = subject("beyond", kind);
        if (load(run, subject, parameters)) {
          operations(
              run, subject, parameters.with("cache", beyondCacheBytes(entries)), BEYOND_POINTS);
        }
        run.removeStore();
      }
    }
  }

  /** A cache that has room for an eighth of keys and values, as far as a store can do with it. */
  static long beyondCacheBytes(long entries) {
    return Math.max(LEAST_CACHE_BYTES, entries * Entries.BYTES / BEYOND_PART);
  }

  private static void files(Run run) throws IOException, InterruptedException {
    long entries = run.scale().side(USUAL_BYTES);
    for (PeerKind kind : run.peers()) {
      if (kind.hasFiles()) {
        Parameters parameters = run.parameters(kind, entries, USUAL_BYTES);
        if (load(run, subject("files/loaded", kind), parameters)
            && run.measure(subject("files/removed", kind), Measure.REMOVE_ALL, parameters)
            && kind.canCompact()) {
          run.measure(subject("files/compacted", kind), Measure.COMPACT, parameters);
        }
        run.removeStore();
      }
    }
  }

  private static void durable(Run run) throws IOException, InterruptedException {
    long entries = Math.max(1, run.scale().side(USUAL_BYTES) / 2);
    for (int threads : DURABLE_THREADS) {
      Parameters raw = durableParameters(run, PeerKind.ZAP, entries, threads);
      run.removeStore();
      run.measure("durable/" + threads + "/raw", Task.RAW_APPEND, raw);
      for (PeerKind kind : run.peers()) {
        if (kind.canBeDurable()) {
          run.removeStore();
          run.measure(
              subject("durable/" + threads, kind),
              Task.PUTS,
              durableParameters(run, kind, entries, threads));
        }
      }
      run.removeStore();
    }
  }

  private static Parameters durableParameters(Run run, PeerKind kind, long entries, int threads) {
    return run.parameters(kind, entries, USUAL_BYTES)
        .with("threads", threads)
        .with("seconds", run.scale().durableSeconds());
  }

  private static void micro(Run run) throws IOException, InterruptedException {
    for (PeerKind kind : run.peers()) {
      Parameters parameters = run.parameters(kind, MICRO_ENTRIES, LONG_BYTES).with("load", 1);
      run.removeStore();
      String subject = subject("micro", kind);
      run.measure(subject, Measure.POINTS, parameters.with("points", Point.format(FEW)));
      if (kind == PeerKind.ZAP) {
        run.removeStore();
        run.measure(subject, Measure.MICRO, parameters);
      }
      run.removeStore();
    }
  }

  private static void memory(Run run) throws IOException, InterruptedException {
    for (PeerKind kind : run.peers()) {
      Parameters parameters =
          run.parameters(kind, run.scale().side(USUAL_BYTES), USUAL_BYTES)
              .with("cache", MEMORY_CACHE_BYTES);
      run.removeStore();
      run.measure(
          subject("memory", kind), Measure.MEMORY, parameters, List.of("-Xms16m", "-Xmx1g"));
      run.removeStore();
    }
  }

  private static void chase(Run run) throws IOException, InterruptedException {
    double bytes =
        run.median(subject("points/" + USUAL_BYTES, PeerKind.ZAP), FilesTask.BYTES)
            .orElse((double) run.scale().entries() * ENTRY_BYTES);
    Parameters parameters = run.parameters(PeerKind.ZAP, 0, USUAL_BYTES);
    run.measure("chase", Measure.CHASE, parameters.with("bytes", (long) bytes));
  }

  private static void growth(Run run) throws IOException, InterruptedException {
    List<PeerKind> own = new ArrayList<>(run.peers());
    own.retainAll(List.of(PeerKind.ZAP));
    for (Growth step : growth(run.scale())) {
      growth(run, step, step.valueBytes == LONG_BYTES ? own : run.peers());
    }
  }

  /** The steps of growth: the largest last, so that it is those that the end of the time takes. */
  static List<Growth> growth(Scale scale) {
    List<Growth> steps = new ArrayList<>();
    scale.growth().forEach(entries -> steps.add(new Growth(USUAL_BYTES, entries)));
    scale.ownGrowth().forEach(entries -> steps.add(new Growth(LONG_BYTES, entries)));
    steps.sort(Comparator.comparingLong(Growth::entries));
    return steps;
  }

  /** So many entries, with values so long. */
  record Growth(int valueBytes, long entries) {}

  private static void growth(Run run, Growth step, List<PeerKind> peers)
      throws IOException, InterruptedException {
    String what = "growth/" + step.valueBytes + "/" + step.entries;
    for (PeerKind kind : peers) {
      Parameters parameters = run.parameters(kind, step.entries, step.valueBytes);
      if (load(run, subject(what, kind), parameters)) {
        run.measure(
            subject(what, kind), Measure.POINTS, parameters.with("points", Point.format(FEW)));
      }
      run.removeStore();
    }
  }
}
