// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.fault.FaultKind;
import org.zapkv.harness.run.Outcome;
import org.zapkv.harness.run.RunListener;
import org.zapkv.harness.run.Runner;
import org.zapkv.harness.subject.StoreKind;

/**
 * Finds out whether a store loses data:
 *
 * <pre>{@code
 * Outcome outcome = Harness.of(new MyStoreKind()).duration(Duration.ofMinutes(1)).run();
 * assertNull(outcome.violation());
 * }</pre>
 *
 * <p>Used by one thread.
 */
public final class Harness {
  private static final Duration USUAL_DURATION = Duration.ofSeconds(60);
  private static final int USUAL_THREADS = 2;
  private static final int MOST_THREADS = 64;

  /** Fresh seeds are below, so that all programs that read JSON can hold them. */
  private static final long SEEDS = 1L << 53;

  private final StoreKind store;
  private Duration duration = USUAL_DURATION;
  private long seed = freshSeed();
  private int threads = USUAL_THREADS;
  private Set<FaultKind> faults;
  private @Nullable Path directory;
  private @Nullable Path reports;
  private RunListener listener = RunListener.NONE;

  private Harness(StoreKind store) {
    this.store = store;
    this.faults = Engines.usualFaults(store.capabilities());
  }

  /**
   * For a store: one minute, two threads, a fresh seed, all faults but kills; for a store that
   * cannot be put on the harness's devices, kills and interrupts.
   *
   * @param store the kind of store
   * @return a harness
   */
  public static Harness of(StoreKind store) {
    return new Harness(store);
  }

  static long freshSeed() {
    return new SplittableRandom().nextLong(SEEDS);
  }

  /**
   * After how long no new store is begun with; the one that is there is ended.
   *
   * @param value above zero
   * @return this
   * @throws IllegalArgumentException if it is not
   */
  public Harness duration(Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException("duration=" + value + " must be above zero.");
    }
    duration = value;
    return this;
  }

  /**
   * What everything follows from, but for what threads do at the same time.
   *
   * @param value any number
   * @return this
   */
  public Harness seed(long value) {
    seed = value;
    return this;
  }

  /**
   * How many threads use the store at once. With 1 a run with the same seed does the same again.
   *
   * @param value 1 to 64
   * @return this
   * @throws IllegalArgumentException if it is not
   */
  public Harness threads(int value) {
    if (value < 1 || value > MOST_THREADS) {
      throw new IllegalArgumentException(
          "threads=" + value + " must be 1 to " + MOST_THREADS + ".");
    }
    threads = value;
    return this;
  }

  /**
   * What may go wrong. With kills and others, a quarter of the time is for kills.
   *
   * @param value some, or none; for a store that cannot be put on the harness's devices only {@link
   *     FaultKind#KILL} and {@link FaultKind#INTERRUPT}
   * @return this
   */
  public Harness faults(Set<FaultKind> value) {
    faults = value.isEmpty() ? EnumSet.noneOf(FaultKind.class) : EnumSet.copyOf(value);
    return this;
  }

  /**
   * Where stores and logs of operations are made.
   *
   * @param value a directory; made if it is missing. Without, a temporary one
   * @return this
   */
  public Harness directory(Path value) {
    directory = value;
    return this;
  }

  /**
   * Has a page, JSON and text written about the run, and a copy of the log of a violation.
   *
   * @param value a directory; made if it is missing. Without, nothing is written
   * @return this
   */
  public Harness reports(Path value) {
    reports = value;
    return this;
  }

  /**
   * Who is told how far the run is.
   *
   * @param value called by one thread at a time
   * @return this
   */
  public Harness listener(RunListener value) {
    listener = value;
    return this;
  }

  /**
   * Runs until the time is over or the store has done something wrong.
   *
   * @return what came out
   * @throws IllegalArgumentException if the store is not for these faults
   * @throws IOException if files of the harness cannot be read or written
   * @throws InterruptedException if the thread is interrupted
   */
  public Outcome run() throws IOException, InterruptedException {
    return finish().outcome();
  }

  FinishedRun finish() throws IOException, InterruptedException {
    Engines engines =
        new Engines(
            (settings, told) -> new Runner(settings, told).run(),
            (settings, told) -> {
              throw new UnsupportedOperationException("There are no kills yet.");
            });
    return FinishedRun.of(engines, settings(), listener, reports);
  }

  Settings settings() {
    Settings settings = new Settings(store, duration, seed, threads, faults, directory);
    Engines.check(settings);
    return settings;
  }
}
