// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.zapkv.bench.peer.PeerKind;
import org.zapkv.bench.report.Entries;
import org.zapkv.bench.report.Formats;
import org.zapkv.bench.report.Parameters;
import org.zapkv.bench.report.Samples;
import org.zapkv.bench.report.Table;

/** A section of the report. The peers take turns in every round, so that all meet the same disk. */
enum Section {
  /** Durable puts. */
  A("Durable single puts"),

  /** The pauses of a writer. */
  B("Pauses of one writer under random updates, not durable one by one"),

  /** Write amplification. */
  C("Bytes written to disk per byte of key and value"),

  /** Growth. */
  D("Size of the files after rounds of overwriting all entries"),

  /** Opening. */
  E("Opening");

  private static final int MANY_THREADS = 8;
  private static final List<String> QUANTILES = List.of("p50", "p99", "p99.9", "p99.99", "max");

  private final String title;

  Section(String title) {
    this.title = title;
  }

  /** Measures, and says what came out, in Markdown. */
  String run(Study study) throws IOException, InterruptedException {
    String body =
        switch (this) {
          case A -> puts(study);
          case B -> pauses(study);
          case C -> bytes(study);
          case D -> overwrites(study);
          case E -> opens(study);
        };
    return "## " + name().toLowerCase(Locale.ROOT) + ". " + title + "\n\n" + body;
  }

  private static String puts(Study study) throws IOException, InterruptedException {
    Samples samples = new Samples();
    String raw = "raw append and `force(false)`";
    for (int round = 0; round < study.scale().rounds(); round++) {
      for (int threads : List.of(1, MANY_THREADS)) {
        Parameters rawParameters = putParameters(study, study.peers().get(0), threads);
        samples.add(raw + threads, study.runAlone(Task.RAW_APPEND, rawParameters));
        for (PeerKind kind : study.peers()) {
          Parameters parameters = putParameters(study, kind, threads);
          samples.add(kind.title() + threads, study.runAlone(Task.PUTS, parameters));
        }
      }
    }
    Table table =
        new Table(
            "",
            "threads",
            "puts per second",
            "flushes of the disk per put",
            "bytes written per byte");
    List<String> rows = new ArrayList<>(List.of(raw));
    study.peers().forEach(kind -> rows.add(kind.title()));
    for (String row : rows) {
      for (int threads : List.of(1, MANY_THREADS)) {
        String subject = row + threads;
        table.row(
            List.of(
                row,
                Integer.toString(threads),
                samples.cell(subject, "perSecond", Formats::count),
                samples.cell(subject, "flushesPerPut", Formats::ratio),
                samples.cell(subject, "writtenPerByte", Formats::ratio)));
      }
    }
    return Formats.count(study.scale().entries())
        + " entries are there; random ones are updated. The raw loop appends key and value to a"
        + " preallocated file; its 8 threads take turns by a lock. Flushes and bytes are those of all disks,"
        + " so other processes may have their part.\n\n"
        + table;
  }

  private static Parameters putParameters(Study study, PeerKind kind, int threads) {
    return study
        .parameters(kind)
        .with("threads", threads)
        .with("seconds", study.scale().putSeconds());
  }

  private static String pauses(Study study) throws IOException, InterruptedException {
    List<Long> rates = List.of(0L, study.scale().rate());
    Samples samples = new Samples();
    for (int round = 0; round < study.scale().rounds(); round++) {
      for (long rate : rates) {
        for (PeerKind kind : study.peers()) {
          Parameters parameters =
              study
                  .parameters(kind)
                  .with("rate", rate)
                  .with("seconds", study.scale().pauseSeconds());
          samples.add(kind.title() + rate, study.runAlone(Task.PAUSES, parameters));
        }
      }
    }
    StringBuilder text = new StringBuilder();
    for (long rate : rates) {
      List<String> headings = new ArrayList<>(List.of("", "updates per second"));
      headings.addAll(QUANTILES);
      Table table = new Table(headings.toArray(String[]::new));
      for (PeerKind kind : study.peers()) {
        String subject = kind.title() + rate;
        List<String> cells = new ArrayList<>();
        cells.add(kind.title());
        cells.add(samples.cell(subject, "perSecond", Formats::count));
        QUANTILES.forEach(name -> cells.add(samples.cell(subject, name, Formats::nanos)));
        table.row(cells);
      }
      text.append(
              rate == 0
                  ? "As fast as it goes:"
                  : "At "
                      + Formats.count(rate)
                      + " updates per second, each counted from the moment it was due:")
          .append("\n\n")
          .append(table)
          .append(rate == rates.get(rates.size() - 1) ? "" : "\n");
    }
    return text.toString();
  }

