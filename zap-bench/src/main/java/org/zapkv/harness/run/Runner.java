// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.zapkv.bench.report.Directories;
import org.zapkv.harness.Settings;
import org.zapkv.harness.operation.Budget;
import org.zapkv.harness.operation.Generator;
import org.zapkv.harness.operation.Life;
import org.zapkv.harness.operation.LifeFile;
import org.zapkv.harness.operation.Minimiser;
import org.zapkv.harness.operation.Segment;
import org.zapkv.harness.oracle.Violation;
import org.zapkv.harness.oracle.Violation.Kind;
import org.zapkv.harness.subject.OpenOptions;

/**
 * Runs lives of stores in this process, one after the other, until time is over or the store does
 * something wrong. With one thread the same settings do the same again, as far as the store lets
 * them: of Zap see {@code org.zapkv.object.Surroundings}; how many lives there are is a matter of
 * time. Used once.
 */
public final class Runner {
  /*
   * Implementation notes
   *
   * A thread of its own makes the lives; the caller's watches it, tells the listener, and finds what
   * hangs: then it goes on without that thread, whose store is lost to this process. What the lives'
   * thread has found is read after its end, or is volatile.
   *
   * A life with several threads may not fail again each time: the minimiser tries it more than once,
   * and what it gives has failed at least once.
   */

  /** What takes longer hangs. */
  static final Duration HANG = Duration.ofSeconds(60);

  private static final Duration MINIMISING = Duration.ofSeconds(90);
  private static final int ATTEMPTS = 2000;

  /** How often a life of several threads is tried before it counts as one that does not fail. */
  private static final int TRIES = 3;

  private final Settings settings;
  private final RunListener listener;
  private final Duration minimising;
  private final Tally tally = new Tally();
  private final Watch watch = new Watch(HANG);
  private final long begunNanos = System.nanoTime();

  /* Of the life that there is; written by the lives' thread. */

  private volatile @Nullable Generator generator;
  private volatile @Nullable Scene scene;
  private volatile int number;

  private volatile boolean stopped;
  private volatile @Nullable Located located;
  private volatile @Nullable Throwable failure;

  /**
   * A run that has not begun.
   *
   * @param settings what is run
   * @param listener is told how far it is
   */
  public Runner(Settings settings, RunListener listener) {
    this(settings, listener, MINIMISING);
  }

  /**
   * A run that has not begun.
   *
   * @param settings what is run
   * @param listener is told how far it is
   * @param minimising how long a life that fails is made shorter at most; zero: it is kept as it is
   */
  public Runner(Settings settings, RunListener listener, Duration minimising) {
    this.settings = settings;
    this.listener = listener;
    this.minimising = minimising;
  }

  /**
   * Runs. If the calling thread is interrupted, the life that there is ends soon, and no other one
   * begins.
   *
   * @return what came out of it
   * @throws UncheckedIOException if the directory cannot be used
   */
  public Outcome run() {
    Path directory = directory();
    Violation hang = Watched.run(watch, () -> lives(directory), this::tell, this::stop);
    Throwable unexpected = failure;
    if (unexpected != null) {
      throw new IllegalStateException(
          "The harness itself has failed, seed " + settings.seed(), unexpected);
    }
    Located where = located;
    if (hang != null) {
      where = new Located(hang, -1, -1, "what has hung");
    }
    Path log = where == null ? null : write(directory, where.violation);
    if (where == null) {
      removeAll(directory);
    }
    return outcome(where, log);
  }

  private Path directory() {
    try {
      Path given = settings.directory();
      return given == null
          ? Files.createTempDirectory("zap-harness")
          : Files.createTempDirectory(Files.createDirectories(given), "zap-harness");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void tell() {
    listener.progress(
        tally.operations.sum(), tally.openings.sum(), tally.faults.sum(), tally.coverage);
  }

  private void stop() {
    stopped = true;
    Scene present = scene;
    if (present != null) {
      present.stop();
    }
  }

  private void lives(Path directory) {
    try {
      int next = 0;
      do {
        number = next;
        live(directory, next++);
      } while (!stopped && located == null && !isOver());
    } catch (Throwable e) {
      // All of them: the caller's thread is told.
      failure = e;
    }
  }

  private boolean isOver() {
    return System.nanoTime() - begunNanos >= settings.duration().toNanos();
  }

  private void live(Path directory, int lifeNumber) throws IOException {
    Generator lines =
        new Generator(
            settings.seed(),
            lifeNumber,
            settings.threads(),
            settings.store().capabilities(),
            settings.faults());
    Scene present = new Scene(settings.store(), tally, watch);
    generator = lines;
    scene = present;
    Path path = directory.resolve("life-" + lifeNumber);
    LifeRun life = LifeRun.of(present, settings.seed(), lifeNumber, settings.threads(), path);
    try {
      OpenOptions options = OpenOptions.USUAL;
      for (int i = 0; i < lines.segments() && !stopped; i++) {
        Segment segment = lines.next();
        options = segment.options();
        life.run(segment);
      }
      life.end(options);
      tally.lives.increment();
    } catch (Located e) {
      located = e;
      tally.lives.increment();
    }
    Directories.remove(path);
  }

  private String store() {
    return settings.store().getClass().getName();
  }

  /** Writes down the life that fails, and a shorter one if there is any; gives the best of them. */
  private Path write(Path directory, Violation violation) {
    Life life = Objects.requireNonNull(generator).life(store());
    String name = "violation-" + settings.seed() + "-" + number;
    try {
      Path whole = directory.resolve(name + ".life");
      LifeFile.write(whole, life);
      if (violation.kind() == Kind.HANG || minimising.isZero()) {
        return whole;
      }
      Life shorter =
          Minimiser.minimise(
              life, shorterOne -> isSame(shorterOne, violation), Budget.of(ATTEMPTS, minimising));
      if (shorter.equals(life)) {
        return whole;
      }
      Path minimal = directory.resolve(name + "-minimal.life");
      LifeFile.write(minimal, shorter);
      return minimal;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean isSame(Life life, Violation violation) {
    int tries = settings.threads() == 1 ? 1 : TRIES;
    for (int i = 0; i < tries; i++) {
      boolean isSame =
          Replay.run(life, settings.store())
              .filter(found -> found.kind() == violation.kind())
              .isPresent();
      if (isSame) {
        return true;
      }
    }
    return false;
  }

  /** A temporary one with nothing for the user. */
  private void removeAll(Path directory) {
    try {
      Directories.remove(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Outcome outcome(@Nullable Located where, @Nullable Path log) {
    Outcome.Failure told =
        where == null
            ? null
            : new Outcome.Failure(
                number,
                where.segment,
                where.step,
                where.operation,
                String.valueOf(where.violation.getMessage()));
    return new Outcome(
        settings.seed(),
        tally.operations.sum(),
        tally.lives.sum(),
        tally.openings.sum(),
        tally.faults.sum(),
        Duration.ofNanos(System.nanoTime() - begunNanos),
        tally.coverage,
        tally.recoveries(),
        told,
        log);
  }
}
