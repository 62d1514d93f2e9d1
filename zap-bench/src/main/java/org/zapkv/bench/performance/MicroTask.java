// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.zapkv.bench.report.Entries;
import org.zapkv.bench.report.Figures;
import org.zapkv.bench.report.Parameters;
import org.zapkv.bench.report.Samples;
import org.zapkv.store.Durability;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;

/** Longs of a map of Zap that is a micro ZAP. */
final class MicroTask {
  /** How many entries it has; a micro ZAP has at most about twice as many. */
  static final int ENTRIES = 1000;

  /** The time of a get. */
  static final String GET_LONG = "getLong";

  private static final int BATCH = 256;

  private MicroTask() {}

  static Figures run(Parameters parameters) throws IOException, InterruptedException {
    try (ZapStore store =
        ZapStore.builder()
            .cacheBytes(parameters.number("cache"))
            .durability(Durability.NONE)
            .open(parameters.directory())) {
      ZapMap map = store.map("m");
      byte[][] keys = keys();
      for (int i = 0; i < ENTRIES; i++) {
        map.putLong(keys[i], Entries.mark(i));
      }
      if (!map.isMicro()) {
        throw new IllegalStateException(map + " is not a micro ZAP");
      }
      int[] numbers = Distribution.UNIFORM.choices(ENTRIES, 1);
      int[] at = {0};
      Worker worker = () -> gets(map, keys, numbers, at);
      List<Double> times = new ArrayList<>();
      for (long i = -parameters.number("warmUps"); i < parameters.number("iterations"); i++) {
        double nanos = Timing.nanosPerOperation(List.of(worker), parameters.seconds());
        if (i >= 0) {
          times.add(nanos);
        }
      }
      return new Figures().put(GET_LONG, Samples.median(times.stream().sorted().toList()));
    }
  }

  /** Text: a micro ZAP has no keys with a byte 0. */
  private static byte[][] keys() {
    byte[][] keys = new byte[ENTRIES][];
    for (int i = 0; i < ENTRIES; i++) {
      String text = String.format(Locale.ROOT, "%016x", Entries.mark(i));
      keys[i] = text.getBytes(StandardCharsets.US_ASCII);
    }
    return keys;
  }

  private static long gets(ZapMap map, byte[][] keys, int[] numbers, int[] at) {
    long sum = 0;
    int next = at[0];
    for (int i = 0; i < BATCH; i++) {
      int number = numbers[next++ & (numbers.length - 1)];
      sum += map.getLong(keys[number], 0) - Entries.mark(number);
    }
    at[0] = next;
    if (sum != 0) {
      throw new IllegalStateException("what was read is not what was written");
    }
    return BATCH;
  }
}
