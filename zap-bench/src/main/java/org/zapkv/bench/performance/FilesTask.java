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
  /** Entries per second until the last batch has returned. */
  static final String PER_SECOND = "perSecond";

  /** Entries per second until all is durable and the store closed. */
  static final String CLOSED_PER_SECOND = "closedPerSecond";

  /** What the file system has allocated. */
  static final String BYTES = "bytes";

  private static final double NANOS = 1e9;

  private FilesTask() {}

  static Figures load(Parameters parameters) throws IOException, InterruptedException {
    long entries = parameters.number("entries");
    double seconds;
    double closing;
    try (Peer peer = parameters.peer().open(parameters.directory(), parameters.options(false))) {
      seconds = Load.seconds(peer, entries, parameters.valueBytes());
      closing = -System.nanoTime() / NANOS;
      peer.commit();
    }
    closing += System.nanoTime() / NANOS;
    Figures figures = new Figures().put(PER_SECOND, entries / seconds);
    if (parameters.peer().hasFiles()) {
      figures.put(CLOSED_PER_SECOND, entries / (seconds + closing));
      figures.put(BYTES, Directories.allocatedBytes(parameters.directory()));
    }
    return figures;
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
