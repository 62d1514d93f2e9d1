// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.function.Consumer;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** How far a task is, as a bar for a person, or not at all. Closing it takes the bar away. */
final class Progress implements AutoCloseable {
  private static final int WIDTH = 79;
  private static final int REDRAW_MILLIS = 200;

  /** What is counted. */
  enum Unit {
    MEBIBYTES(" MiB", 1 << 20),
    ENTRIES(" entries", 1);

    private final String label;
    private final long size;

    Unit(String label, long size) {
      this.label = label;
      this.size = size;
    }
  }

  private final @Nullable ProgressBar bar;
  private final Runnable erase;

  private Progress(@Nullable ProgressBar bar, Runnable erase) {
    this.bar = bar;
    this.erase = erase;
  }

  static Progress none() {
    return new Progress(null, () -> {});
  }

  static Progress bar(String task, long total, Unit unit, Consumer<String> draw, Runnable erase) {
    // With a consumer of our own the bar needs no native code to learn about the terminal.
    ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(total)
            .setUnit(unit.label, unit.size)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(REDRAW_MILLIS)
            .showSpeed()
            .setConsumer(new DelegatingProgressBarConsumer(draw, WIDTH))
            .build();
    return new Progress(bar, erase);
  }

  void to(long done) {
    if (bar != null) {
      bar.stepTo(done);
    }
  }

  void to(long done, long total) {
    if (bar != null) {
      bar.maxHint(total);
      bar.stepTo(done);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      erase.run();
    }
  }
}
