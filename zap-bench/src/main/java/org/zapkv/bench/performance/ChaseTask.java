// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.zapkv.bench.report.Figures;
import org.zapkv.bench.report.Parameters;
import org.zapkv.bench.report.Samples;

/**
 * Loads of which each needs what the one before found, in native memory, in a random cycle through
 * all lines of it: what a cache miss costs, with that of the translation of its address.
 */
final class ChaseTask {
  /** The time of a load. */
  static final String NANOS = "nanos";

  private static final int LINE_BYTES = 64;
  private static final int BATCH = 256;

  private ChaseTask() {}

  static Figures run(Parameters parameters) throws InterruptedException {
    int bytes = (int) Math.min(1 << 30, parameters.number("bytes")) / LINE_BYTES * LINE_BYTES;
    ByteBuffer memory = cycle(bytes);
    int[] at = {0};
    Worker worker = () -> chase(memory, at);
    List<Double> times = new ArrayList<>();
    for (long i = -parameters.number("warmUps"); i < parameters.number("iterations"); i++) {
      double nanos = Timing.nanosPerOperation(List.of(worker), parameters.seconds());
      if (i >= 0) {
        times.add(nanos);
      }
    }
    return new Figures().put(NANOS, Samples.median(times.stream().sorted().toList()));
  }

  /** Each line begins with the position of the next one; one cycle has them all. */
  static ByteBuffer cycle(int bytes) {
    int[] lines = new int[bytes / LINE_BYTES];
    for (int i = 0; i < lines.length; i++) {
      lines[i] = i;
    }
    SplittableRandom random = new SplittableRandom(1);
    // A permutation of one cycle, by the algorithm of Sattolo.
    for (int i = lines.length - 1; i > 0; i--) {
      int j = random.nextInt(i);
      int other = lines[j];
      lines[j] = lines[i];
      lines[i] = other;
    }
    ByteBuffer memory = ByteBuffer.allocateDirect(bytes);
    for (int i = 0; i < lines.length; i++) {
      memory.putInt(i * LINE_BYTES, lines[i] * LINE_BYTES);
    }
    return memory;
  }

  private static long chase(ByteBuffer memory, int[] at) {
    int position = at[0];
    for (int i = 0; i < BATCH; i++) {
      position = memory.getInt(position);
    }
    at[0] = position;
    return BATCH;
  }
}
