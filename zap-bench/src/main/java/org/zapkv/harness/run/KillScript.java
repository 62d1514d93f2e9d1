// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.operation.Generator;
import org.zapkv.harness.operation.Life;
import org.zapkv.harness.operation.Segment;
import org.zapkv.harness.operation.Segment.Ending;
import org.zapkv.harness.subject.Capability;
import org.zapkv.harness.subject.OpenOptions;

/**
 * The lives of a run: two processes that have the same settings have the same ones. Used by one
 * thread.
 */
final class KillScript {
  private final long seed;
  private final int threads;
  private final Set<Capability> capabilities;
  private final Set<FaultKind> faults;

  /** The life that was asked for last. */
  private int number = -1;

  private @Nullable Generator generator;
  private final List<Segment> segments = new ArrayList<>();

  KillScript(long seed, int threads, Set<Capability> capabilities, Set<FaultKind> faults) {
    this.seed = seed;
    this.threads = threads;
    this.capabilities = capabilities;
    this.faults = faults;
  }

  int threads() {
    return threads;
  }

  private Generator generator(int life) {
    Generator present = generator;
    if (present == null || life != number) {
      present = new Generator(seed, life, threads, capabilities, faults);
      generator = present;
      number = life;
      segments.clear();
    }
    return present;
  }

  /** How many segments a life has in which something is done. */
  int segments(int life) {
    return generator(life).segments();
  }

  /** A segment of a life; after all others comes one in which nothing is done. */
  Segment segment(int life, int index) {
    Generator of = generator(life);
    while (segments.size() <= Math.min(index, of.segments() - 1)) {
      segments.add(of.next());
    }
    if (index < of.segments()) {
      return segments.get(index);
    }
    OpenOptions options = segments.get(segments.size() - 1).options();
    return new Segment(options, 0, List.of(), new Ending.Close());
  }

  /** A life as far as it was asked for. */
  Life life(int life, String store) {
    return generator(life).life(store);
  }
}
