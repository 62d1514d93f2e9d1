// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.DoublePredicate;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.zapkv.bench.peer.PeerKind;
import org.zapkv.bench.report.Entries;
import org.zapkv.bench.report.Formats;
import org.zapkv.bench.report.Table;

/** What is to be reached, beside what was measured. */
final class Targets {
  /**
   * How many cache misses of a get depend on each other: the leaf reference in the mirror of the
   * pointer table, the leaf, the state of its buffer, the slot of the leaf's hash table, the entry,
   * its key. The value is named by the entry as the key is, so its misses overlap those of the key.
   */
  static final int DEPENDENT_MISSES = 6;

  private static final double MIB = 1 << 20;
  private static final String MAIN = "points/" + Entries.VALUE_BYTES;

  private final Run run;
  private final List<Target> all = new ArrayList<>();

  /**
   * One of them.
   *
   * @param what what is measured
   * @param text what it is to be
   * @param measured what it is
   * @param reached yes or no, or a dash if nothing was measured
   */
  record Target(String what, String text, String measured, String reached) {}

  private Targets(Run run) {
    this.run = run;
  }

  /** All of them. */
  static List<Target> of(Run run) {
    Targets targets = new Targets(run);
    targets.reads();
    targets.writes();
    targets.memory();
    return targets.all;
  }

  /** As a table. */
  static String table(List<Target> targets) {
    Table table = new Table("", "target", "measured", "reached");
    for (Target target : targets) {
      table.row(List.of(target.what, target.text, target.measured, target.reached));
    }
    return table.toString();
  }

  private void reads() {
    String hit = new Point(Operation.GET_HIT).figure();
    String two = new Point(Operation.GET_HIT, Distribution.UNIFORM, 2).figure();
    String get = "get hit, " + Entries.VALUE_BYTES + "-byte values";
    atMost(get, "Chronicle Map's time", 0.6, over(hit, PeerKind.CHRONICLE));
    atMost(get, "ConcurrentHashMap's time", 1.2, over(hit, PeerKind.HASHMAP));
    atLeast(get, "faster than LMDB", 3, under(hit, PeerKind.LMDB));
    atLeast(get, "faster than MVStore", 5, under(hit, PeerKind.MVSTORE));
    atLeast(get, "faster than RocksDB", 5, under(hit, PeerKind.ROCKSDB));
    String miss = new Point(Operation.GET_MISS).figure();
    atMost("get miss", "Chronicle Map's time", 0.6, over(miss, PeerKind.CHRONICLE));
    OptionalDouble twice = divide(own(hit), own(two));
    atLeast("get hit, 2 threads", "the throughput of one", 1.9, map(twice, factor -> 2 * factor));
    OptionalDouble micro = run.median(subject("micro", PeerKind.ZAP), MicroTask.GET_LONG);
    add(
        "long value in a micro ZAP of " + Section.MICRO_ENTRIES + " entries",
        "at most 60 ns",
        micro,
        nanos -> nanos + " ns",
        micro.isPresent() && micro.getAsDouble() <= 60);
    String scan = new Point(Operation.SCAN).figure();
    OptionalDouble fastest = fastestScan(scan);
    atMost("full scan", "the fastest peer with a file", 0.6, divide(own(scan), fastest));
  }

  private void writes() {
    String update = new Point(Operation.UPDATE).figure();
    atMost(
        "update in place, not yet flushed",
        "Chronicle Map's time",
        1.0,
        over(update, PeerKind.CHRONICLE));
    atLeast(
        "load of "
            + Formats.count(run.scale().entries())
            + " new entries, batches of 10,000, by a JVM that has loaded "
            + Formats.count(Load.first(run.scale().entries()))
            + " into a store that was thrown away",
        "RocksDB's entries per second",
        2,
        over(FilesTask.PER_SECOND, PeerKind.ROCKSDB));
    durable(1, 0.9);
    durable(8, 4);
    atMost("file after the load", "RocksDB's", 1.2, over(FilesTask.BYTES, PeerKind.ROCKSDB));
  }

