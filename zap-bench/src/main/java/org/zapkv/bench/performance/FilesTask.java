// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.io.IOException;
import org.zapkv.bench.peer.Peer;
import org.zapkv.bench.report.Directories;
import org.zapkv.bench.report.Entries;
import org.zapkv.bench.report.Figures;
import org.zapkv.bench.report.Parameters;

/** Loads a store, empties it, compacts it; and what the files take then, closed. */
final class FilesTask {
  /** Entries per second until the last batch has returned, of a JVM that has done nothing yet. */
  static final String FIRST_PER_SECOND = "firstPerSecond";

  /** Entries per second until the last batch has returned. */
  static final String PER_SECOND = "perSecond";

  /** Entries per second until all is durable and the store closed. */
  static final String CLOSED_PER_SECOND = "closedPerSecond";

  /** What the file system has allocated. */
  static final String BYTES = "bytes";

  private static final double NANOS = 1e9;

  private FilesTask() {}

  /** Loads a store, after the parameter {@code first} of entries into one that is thrown away. */
  static Figures load(Parameters parameters) throws IOException, InterruptedException {
    long first = parameters.number("first");
    Figures figures = new Figures();
    if (first == 0) {
      figures.put(FIRST_PER_SECOND, fill(parameters).perSecond());
    } else {
      figures.put(FIRST_PER_SECOND, fill(parameters.with("entries", first)).perSecond());
      // Where the other will be, so it is gone too if this process is killed meanwhile.
      Directories.remove(parameters.directory());
      // What it has left on the heap is no work of the other.
      System.gc();
      Filling measured = fill(parameters);
      figures.put(PER_SECOND, measured.perSecond());
      if (parameters.peer().hasFiles()) {
        figures.put(CLOSED_PER_SECOND, measured.closedPerSecond());
      }
    }
    if (parameters.peer().hasFiles()) {
      figures.put(BYTES, Directories.allocatedBytes(parameters.directory()));
    }
    return figures;
  }

  private static Filling fill(Parameters parameters) throws IOException {
    long entries = parameters.number("entries");
    double seconds;
    double closing;
    try (Peer peer = parameters.peer().open(parameters.directory(), parameters.options(false))) {
      seconds = Load.seconds(peer, entries, parameters.valueBytes());
      closing = -System.nanoTime() / NANOS;
      peer.commit();
    }
    closing += System.nanoTime() / NANOS;
    return new Filling(entries, seconds, closing);
  }

  /** How long the batches took, and after them all that makes them durable. */
  private record Filling(long entries, double seconds, double closing) {
    double perSecond() {
      return entries / seconds;
    }

    double closedPerSecond() {
      return entries / (seconds + closing);
    }
  }

  static Figures removeAll(Parameters parameters) throws IOException, InterruptedException {
    long entries = parameters.number("entries");
    long start = System.nanoTime();
    double seconds;
    try (Peer peer = parameters.peer().open(parameters.directory(), parameters.options(false))) {
      for (long at = 0; at < entries; at += Load.BATCH) {
        byte[][] keys = new byte[(int) Math.min(Load.BATCH, entries - at)][];
        for (int i = 0; i < keys.length; i++) {
          keys[i] = Entries.key(at + i);
        }
        peer.removeBatch(keys);
      }
      seconds = (System.nanoTime() - start) / NANOS;
      peer.commit();
    }
    return new Figures()
        .put(PER_SECOND, entries / seconds)
        .put(BYTES, Directories.allocatedBytes(parameters.directory()));
  }

  static Figures compact(Parameters parameters) throws IOException, InterruptedException {
    long start = System.nanoTime();
    try (Peer peer = parameters.peer().open(parameters.directory(), parameters.options(false))) {
      peer.compact();
      peer.commit();
    }
    return new Figures()
        .put("seconds", (System.nanoTime() - start) / NANOS)
        .put(BYTES, Directories.allocatedBytes(parameters.directory()));
  }
}