  private static String bytes(Study study) throws IOException, InterruptedException {
    Samples samples = new Samples();
    for (int round = 0; round < study.scale().rounds(); round++) {
      for (PeerKind kind : study.peers()) {
        samples.add(kind.title(), study.runAlone(Task.BYTES, study.parameters(kind)));
      }
    }
    Table table =
        new Table("", "load", "entries per second", "random updates", "updates per second");
    for (PeerKind kind : study.peers()) {
      table.row(
          List.of(
              kind.title(),
              samples.cell(kind.title(), "loadWrittenPerByte", Formats::ratio),
              samples.cell(kind.title(), "loadPerSecond", Formats::count),
              samples.cell(kind.title(), "updateWrittenPerByte", Formats::ratio),
              samples.cell(kind.title(), "updatePerSecond", Formats::count)));
    }
    return "The load is "
        + Formats.count(study.scale().entries())
        + " entries in random order, in batches of 1,000; the updates are twice as many, one by one,"
        + " not durable one by one. Each ends with all durable and the store closed, and its time has"
        + " that; then the page cache is written. The sectors written to all disks, so other processes may"
        + " have their part; what RocksDB would still compact is not in it.\n\n"
        + table;
  }

  private static String overwrites(Study study) throws IOException, InterruptedException {
    String rounds = study.scale().overwriteRounds();
    Samples samples = new Samples();
    for (PeerKind kind : study.peers()) {
      Parameters parameters =
          study
              .parameters(kind)
              .with("valueBytes", study.scale().valueBytes())
              .with("rounds", rounds);
      samples.add(kind.title(), study.runAlone(Task.OVERWRITES, parameters));
    }
    List<String> columns = new ArrayList<>();
    List<String> headings = new ArrayList<>(List.of(""));
    for (long round : OverwriteTask.rounds(rounds)) {
      columns.add(Long.toString(round));
      headings.add(round == 0 ? "loaded" : "round " + round);
    }
    columns.add(OverwriteTask.CLOSED);
    headings.add("closed after that");
    Table table = new Table(headings.toArray(String[]::new));
    for (PeerKind kind : study.peers()) {
      List<String> cells = new ArrayList<>(List.of(kind.title()));
      for (String column : columns) {
        cells.add(
            samples.cell(kind.title(), "length-" + column, Formats::megabytes)
                + ", "
                + samples.cell(kind.title(), "allocated-" + column, Formats::megabytes));
      }
      table.row(cells);
    }
    return Formats.count(study.scale().entries())
        + " entries, "
        + Formats.megabytes(
            (double) study.scale().entries() * (Entries.KEY_BYTES + study.scale().valueBytes()))
        + " of keys and values of "
        + study.scale().valueBytes()
        + " bytes; in batches of 1,000, another order in each round, all durable at its"
        + " end. The length of the files, and what the file system has allocated for them.\n\n"
        + table;
  }

  private static String opens(Study study) throws IOException, InterruptedException {
    Samples samples = new Samples();
    for (long entries : study.scale().openEntries()) {
      for (PeerKind kind : study.peers()) {
        openRounds(study, kind, entries, samples);
      }
    }
    Table table =
        new Table(
            "",
            "entries",
            "open after a clean close",
            "first get then",
            "open after `kill -9`",
            "first get then");
    for (PeerKind kind : study.peers()) {
      for (long entries : study.scale().openEntries()) {
        String clean = kind.title() + entries;
        String killed = clean + "killed";
        table.row(
            List.of(
                kind.title(),
                Formats.count(entries),
                samples.cell(clean, "open", Formats::nanos),
                samples.cell(clean, "firstGet", Formats::nanos),
                samples.cell(killed, "open", Formats::nanos),
                samples.cell(killed, "firstGet", Formats::nanos)));
      }
    }
    return "Values of "
        + study.scale().valueBytes()
        + " bytes. In a new process that has opened and closed a small store of the same kind before. The one"
        + " that was killed had made "
        + Formats.count(study.scale().openUpdates())
        + " updates or a few more, not durable one by one. The page cache was "
        + (study.pageCacheKept() ? "kept" : "dropped")
        + " before each.\n\n"
        + table;
  }

  private static void openRounds(Study study, PeerKind kind, long entries, Samples samples)
      throws IOException, InterruptedException {
    Parameters parameters =
        study
            .parameters(kind)
            .with("entries", entries)
            .with("valueBytes", study.scale().valueBytes())
            .with("updates", study.scale().openUpdates());
    study.removeStore();
    study.run(
        Task.LOAD,
        parameters
            .with("batch", study.scale().loadBatch())
            .with("cache", study.scale().loadCacheBytes()));
    for (int round = 0; round < study.scale().rounds(); round++) {
      study.run(Task.UPDATE_UNTIL_KILLED, parameters);
      study.dropPageCache();
      samples.add(kind.title() + entries + "killed", study.run(Task.OPEN, parameters));
      study.dropPageCache();
      samples.add(kind.title() + entries, study.run(Task.OPEN, parameters));
    }
    study.removeStore();
  }
}