  private void durable(int threads, double factor) {
    String what = "durable put, " + threads + (threads == 1 ? " thread" : " threads");
    // Both are compared with one thread that appends and forces.
    OptionalDouble raw = run.median("durable/1/raw", "perSecond");
    OptionalDouble puts = run.median(subject("durable/" + threads, PeerKind.ZAP), "perSecond");
    atLeast(what, "a raw append and `force(false)`", factor, divide(puts, raw));
  }

  private void memory() {
    String memory = subject("memory", PeerKind.ZAP);
    OptionalDouble allocated = run.median(memory, MemoryTask.ALLOCATED + Operation.GET_INTO);
    add(
        "allocation per get into a caller's buffer",
        "0 B",
        allocated,
        bytes -> bytes + " B",
        // What others of the JVM allocate in the name of the thread is far less than an object.
        allocated.isPresent() && allocated.getAsDouble() < 0.1);
    OptionalDouble heap = run.median(memory, MemoryTask.HEAP);
    OptionalDouble code = run.median(memory, MemoryTask.CODE);
    OptionalDouble both =
        heap.isPresent() && code.isPresent()
            ? OptionalDouble.of((heap.getAsDouble() + code.getAsDouble()) / MIB)
            : OptionalDouble.empty();
    add(
        "resident memory beyond the budget",
        "at most 64 MiB of heap and code",
        both,
        mib -> mib + " MiB",
        both.isPresent() && both.getAsDouble() <= 64);
    OptionalDouble chase =
        map(run.median("chase", ChaseTask.NANOS), nanos -> DEPENDENT_MISSES * nanos);
    atMost(
        "against the limit: a get",
        "the time of " + DEPENDENT_MISSES + " dependent cache misses",
        1.5,
        divide(own(new Point(Operation.GET_HIT).figure()), chase));
  }

  private static String subject(String what, PeerKind kind) {
    return Section.subject(what, kind);
  }

  private OptionalDouble own(String figure) {
    return run.median(subject(MAIN, PeerKind.ZAP), figure);
  }

  private OptionalDouble over(String figure, PeerKind kind) {
    return divide(own(figure), run.median(subject(MAIN, kind), figure));
  }

  private OptionalDouble under(String figure, PeerKind kind) {
    return divide(run.median(subject(MAIN, kind), figure), own(figure));
  }

  private OptionalDouble fastestScan(String figure) {
    return run.peers().stream()
        .filter(kind -> kind.hasFiles() && kind != PeerKind.ZAP)
        .map(kind -> run.median(subject(MAIN, kind), figure))
        .filter(OptionalDouble::isPresent)
        .mapToDouble(OptionalDouble::getAsDouble)
        .min();
  }

  private static OptionalDouble divide(OptionalDouble part, OptionalDouble whole) {
    return part.isPresent() && whole.isPresent()
        ? OptionalDouble.of(part.getAsDouble() / whole.getAsDouble())
        : OptionalDouble.empty();
  }

  private static OptionalDouble map(OptionalDouble value, DoubleUnaryOperator change) {
    return value.isPresent()
        ? OptionalDouble.of(change.applyAsDouble(value.getAsDouble()))
        : OptionalDouble.empty();
  }

  private void atMost(String what, String of, double factor, OptionalDouble measured) {
    factor(what, "at most " + factor + " × " + of, measured, value -> value <= factor);
  }

  private void atLeast(String what, String of, double factor, OptionalDouble measured) {
    factor(what, "at least " + factor + " × " + of, measured, value -> value >= factor);
  }

  private void factor(String what, String text, OptionalDouble measured, DoublePredicate enough) {
    boolean reached = measured.isPresent() && enough.test(measured.getAsDouble());
    String cell =
        measured.isPresent() ? String.format(Locale.ROOT, "%.2f ×", measured.getAsDouble()) : "–";
    all.add(new Target(what, text, cell, answer(measured, reached)));
  }

  private void add(
      String what,
      String text,
      OptionalDouble measured,
      UnaryOperator<String> unit,
      boolean reached) {
    String cell = measured.isPresent() ? unit.apply(Formats.number(measured.getAsDouble())) : "–";
    all.add(new Target(what, text, cell, answer(measured, reached)));
  }

  private static String answer(OptionalDouble measured, boolean reached) {
    return measured.isEmpty() ? "–" : reached ? "yes" : "no";
  }
}
