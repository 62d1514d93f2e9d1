// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.report;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.zapkv.bench.report.Formats;

/**
 * Shows how far a run is: on a terminal as one line that changes, elsewhere as a line every ten
 * seconds. Any thread.
 */
public final class Progress {
  private static final long TERMINAL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long PLAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Over how long a rate is taken, at least. */
  private static final long RATE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final double NANOS_PER_SECOND = 1e9;
  private static final long MINUTE = 60;
  private static final long HOUR = 3600;

  private final long totalNanos;
  private final boolean terminal;
  private final Consumer<String> out;
  private final LongSupplier nanos;
  private final long begin;

  /** When the last line was shown. Guarded by this, as all that follows. */
  private long shown;

  private long rateSince;
  private long rateFrom;
  private double rate;

  /** The length of the line that is on the terminal; 0: none. */
  private int length;

  /**
   * The run begins now.
   *
   * @param total how long it is to take
   * @param terminal whether {@code out} is a terminal
   * @param out is given text, with ends of lines where there are any
   * @param nanos the time, as {@link System#nanoTime}
   */
  public Progress(Duration total, boolean terminal, Consumer<String> out, LongSupplier nanos) {
    this.totalNanos = total.toNanos();
    this.terminal = terminal;
    this.out = out;
    this.nanos = nanos;
    this.begin = nanos.getAsLong();
    this.shown = begin;
    this.rateSince = begin;
  }

  /**
   * The run is so far now.
   *
   * @param operations operations so far
   * @param openings openings so far
   * @param faults things that went wrong on purpose so far
   */
  public synchronized void to(long operations, long openings, long faults) {
    long now = nanos.getAsLong();
    if (now - shown < (terminal ? TERMINAL_NANOS : PLAIN_NANOS)) {
      return;
    }
    shown = now;
    if (now - rateSince >= RATE_NANOS || rateSince == begin) {
      rate = (operations - rateFrom) * NANOS_PER_SECOND / (now - rateSince);
      rateSince = now;
      rateFrom = operations;
    }
    show(
        String.format(
            Locale.ROOT,
            "%s operations, %s/s; %s openings, %s faults; %s",
            Formats.count(operations),
            Formats.count(rate),
            Formats.count(openings),
            Formats.count(faults),
            left(totalNanos - (now - begin))));
  }

  private void show(String line) {
    if (terminal) {
      out.accept('\r' + line + " ".repeat(Math.max(0, length - line.length())));
      length = line.length();
    } else {
      out.accept(line + '\n');
    }
  }

  /** Takes the line away from the terminal, if there is one. */
  public synchronized void clear() {
    if (length > 0) {
      out.accept('\r' + " ".repeat(length) + '\r');
      length = 0;
    }
  }

  /** What is begun is ended, so that a run takes longer than it was told to. */
  private static String left(long nanos) {
    long seconds = Math.round(nanos / NANOS_PER_SECOND);
    if (seconds <= 0) {
      return "ending";
    }
    return seconds < HOUR
        ? String.format(Locale.ROOT, "%d:%02d left", seconds / MINUTE, seconds % MINUTE)
        : String.format(
            Locale.ROOT,
            "%d:%02d:%02d left",
            seconds / HOUR,
            seconds % HOUR / MINUTE,
            seconds % MINUTE);
  }
}
