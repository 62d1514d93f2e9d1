// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.zapkv.store.PublishedStatistics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "top",
    description = "Shows what a store is doing that another process has open.",
    footer = {
      "",
      "On a terminal a page that is drawn anew, else a line each time, with the rates since",
      "the one before. Ends with exit code 0 when the store is closed there, and with 4 if",
      "no process publishes statistics of it: none has it open for writing, or one that",
      "does not say publishStatistics(true) to its ZapStoreBuilder. 'load' and the other",
      "commands do. Of a store that is not open 'zap stat' tells the figures.",
      "",
      "The figures are those of ZapStore.statistics(), of once a second. Reads and writes",
      "of single keys are not counted: a commit is a change, or a batch of changes.",
      "",
      "Examples:",
      "  zap top books",
      "  zap top --once --json books"
    })
final class TopCommand extends StorePathCommand {
  /** What is older was left by a process that was killed, or one that does not get to run. */
  private static final Duration FRESH = Duration.ofSeconds(5);

  /** A process publishes once a second: one that does not for so long is given up. */
  private static final int MAX_SILENT_SECONDS = 15;

  private static final int POLLS = 50;
  private static final int POLL_MILLIS = 60;

  @Option(names = "--once", description = "Print the figures as they are now, and end.")
  private boolean once;

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      defaultValue = "1",
      description = "Seconds between two looks, 1 or more (default ${DEFAULT-VALUE}).")
  private int intervalSeconds;

  /** How many lines of the page are above the cursor. */
  private int drawnLines;

  private boolean hasColumns;
  private long shown;

  TopCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() throws InterruptedException {
    if (intervalSeconds < 1) {
      throw usage("--interval: at least 1, not " + intervalSeconds);
    }
    PublishedStatistics first = awaitLive();
    if (once) {
      reportOnce(first);
    } else {
      watch(first);
    }
    return ExitCode.OK;
  }

  /** The figures of a process that is running. */
  private PublishedStatistics awaitLive() throws InterruptedException {
    PublishedStatistics first = read();
    if (first == null) {
      throw new CommandFailure(
          ExitCode.NOT_LIVE,
          "no process publishes statistics of store "
              + storePath()
              + ": none has it open for writing, or it does not say publishStatistics(true); see"
              + " 'zap top --help', or use 'zap stat' where no process has it open");
    }
    Duration age = Duration.between(first.published(), Clock.systemUTC().instant());
    if (age.abs().compareTo(FRESH) <= 0) {
      return first;
    }
    // Its clock may not be ours: one that is alive goes on to publish.
    for (int i = 0; i < POLLS; i++) {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      PublishedStatistics next = read();
      if (next != null && !isSame(first, next)) {
        return next;
      }
    }
    throw new CommandFailure(
        ExitCode.NOT_LIVE,
        "the statistics of store "
            + storePath()
            + " are "
            + age.toSeconds()
            + " s old: process "
            + first.processId()
            + " was killed, or does not get to run; what it left goes when the store is opened"
            + " again");
  }

  private @Nullable PublishedStatistics read() {
    Optional<PublishedStatistics> published = PublishedStatistics.read(storePath());
    return published.orElse(null);
  }

  private static boolean isSame(PublishedStatistics one, PublishedStatistics other) {
    return one.sequence() == other.sequence() && isSameOpening(one, other);
  }

  private static boolean isSameOpening(PublishedStatistics one, PublishedStatistics other) {
    return one.processId() == other.processId() && one.opened().equals(other.opened());
  }

  private void reportOnce(PublishedStatistics now) {
    if (json()) {
      members(now, null).forEach(this::report);
    } else {
      TopView.page(storePath().toString(), now, null).forEach(out()::println);
    }
  }

  private void watch(PublishedStatistics first) throws InterruptedException {
    boolean page = !json() && streams().isOutTerminal();
    PublishedStatistics last = first;
    if (page) {
      draw(last, null);
    }
    int silentSeconds = 0;
    while (true) {
      TimeUnit.SECONDS.sleep(intervalSeconds);
      PublishedStatistics next = read();
      if (next == null) {
        end();
        return;
      }
      if (isSame(last, next)) {
        silentSeconds += intervalSeconds;
        checkSilence(silentSeconds, next);
        continue;
      }
      silentSeconds = 0;
      if (isSameOpening(last, next)) {
        show(next, TopRates.between(last, next), page);
      }
      last = next;
    }
  }

  private void checkSilence(int seconds, PublishedStatistics last) {
    if (seconds > Math.max(MAX_SILENT_SECONDS, 2 * intervalSeconds)) {
      throw new CommandFailure(
          ExitCode.NOT_LIVE,
          "process "
              + last.processId()
              + " has published nothing of store "
              + storePath()
              + " for "
              + seconds
              + " s: it was killed, or does not get to run");
    }
  }

  private void show(PublishedStatistics now, TopRates rates, boolean page) {
    shown++;
    if (json()) {
      event(members(now, rates));
    } else if (page) {
      draw(now, rates);
    } else {
      if (!hasColumns) {
        out().println(TopView.columns());
        hasColumns = true;
      }
      out().println(TopView.row(now, rates));
    }
    out().flush();
  }

  private Map<String, @Nullable Object> members(PublishedStatistics now, @Nullable TopRates rates) {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    members.put("process", now.processId());
    members.put("opened", now.opened());
    members.put("published", now.published());
    members.put("closing", now.closing());
    if (rates != null) {
      members.put("perSecond", rates);
    }
    members.put("statistics", now.statistics());
    return members;
  }

  /** Over the page that is there. */
  private void draw(PublishedStatistics now, @Nullable TopRates rates) {
    List<String> lines = TopView.page(storePath().toString(), now, rates);
    if (drawnLines > 0) {
      out().print("\u001b[" + drawnLines + "A");
    }
    for (String line : lines) {
      out().println(line + "\u001b[K");
    }
    drawnLines = lines.size();
    out().flush();
  }

  private void end() {
    if (json()) {
      report("samples", shown);
    } else {
      out().println("store " + storePath() + " was closed");
    }
  }
}
