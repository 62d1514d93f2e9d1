// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.io.IOException;
import java.util.SplittableRandom;
import org.zapkv.bench.peer.Peer;
import org.zapkv.bench.report.Entries;
import org.zapkv.bench.report.Figures;
import org.zapkv.bench.report.Parameters;

/** How long each update of a random entry takes, by one thread, none of them durable by itself. */
final class PauseTask {
  private static final double NANOS = 1e9;

  private PauseTask() {}

  static Figures run(Parameters parameters) throws IOException {
    try (Peer peer = parameters.peer().open(parameters.directory(), parameters.options(false))) {
      Load.all(peer, parameters.number("entries"));
      update(peer, parameters, parameters.seconds() / 4);
      long start = System.nanoTime();
      PauseHistogram pauses = update(peer, parameters, parameters.seconds());
      double seconds = (System.nanoTime() - start) / NANOS;
      return new Figures()
          .put("perSecond", pauses.count() / seconds)
          .put("p50", pauses.quantile(0.5))
          .put("p99", pauses.quantile(0.99))
          .put("p99.9", pauses.quantile(0.999))
          .put("p99.99", pauses.quantile(0.9999))
          .put("max", pauses.max());
    }
  }

  /**
   * Updates for some time. With a rate, an update takes from the moment it was due, so those that
   * one pause has kept waiting are counted too.
   */
  private static PauseHistogram update(Peer peer, Parameters parameters, double seconds) {
    long entries = parameters.number("entries");
    long rate = parameters.number("rate");
    PauseHistogram pauses = new PauseHistogram();
    long begin = System.nanoTime();
    long end = begin + (long) (seconds * NANOS);
    SplittableRandom random = new SplittableRandom(begin);
    long due = begin;
    while (due - end < 0) {
      byte[] key;
      byte[] value;
      long number = random.nextLong(entries);
      key = Entries.key(number);
      value = Entries.value(number, due);
      while (System.nanoTime() - due < 0) {
        Thread.onSpinWait();
      }
      long from = rate == 0 ? System.nanoTime() : due;
      peer.put(key, value);
      long now = System.nanoTime();
      pauses.record(now - from);
      due = rate == 0 ? now : due + (long) (NANOS / rate);
    }
    return pauses;
  }
}
