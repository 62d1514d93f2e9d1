// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;
import org.zapkv.bench.peer.PeerKind;
import org.zapkv.bench.report.Entries;
import org.zapkv.bench.report.Formats;
import org.zapkv.bench.report.Table;

/** The sections of the report, in Markdown. */
final class Texts {
  /** What of the operations that are not durable is there after the process was killed. */
  static final String KILLED =
      "What is not durable one by one may be lost with a `kill -9`: of Zap (`NONE`) the newest 256 KiB of"
          + " its log at most, which are in the memory of the process; of RocksDB what is in the buffer of"
          + " its log, up to 1 MiB, which its default would write at each put (`manual_wal_flush` makes it"
          + " the like of Zap); of MVStore and Xodus what they have not written; MapDB then does not open"
          + " again. LMDB and Chronicle Map have it in the page cache; the ConcurrentHashMap keeps nothing.";

  private static final double MIB = 1 << 20;

  private final Run run;

  Texts(Run run) {
    this.run = run;
  }

  /** A section with its heading. */
  String of(Section section) {
    return switch (section) {
      case POINTS -> points();
      case LENGTHS -> lengths();
      case BEYOND -> beyond();
      case FILES -> files();
      case DURABLE -> durable();
      case MICRO -> micro();
      case MEMORY -> memory();
      case CHASE -> chase();
      case GROWTH -> growth();
    };
  }

  private String points() {
    long entries = run.scale().entries();
    int valueBytes = Section.USUAL_BYTES;
    return "## Operations, all entries in the cache\n\n"
        + points(entries, valueBytes, Section.MAIN)
        + '\n'
        + images("get-hit", "get-hit-2", "get-miss", "update", "scan")
        + pointLoads(entries, valueBytes)
        + '\n'
        + images("load", "file");
  }

  private String lengths() {
    StringBuilder text = new StringBuilder("## Shorter and longer values\n");
    for (int valueBytes : Section.OTHER_BYTES) {
      long entries = run.scale().side(valueBytes);
      text.append('\n')
          .append(points(entries, valueBytes, Section.SIDE))
          .append(pointLoads(entries, valueBytes));
    }
    return text.toString();
  }

  private String points(long entries, int valueBytes, List<Point> points) {
    return Formats.count(entries)
        + " entries with values of "
        + valueBytes
        + " bytes, nanoseconds per operation of a thread.\n\n"
        + operations("points/" + valueBytes, points, false);
  }

  private String pointLoads(long entries, int valueBytes) {
    return "\nLoading, entries per second in batches of 10,000 in random order. A JVM that has done nothing"
        + " yet compiles its code meanwhile, which native stores do not wait for: what it loads first"
        + " goes into a store that is thrown away, and has a row of its own. Those entries are fewer, too,"
        + " which by itself is quicker for most stores.\n\n"
        + loads("points/" + valueBytes, Formats.count(Load.first(entries)));
  }

  /** Operations downwards, stores from left to right. */
  private String operations(String what, List<Point> points, boolean filesOnly) {
    List<PeerKind> peers =
        run.peers().stream().filter(kind -> kind.hasFiles() || !filesOnly).toList();
    Table table = new Table(headings("", peers));
    for (Point point : points) {
      row(table, what, point.title(), point.figure(), peers, Formats::number);
      if (point.operation() == Operation.INSERT) {
        Point remove = new Point(Operation.REMOVE, point.distribution(), point.threads());
        row(table, what, remove.title(), remove.figure(), peers, Formats::number);
      }
    }
    return table.toString();
  }

  private static String[] headings(String first, List<PeerKind> peers) {
    List<String> headings = new ArrayList<>(List.of(first));
    peers.forEach(kind -> headings.add(kind.title()));
    return headings.toArray(String[]::new);
  }

