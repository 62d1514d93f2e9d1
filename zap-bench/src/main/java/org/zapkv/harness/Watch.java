// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.zapkv.harness.report.Coverage;
import org.zapkv.harness.report.Progress;
import org.zapkv.harness.run.RunListener;

/** Shows how far a run is while it is open, and how far it came, should the process be ended. */
final class Watch implements RunListener, AutoCloseable {
  private final Screen screen;
  private final Settings settings;
  private final Progress progress;
  private final AtomicLong operations = new AtomicLong();
  private final Thread hook = new Thread(this::ended, "harness-ended");

  Watch(Screen screen, Settings settings) {
    this.screen = screen;
    this.settings = settings;
    this.progress =
        new Progress(settings.duration(), screen.terminal(), this::show, System::nanoTime);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void show(String text) {
    screen.err().print(text);
    screen.err().flush();
  }

  @Override
  public void progress(long operationsNow, long openings, long faults, Coverage coverage) {
    operations.set(operationsNow);
    progress.to(operationsNow, openings, faults);
  }

  /** Ctrl-C. */
  private void ended() {
    progress.clear();
    screen
        .err()
        .println(
            String.format(
                Locale.ROOT,
                "ended early, after %,d operations without a violation; seed %d",
                operations.get(),
                settings.seed()));
  }

  @Override
  public void close() {
    progress.clear();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is being ended: the hook has said so.
    }
  }
}
