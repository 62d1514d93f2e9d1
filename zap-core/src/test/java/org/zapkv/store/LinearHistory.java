// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What several threads asked of one key and were told, and whether there is an order of these calls
 * that explains it: in which each call takes effect at one moment between its begin and its end.
 * (The method of Wing and Gong, with Lowe's memory of what was tried.) Histories of different keys
 * are told apart by the caller, as a set of keys is linearizable if each of them is.
 */
final class LinearHistory {
  /** The state of a key that is not there; no value of a test is that. */
  static final long ABSENT = -1;

  /** What a call does to a key, by itself. */
  @FunctionalInterface
  interface Effect {
    /** What it answers where the key has a value, or is {@link #ABSENT}; and the next state. */
    Step on(long state);
  }

  /** An answer and the state after it. */
  record Step(long answer, long next) {}

  private record Call(String what, Effect effect, long begin, long end, long answer) {}

  private final AtomicLong clock = new AtomicLong();

  /** At most 64, so that sets of them are words. */
  private final List<Call> calls = new ArrayList<>();

  /** Makes a call and records it. */
  void call(String what, Effect effect, LongSupplier made) {
    long begin = clock.incrementAndGet();
    long answer = made.getAsLong();
    long end = clock.incrementAndGet();
    synchronized (calls) {
      calls.add(new Call(what, effect, begin, end, answer));
    }
  }

  /** Null if there is such an order from a state on; else the history, for a message. */
  @Nullable String problem(long state) {
    return isExplained(0, state, new HashSet<>()) ? null : describe();
  }

  private record Tried(long done, long state) {}

  private boolean isExplained(long done, long state, Set<Tried> tried) {
    if (Long.bitCount(done) == calls.size()) {
      return true;
    }
    if (!tried.add(new Tried(done, state))) {
      return false;
    }
    long firstEnd = Long.MAX_VALUE;
    for (int i = 0; i < calls.size(); i++) {
      firstEnd = isDone(done, i) ? firstEnd : Math.min(firstEnd, calls.get(i).end);
    }
    for (int i = 0; i < calls.size(); i++) {
      Call call = calls.get(i);
      // None may come before one that was over when it began.
      if (!isDone(done, i) && call.begin < firstEnd) {
        Step step = call.effect.on(state);
        if (step.answer == call.answer && isExplained(done | 1L << i, step.next, tried)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isDone(long done, int call) {
    return (done >>> call & 1) != 0;
  }

  private String describe() {
    StringBuilder text = new StringBuilder("no order explains:");
    calls.stream()
        .sorted((a, b) -> Long.compare(a.begin, b.begin))
        .forEach(
            call ->
                text.append(
                    "\n  %3d to %3d: %s = %d"
                        .formatted(call.begin, call.end, call.what, call.answer)));
    return text.toString();
  }
}