  private void row(
      Table table,
      String what,
      String title,
      String figure,
      List<PeerKind> peers,
      DoubleFunction<String> format) {
    List<String> cells = new ArrayList<>(List.of(title));
    for (PeerKind kind : peers) {
      cells.add(run.samples().cell(Section.subject(what, kind), figure, format));
    }
    table.row(cells);
  }

  private String loads(String what, String first) {
    List<PeerKind> peers = run.peers();
    Table table = new Table(headings("", peers));
    row(
        table,
        what,
        "the first " + first + " entries of a new JVM",
        FilesTask.FIRST_PER_SECOND,
        peers,
        Formats::count);
    String after = "after " + first + " entries into a store that was thrown away: ";
    row(table, what, after + "until the last batch", FilesTask.PER_SECOND, peers, Formats::count);
    row(
        table,
        what,
        after + "until durable and closed",
        FilesTask.CLOSED_PER_SECOND,
        peers,
        Formats::count);
    row(table, what, "files then", FilesTask.BYTES, peers, Formats::megabytes);
    return table.toString();
  }

  private static String images(String... names) {
    StringBuilder text = new StringBuilder();
    for (String name : names) {
      text.append("![").append(name).append("](").append(name).append(".svg)\n");
    }
    return text.toString();
  }

  private String beyond() {
    long entries = run.scale().side(Section.USUAL_BYTES);
    return "## Operations beyond the cache\n\n"
        + Formats.count(entries)
        + " entries of "
        + Entries.BYTES
        + " bytes, and a cache of "
        + Formats.megabytes((double) Section.beyondCacheBytes(entries))
        + ", for the stores that have one; nanoseconds per operation. The page cache has room for all"
        + " files, so what a store does not have it reads from there, not from the disk; LMDB, Chronicle"
        + " Map and MapDB have no other cache, so for them nothing is beyond it.\n\n"
        + operations("beyond", Section.BEYOND_POINTS, true);
  }

  private String files() {
    List<PeerKind> peers = run.peers().stream().filter(PeerKind::hasFiles).toList();
    Table table = new Table(headings("", peers));
    for (String state : List.of("loaded", "removed", "compacted")) {
      String title =
          state.equals("removed") ? "all removed" : state.equals("loaded") ? "loaded" : "compacted";
      row(table, "files/" + state, title, FilesTask.BYTES, peers, Formats::megabytes);
    }
    row(table, "files/removed", "removed per second", FilesTask.PER_SECOND, peers, Formats::count);
    return "## Files\n\nWhat the file system has allocated when the store is closed; "
        + Formats.count(run.scale().side(Section.USUAL_BYTES))
        + " entries, "
        + Formats.megabytes((double) run.scale().side(Section.USUAL_BYTES) * Entries.BYTES)
        + " of keys and values. They are removed in batches of 10,000.\n\n"
        + table;
  }

  private String durable() {
    Table table = new Table("puts per second", "1 thread", "8 threads");
    List<String> raw = new ArrayList<>(List.of("raw append and `force(false)`"));
    for (int threads : Section.DURABLE_THREADS) {
      raw.add(run.samples().cell("durable/" + threads + "/raw", "perSecond", Formats::count));
    }
    table.row(raw);
    for (PeerKind kind : run.peers()) {
      if (kind.canBeDurable()) {
        List<String> cells = new ArrayList<>(List.of(kind.title()));
        for (int threads : Section.DURABLE_THREADS) {
          String subject = Section.subject("durable/" + threads, kind);
          cells.add(run.samples().cell(subject, "perSecond", Formats::count));
        }
        table.row(cells);
      }
    }
    return "## Durable puts\n\nEach is on disk when it returns. The raw loop appends key and value to a"
        + " preallocated file and forces it; its 8 threads take turns by a lock.\n\n"
        + table
        + '\n'
        + images("durable-1", "durable-8");
  }

