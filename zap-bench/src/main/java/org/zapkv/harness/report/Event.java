// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.report;

/** Something interesting that a run should have met. One that it never met, it did not test. */
public enum Event {
  /** A change of one key. */
  CHANGE("single changes"),
  /** A commit of several changes. */
  BATCH("batches"),
  /** A batch over two maps and more. */
  BATCH_OVER_MAPS("batches over maps"),
  /** A batch so large that it is in several records. */
  LARGE_BATCH("batches in several records"),
  /** A value beyond what fits a leaf. */
  LARGE_VALUE("large values"),
  /** A value of eight bytes, which is a long. */
  LONG_VALUE("long values"),
  /** A key removed. */
  REMOVAL("removals"),
  /** A key changed as it was what it was expected to be. */
  SWAP("changes of what was expected"),
  /** A key left as it was, as it was not what was expected. */
  REFUSED_SWAP("changes refused as it was not what was expected"),
  /** An addition to a long. */
  INCREMENT("increments"),
  /** A transaction. */
  TRANSACTION("transactions"),
  /** A map cleared. */
  MAP_CLEARED("maps cleared"),
  /** A map dropped. */
  MAP_DROPPED("maps dropped"),
  /** A read. */
  READ("reads"),
  /** A walk that came to its end. */
  SCAN("walks to the end"),
  /** A walk gone on with from a cookie. */
  SCAN_RESUMED("walks resumed"),
  /** A compaction. */
  COMPACTION("compactions"),
  /** A scrub. */
  SCRUB("scrubs"),
  /** A store closed and opened again. */
  REOPENING("reopenings"),
  /** A store opened with the least cache. */
  LEAST_CACHE("openings with the least cache"),
  /** A store opened with direct I/O. */
  DIRECT_IO("openings with direct I/O"),
  /** A micro map that became fat. */
  CONVERSION("conversions"),
  /** A leaf split. */
  SPLIT("splits"),
  /** Two leaves that became one. */
  MERGE("merges"),
  /** A pointer table that grew. */
  GROWTH("growth of pointer tables"),
  /** A pointer table that shrank. */
  REDUCTION("reduction of pointer tables"),
  /** A block created again whose cached buffer still had its leaf. */
  LEAF_REUSE("leaf reuses"),
  /** A buffer with a user that was evicted. */
  USER_EVICTION("evictions of users"),
  /** A block freed while it was being read. */
  FREED_IN_FLIGHT("blocks freed in flight"),
  /** A dirty block that was written early to make room. */
  EARLY_WRITE("blocks written early"),
  /** A record of the log replayed on opening. */
  REPLAY("records replayed"),
  /** A log that ended in the middle of a write. */
  TORN_TAIL("torn tails"),
  /** A loss of power. */
  POWER_CUT("power cuts"),
  /** A write that a loss of power tore. */
  TORN_WRITE("torn writes"),
  /** Writes that came in another order. */
  REORDERED("reordered writes"),
  /** A loss of power while the store recovered from one. */
  SECOND_CUT("power cuts in a recovery"),
  /** A loss of power soon after another fault, without a reopening in between. */
  CUT_AFTER_FAULT("power cuts after other faults"),
  /** A fault of a device while the store recovered from a crash. */
  FAULT_IN_RECOVERY("faults in a recovery"),
  /** A creation of a store that a loss of power or a kill has cut off. */
  CREATION_CUT("creations cut off"),
  /** A process killed. */
  KILL("kills"),
  /** A read, write or flush that failed. */
  IO_ERROR("I/O errors"),
  /** A write that found no room. */
  FULL_DISK("full disks"),
  /** A bit that was wrong. */
  BIT_FLIP("bit flips"),
  /** A bit flip that the store noticed. */
  BIT_FLIP_NOTICED("bit flips noticed"),
  /** I/O that took long. */
  SLOW_IO("slow I/O"),
  /** A thread interrupted. */
  INTERRUPT("interrupts"),
  /** The clock put forward or back. */
  CLOCK_JUMP("clock jumps"),
  /** A check of everything. */
  CHECK("checks");

  private final String title;

  Event(String title) {
    this.title = title;
  }

  /**
   * What the report calls it.
   *
   * @return a plural
   */
  public String title() {
    return title;
  }
}
