// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.zapkv.bench.peer.Peer;
import org.zapkv.bench.peer.PeerOptions;
import org.zapkv.bench.report.Directories;
import org.zapkv.bench.report.Entries;
import org.zapkv.bench.report.Figures;
import org.zapkv.bench.report.Parameters;

/** How long a store takes to open, and then to give an entry. */
final class OpenTask {
  private static final long WARM_UP_CACHE_BYTES = 16L << 20;
  private static final long WARM_UP_ENTRIES = 1000;

  private OpenTask() {}

  /** Loads entries in the order that is best for trees. */
  static Figures load(Parameters parameters) throws IOException {
    try (Peer peer = parameters.peer().open(parameters.directory(), parameters.options(false))) {
      Load.all(
          peer,
          parameters.number("entries"),
          0,
          Entries::ascendingKey,
          number -> number,
          (int) parameters.number("batch"),
          parameters.valueBytes());
      peer.commit();
    }
    return new Figures();
  }

  /** Updates some entries, says so, and goes on. */
  static Figures updateUntilKilled(Parameters parameters, Runnable ready) throws IOException {
    long entries = parameters.number("entries");
    long updates = parameters.number("updates");
    SplittableRandom random = new SplittableRandom(System.nanoTime());
    try (Peer peer = parameters.peer().open(parameters.directory(), parameters.options(false))) {
      for (long i = 0; true; i++) {
        if (i == updates) {
          ready.run();
        }
        long number = random.nextLong(entries);
        peer.put(Entries.ascendingKey(number), Entries.value(number, i, parameters.valueBytes()));
      }
    }
  }

  /** Opens a store that another process loaded; another one first, to have the code at hand. */
  static Figures open(Parameters parameters) throws IOException {
    Path warmUp = parameters.directory().resolveSibling("warm-up");
    for (int i = 0; i < 2; i++) {
      try (Peer peer =
          parameters
              .peer()
              .open(
                  warmUp,
                  new PeerOptions(
                      false, WARM_UP_CACHE_BYTES, WARM_UP_ENTRIES, Entries.VALUE_BYTES))) {
        Load.all(peer, WARM_UP_ENTRIES);
        peer.get(Entries.key(0));
      }
    }
    Directories.remove(warmUp);
    byte[] key = Entries.ascendingKey(parameters.number("entries") / 2);
    long start = System.nanoTime();
    try (Peer peer = parameters.peer().open(parameters.directory(), parameters.options(false))) {
      long opened = System.nanoTime();
      byte[] value = peer.get(key);
      long got = System.nanoTime();
      if (value == null) {
        throw new IllegalStateException("an entry that was durable is not there");
      }
      return new Figures().put("open", opened - start).put("firstGet", got - opened);
    }
  }
}
