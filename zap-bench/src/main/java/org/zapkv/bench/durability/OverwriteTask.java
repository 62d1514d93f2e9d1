// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;
import java.util.stream.Stream;
import org.zapkv.bench.peer.Peer;
import org.zapkv.bench.report.Directories;
import org.zapkv.bench.report.Entries;
import org.zapkv.bench.report.Figures;
import org.zapkv.bench.report.Parameters;

/**
 * The size of the files after rounds that overwrite every entry, in batches, in an order that no
 * two rounds share.
 */
final class OverwriteTask {
  /** Names the figures of the store when it is closed. */
  static final String CLOSED = "closed";

  private static final int CHECKED = 1000;

  private OverwriteTask() {}

  static Figures run(Parameters parameters) throws IOException, InterruptedException {
    long entries = parameters.number("entries");
    List<Long> looks = rounds(parameters.string("rounds"));
    long last = looks.get(looks.size() - 1);
    Path directory = parameters.directory();
    SplittableRandom random = new SplittableRandom(entries);
    Figures figures = new Figures();
    try (Peer peer = parameters.peer().open(directory, parameters.options(false))) {
      for (long round = 0; round <= last; round++) {
        LongUnaryOperator order = order(entries, random);
        Load.all(peer, entries, round, Entries::key, order, Load.BATCH, parameters.valueBytes());
        peer.commit();
        if (looks.contains(round)) {
          measure(figures, Long.toString(round), directory);
        }
      }
      check(peer, entries, last, parameters.valueBytes());
    }
    measure(figures, CLOSED, directory);
    return figures;
  }

  /** The rounds after which to look; 0 is the load, and always among them. */
  static List<Long> rounds(String list) {
    return Stream.concat(Stream.of(0L), Arrays.stream(list.split(",", -1)).map(Long::valueOf))
        .distinct()
        .sorted()
        .toList();
  }

  private static LongUnaryOperator order(long entries, SplittableRandom random) {
    long first = random.nextLong(entries);
    long step = random.nextLong(entries) + 1;
    while (gcd(step, entries) != 1) {
      step++;
    }
    long coprime = step;
    return n -> (first + n * coprime) % entries;
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  private static void check(Peer peer, long entries, long round, int valueBytes) {
    for (long number = 0; number < Math.min(CHECKED, entries); number++) {
      byte[] value = Entries.value(number, round, valueBytes);
      if (!Arrays.equals(peer.get(Entries.key(number)), value)) {
        throw new IllegalStateException("entry " + number + " is not of round " + round);
      }
    }
  }

  private static void measure(Figures figures, String when, Path directory)
      throws IOException, InterruptedException {
    figures.put("length-" + when, Directories.lengthBytes(directory));
    figures.put("allocated-" + when, Directories.allocatedBytes(directory));
  }
}
