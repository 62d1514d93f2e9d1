// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import org.zapkv.error.ZapException;
import org.zapkv.store.Batch;
import org.zapkv.store.Durability;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/** Puts the entries of an input into a map, a batch at a time. */
final class Loader {
  /** A batch of large values is committed early, so that it does not fill the heap. */
  private static final long MAX_BATCH_BYTES =
      Math.min(32L << 20, Runtime.getRuntime().maxMemory() / 8);

  private static final long ALREADY_DURABLE = 0;
  private static final double NANOS_PER_SECOND = 1e9;

  private final ZapStore store;
  private final ZapMap map;
  private final int batchLines;
  private final Durability durability;
  private final CommitReporter reporter;
  private final Batch batch;
  private int linesInBatch;
  private long storedLines;
  private long storedEntries;
  private long badLines;
  private double storeSeconds;

  Loader(
      ZapStore store, ZapMap map, int batchLines, Durability durability, CommitReporter reporter) {
    this.store = store;
    this.map = map;
    this.batchLines = batchLines;
    this.durability = durability;
    this.reporter = reporter;
    this.batch = store.batch();
  }

  /** Loads everything, or up to the batch with the first bad line, and makes it durable. */
  int load(EntryInput entries, boolean skipBad, Streams streams) {
    long startNanos = System.nanoTime();
    boolean whole;
    try (Progress progress = streams.progress("load", entries.sizeBytes())) {
      whole = readAll(entries, skipBad, streams, progress);
      store.sync();
      reporter.finish();
    } catch (ZapException | CommandFailure e) {
      throw keepStored(e);
    }
    double seconds = (System.nanoTime() - startNanos) / NANOS_PER_SECOND;
    storeSeconds = seconds;
    streams.message(summary(whole, entries.lineNumber(), seconds));
    return whole ? ExitCode.OK : ExitCode.NO;
  }

  private boolean readAll(EntryInput entries, boolean skipBad, Streams streams, Progress progress) {
    while (entries.next()) {
      String reason = entries.parse();
      if (reason == null) {
        add(entries);
      } else {
        badLines++;
        streams.message(entries.problem(reason));
        if (!skipBad) {
          return false;
        }
      }
      progress.to(entries.consumedBytes());
    }
    commit(entries.lineNumber());
    return true;
  }

  private void add(EntryInput entries) {
    EntryParser entry = entries.parser();
    if (entry.isLong()) {
      batch.putLong(map, entry.key(), entry.longValue());
    } else {
      batch.put(map, entry.key(), entry.value());
    }
    linesInBatch++;
    if (linesInBatch == batchLines || batch.heapBytes() >= MAX_BATCH_BYTES) {
      commit(entries.lineNumber());
    }
  }

  private void commit(long lines) {
    if (lines == storedLines) {
      return;
    }
    // With nothing but skipped lines since the last batch there is nothing to wait for.
    reporter.committed(linesInBatch == 0 ? ALREADY_DURABLE : batch.commit(durability), lines);
    storedLines = lines;
    storedEntries += linesInBatch;
    linesInBatch = 0;
  }

  /** After a failure: what earlier batches stored is made durable, if the store still can. */
  private RuntimeException keepStored(RuntimeException failure) {
    try {
      store.sync();
      reporter.finish();
    } catch (ZapException | CommandFailure e) {
      failure.addSuppressed(e);
      return failure;
    }
    String message = Failures.message(failure) + "; stopped, " + stored();
    return new CommandFailure(Failures.exitCode(failure), message, failure);
  }

  private String summary(boolean whole, long lines, double seconds) {
    if (!whole) {
      return "stopped at line " + lines + "; " + stored();
    }
    return Sizes.done("loaded", storedEntries, seconds)
        + (badLines == 0 ? "" : ", " + Sizes.count(badLines) + " bad lines skipped");
  }

  /** How many entries are stored. */
  long storedEntries() {
    return storedEntries;
  }

  /** How many lines were skipped, or ended the load. */
  long badLines() {
    return badLines;
  }

  /** How long the load took, in seconds; 0 if it failed. */
  double seconds() {
    return storeSeconds;
  }

  private String stored() {
    return storedLines == 0
        ? "nothing is stored"
        : "the first " + storedLines + " lines are stored, in batches before";
  }
}
