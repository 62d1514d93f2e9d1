// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.zapkv.harness.report.Coverage;
import org.zapkv.harness.report.Progress;
import org.zapkv.harness.run.RunListener;

/**
 * Shows how far a run is, until it is closed; and if the process is told to end meanwhile (Ctrl-C),
 * interrupts the thread that made this, and lets it tell of what there is.
 */
final class Watch implements RunListener, AutoCloseable {
  /** The run ends the life it is in; a store that hangs is not waited for. */
  private static final long END_SECONDS = 20;

  private final Screen screen;
  private final Progress progress;
  private final Thread running = Thread.currentThread();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook = new Thread(this::endEarly, "harness-end");

  Watch(Screen screen, Duration duration) {
    this.screen = screen;
    this.progress = new Progress(duration, screen.terminal(), this::show, System::nanoTime);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void show(String text) {
    screen.err().print(text);
    screen.err().flush();
  }

  @Override
  public void progress(long operations, long openings, long faults, Coverage coverage) {
    progress.to(operations, openings, faults);
  }

  void clear() {
    progress.clear();
  }

  private void endEarly() {
    running.interrupt();
    try {
      if (!closed.await(END_SECONDS, TimeUnit.SECONDS)) {
        screen.err().println("the run did not end within " + END_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    progress.clear();
    closed.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is being ended: the hook runs.
    }
  }
}
