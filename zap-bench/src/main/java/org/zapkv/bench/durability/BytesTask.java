// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.io.IOException;
import java.util.SplittableRandom;
import org.zapkv.bench.peer.Peer;
import org.zapkv.bench.report.Entries;
import org.zapkv.bench.report.Figures;
import org.zapkv.bench.report.Parameters;

/**
 * The bytes written to disk for each byte of key and value, until the store is closed and the page
 * cache written.
 */
final class BytesTask {
  private static final double NANOS = 1e9;

  private BytesTask() {}

  static Figures run(Parameters parameters) throws IOException, InterruptedException {
    long entries = parameters.number("entries");
    Figures figures = new Figures();
    measure(figures, "load", entries, parameters, peer -> Load.all(peer, entries));
    long updates = 2 * entries;
    measure(figures, "update", updates, parameters, peer -> update(peer, entries, updates));
    return figures;
  }

  private static void update(Peer peer, long entries, long updates) {
    SplittableRandom random = new SplittableRandom(entries);
    for (long i = 0; i < updates; i++) {
      long number = random.nextLong(entries);
      peer.put(Entries.key(number), Entries.value(number, i));
    }
    peer.commit();
  }

  private static void measure(
      Figures figures, String name, long puts, Parameters parameters, Work work)
      throws IOException, InterruptedException {
    DiskCounters before = DiskCounters.afterSync();
    long start = System.nanoTime();
    try (Peer peer = parameters.peer().open(parameters.directory(), parameters.options(false))) {
      work.run(peer);
    }
    double seconds = (System.nanoTime() - start) / NANOS;
    long written = DiskCounters.afterSync().since(before).writtenBytes();
    figures.put(name + "WrittenPerByte", (double) written / (puts * Entries.BYTES));
    figures.put(name + "PerSecond", puts / seconds);
  }

  private interface Work {
    void run(Peer peer);
  }
}
