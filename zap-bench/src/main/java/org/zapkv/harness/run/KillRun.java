// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.zapkv.harness.Settings;
import org.zapkv.harness.report.Event;

/** What the lives of a run with kills have in common. Used by one thread. */
final class KillRun implements AutoCloseable {
  private static final Duration LOOK = Duration.ofMillis(200);

  /** A child finds by itself what hangs; if it says nothing for longer than this, it is that. */
  private static final Duration PATIENCE = Runner.HANG.multipliedBy(3);

  final Settings settings;
  final Path directory;
  final KillScript script;
  final Tally tally = new Tally();
  private final RunListener listener;
  private final int mostKills;
  private final long begunNanos = System.nanoTime();
  private long toldNanos = begunNanos;

  /** Null: it has ended. */
  private @Nullable KillProcess child;

  /* For the report. */

  long kills;
  long durable;
  long later;
  long lost;

  KillRun(Settings settings, Path directory, int mostKills, RunListener listener) {
    this.settings = settings;
    this.directory = directory;
    this.mostKills = mostKills;
    this.listener = listener;
    this.script =
        new KillScript(
            settings.seed(),
            settings.threads(),
            settings.store().capabilities(),
            settings.faults());
  }

  boolean isOver() {
    return kills >= mostKills || elapsed().compareTo(settings.duration()) >= 0;
  }

  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - begunNanos);
  }

  /** A process that waits for a command, or is about to. */
  KillProcess child() throws IOException {
    KillProcess present = child;
    if (present == null) {
      present = KillProcess.start(settings, directory);
      child = present;
    }
    return present;
  }

  /**
   * What the child says next; null: it hangs. After {@link Message.Verb#END} there is none.
   *
   * @param present the child
   */
  @Nullable Message next(KillProcess present) throws InterruptedException {
    for (Duration waited = Duration.ZERO;
        waited.compareTo(PATIENCE) < 0;
        waited = waited.plus(LOOK)) {
      tell();
      Message message = present.next(LOOK);
      if (message != null) {
        if (message.verb() == Message.Verb.END) {
          child = null;
        }
        return message;
      }
    }
    return null;
  }

  private void tell() {
    long now = System.nanoTime();
    if (now - toldNanos >= LOOK.toNanos()) {
      toldNanos = now;
      tellNow();
    }
  }

  void tellNow() {
    listener.progress(
        tally.operations.sum(), tally.openings.sum(), tally.faults.sum(), tally.coverage);
  }

  /** Kills the child at a moment that nothing is known of. */
  void kill(long micros) throws IOException, InterruptedException {
    // Not for anything to happen, but for the moment to be a random one.
    TimeUnit.MICROSECONDS.sleep(micros);
    child().kill();
    kills++;
    tally.fault(Event.KILL, 1);
  }

  /** Ends the child. */
  @Override
  public void close() {
    if (child != null) {
      child.close();
      child = null;
    }
  }
}