  private String micro() {
    Table table = new Table(headings("", run.peers()));
    for (Point point : Section.FEW) {
      row(table, "micro", point.title(), point.figure(), run.peers(), Formats::number);
    }
    row(table, "micro", "long of a micro ZAP", MicroTask.GET_LONG, run.peers(), Formats::number);
    return "## Small maps\n\n"
        + Formats.count(Section.MICRO_ENTRIES)
        + " entries with values of 8 bytes; nanoseconds per operation. A map of Zap of that size whose"
        + " keys are text and whose values are longs is a micro ZAP; its keys, of 16 digits, come from a"
        + " table.\n\n"
        + table;
  }

  private String memory() {
    Table table = new Table(headings("", run.peers()));
    List<PeerKind> peers = run.peers();
    row(
        table,
        "memory",
        "allocated by a get, B",
        MemoryTask.ALLOCATED + Operation.GET_HIT,
        peers,
        Formats::number);
    row(
        table,
        "memory",
        "by a get into a buffer, B",
        MemoryTask.ALLOCATED + Operation.GET_INTO,
        peers,
        Formats::number);
    row(table, "memory", "live heap, MiB", MemoryTask.HEAP, peers, Texts::mib);
    row(table, "memory", "code and classes, MiB", MemoryTask.CODE, peers, Texts::mib);
    row(table, "memory", "resident, MiB", MemoryTask.RESIDENT, peers, Texts::mib);
    row(table, "memory", "without mapped files, MiB", MemoryTask.ANONYMOUS, peers, Texts::mib);
    return "## Memory\n\n"
        + Formats.count(run.scale().side(Section.USUAL_BYTES))
        + " entries that were just loaded, with a cache of "
        + Formats.number(Section.MEMORY_CACHE_BYTES / MIB)
        + " MiB for those that have one. The live heap is that after a collection; resident memory has"
        + " what the collector has not given back. Heap and code are what there is beyond the"
        + " budget.\n\n"
        + table;
  }

  private static String mib(double bytes) {
    return Formats.number(bytes / MIB);
  }

  private String chase() {
    return "## The limit\n\nA load whose address the one before has found, anywhere in as much memory as"
        + " Zap's file of the main measurements takes: "
        + run.samples().cell("chase", ChaseTask.NANOS, Formats::number)
        + " ns. A get has "
        + Targets.DEPENDENT_MISSES
        + " of them that wait for each other: the leaf reference in the mirror of the pointer table,"
        + " the leaf, the state of its buffer, the slot of the leaf's hash table, the entry, its key (the"
        + " value's miss overlaps the key's, since the entry names both). The mirror and the leaves are few"
        + " enough that part of them is in the processor's caches; so this is a limit that a get may"
        + " undercut.\n";
  }

  private String growth() {
    StringBuilder text = new StringBuilder("## Growth\n\n");
    text.append(
        "Nanoseconds per operation, and bytes of the files per entry, for more and more entries; a"
            + " cache of 1 GiB.\n\n");
    growth(text, Section.USUAL_BYTES, run.scale().growth(), run.peers());
    List<PeerKind> own = run.peers().stream().filter(kind -> kind == PeerKind.ZAP).toList();
    growth(text, Long.BYTES, run.scale().ownGrowth(), own);
    return text.append(images("growth-get", "growth-update", "growth-bytes")).toString();
  }

  private void growth(StringBuilder text, int valueBytes, List<Long> sizes, List<PeerKind> peers) {
    Table table = new Table(headings("values of " + valueBytes + " bytes", peers));
    for (long entries : sizes) {
      String what = "growth/" + valueBytes + "/" + entries;
      String count = Formats.count(entries);
      for (Point point : Section.FEW) {
        row(table, what, count + ": " + point.title(), point.figure(), peers, Formats::number);
      }
      row(
          table,
          what,
          count + ": bytes per entry",
          FilesTask.BYTES,
          peers,
          bytes -> Formats.number(bytes / entries));
    }
    text.append(table).append('\n');
  }
}
