// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.bench.report.Directories;
import org.zapkv.harness.Settings;
import org.zapkv.harness.operation.LifeFile;

/**
 * Runs lives of stores in child processes that are killed at random moments, with {@code SIGKILL}
 * or what the system has for it: what a process has given to the system survives that, also what
 * was not flushed, so nothing is said of a loss of power. A store is only ever opened in a child,
 * with the flags that its kind asks for; it may crash there. Operations follow from the seed; the
 * moments of kills do so as far as they are counted in commits. Used once.
 */
public final class KillRunner {
  /*
   * Implementation notes
   *
   * Both processes make up the same operations. A child opens the store and says what it holds; this
   * process judges that, and has the child do the operations of a segment. The child says of each
   * commit that it has returned, by a write to a pipe, which outlives it; this process counts, and
   * kills it. If the child gets to the end, it closes the store, and may be told to open it again.
   * Meanwhile the child judges what it reads by an oracle of its own, that begins with what it has
   * found.
   *
   * A violation is written down with the operations that lead to it and the kills, but not minimised:
   * a shorter life would have to be killed many times to say whether it fails, too.
   */

  private final Settings settings;
  private final int kills;
  private final RunListener listener;
  private final List<Problem> problems = new ArrayList<>();

  /**
   * What a store did wrong.
   *
   * @param life in which life
   * @param located what, and where
   * @param log the operations and kills that lead to it
   */
  record Problem(int life, Located located, Path log) {}

  /**
   * A run that ends after some time.
   *
   * @param settings what is run
   * @param listener told how far it is
   */
  public KillRunner(Settings settings, RunListener listener) {
    this(settings, Integer.MAX_VALUE, listener);
  }

  /**
   * A run that ends after so many kills, or some time.
   *
   * @param settings what is run
   * @param kills how many there are at most
   * @param listener told how far it is
   */
  public KillRunner(Settings settings, int kills, RunListener listener) {
    this.settings = settings;
    this.kills = kills;
    this.listener = listener;
  }

  /**
   * Runs, until the time is over or the store has done something wrong. If the calling thread is
   * interrupted, that is the end, too.
   *
   * @return what came out; no child is there any more
   * @throws IOException if files of the harness cannot be read or written, or no process can be
   *     started
   */
  public Outcome run() throws IOException {
    try (KillRun run = begin()) {
      lives(run, true);
      Problem problem = problems.isEmpty() ? null : problems.get(0);
      return new Outcome(
          settings.seed(),
          run.tally.operations.sum(),
          run.tally.lives.sum(),
          run.tally.openings.sum(),
          run.tally.faults.sum(),
          run.elapsed(),
          run.tally.coverage,
          run.tally.recoveries(),
          failure(problem),
          problem == null ? null : problem.log);
    }
  }

  private static Outcome.@Nullable Failure failure(@Nullable Problem problem) {
    return problem == null
        ? null
        : new Outcome.Failure(
            problem.life,
            problem.located.segment,
            problem.located.step,
            problem.located.operation,
            String.valueOf(problem.located.violation.getMessage()));
  }

  /** Runs until it is over; where a store has done something wrong, it goes on with another one. */
  PeerResult runOn() throws IOException {
    try (KillRun run = begin()) {
      lives(run, false);
      return PeerResult.of(
          run, problems.stream().map(problem -> problem.located.violation).toList());
    }
  }

  private KillRun begin() throws IOException {
    Path given = settings.directory();
    Path directory =
        given == null
            ? Files.createTempDirectory("zap-kill")
            : Files.createTempDirectory(Files.createDirectories(given), "zap-kill");
    return new KillRun(settings, directory, kills, listener);
  }

  private void lives(KillRun run, boolean endsWithProblem) throws IOException {
    try {
      int number = 0;
      do {
        live(run, number++);
      } while (!run.isOver() && !(endsWithProblem && !problems.isEmpty()));
      run.tellNow();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      run.close();
      Files.deleteIfExists(run.directory.resolve(KillProcess.ERRORS));
      if (problems.isEmpty()) {
        Directories.remove(run.directory);
      }
    }
  }

  private void live(KillRun run, int number) throws IOException, InterruptedException {
    KillLife life = new KillLife(run, number);
    Path path = KillChild.path(run.directory, number);
    boolean isKept = false;
    try {
      life.live();
    } catch (Located e) {
      // Its files are of use to who looks for the reason; those of the first one will do.
      isKept = problems.isEmpty();
      problems.add(new Problem(number, e, write(run, number, life.history(), e)));
      run.close();
    }
    run.tally.lives.increment();
    if (!isKept) {
      Directories.remove(path);
    }
  }

  private Path write(KillRun run, int number, List<String> history, Located located)
      throws IOException {
    Path log = run.directory.resolve("kill-" + settings.seed() + "-" + number + ".life");
    LifeFile.write(log, run.script.life(number, settings.store().getClass().getName()));
    List<String> lines = new ArrayList<>();
    lines.add("Processes were killed, which a replay of this does not do:");
    lines.addAll(history);
    lines.addAll(String.valueOf(located.violation.getMessage()).lines().toList());
    return Files.write(
        log,
        lines.stream().map(line -> "# " + line).toList(),
        StandardCharsets.UTF_8,
        StandardOpenOption.APPEND);
  }
}
