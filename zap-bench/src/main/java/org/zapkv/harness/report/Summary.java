// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.report;

import java.util.List;
import java.util.Locale;
import org.zapkv.bench.report.Formats;

/** A run as text for a terminal. */
public final class Summary {
  /** How many lines of a log are shown; the file has them all. */
  private static final int LOG_LINES = 40;

  /** How much of a line is shown: keys may be long. */
  private static final int LINE_LENGTH = 160;

  private Summary() {}

  /**
   * What came out of a run, and what it did not test.
   *
   * @param result the run
   * @return some lines
   */
  public static String of(Result result) {
    StringBuilder out = new StringBuilder();
    out.append(result.store().title()).append(": ").append(result.verdict()).append('\n');
    result.told().forEach((name, value) -> line(out, name, value));
    figures(result, out);
    out.append("What happened:\n");
    for (Event event : Event.values()) {
      long count = result.coverage().count(event);
      if (count > 0) {
        line(out, event.title(), Formats.count(count));
      }
    }
    if (!result.untested().isEmpty()) {
      out.append("NOT TESTED, for it never happened:\n");
      result.untested().forEach((event, reason) -> line(out, event.title(), reason));
    }
    Result.Problem problem = result.problem();
    if (problem != null) {
      problem(problem, out);
    }
    return out.toString();
  }

  private static void figures(Result result, StringBuilder out) {
    line(
        out,
        "operations",
        String.format(
            Locale.ROOT,
            "%s in %.1f s: %s/s",
            Formats.count(result.operations()),
            result.seconds(),
            Formats.count(result.operationsPerSecond())));
    line(out, "stores made", Formats.count(result.lives()));
    line(out, "openings", Formats.count(result.openings()));
    line(out, "faults", Formats.count(result.faults()));
    line(out, "openings after a crash", result.recoveries().describe());
  }

  private static void problem(Result.Problem problem, StringBuilder out) {
    out.append("VIOLATION ").append(problem.message()).append('\n');
    line(out, "where", where(problem));
    line(out, "operation", shortened(problem.operation()));
    if (problem.log() != null) {
      line(out, "log of operations", problem.log());
    }
    problem.again().forEach(command -> line(out, "again", command));
    List<String> lines = problem.lines();
    lines.stream()
        .limit(LOG_LINES)
        .forEach(text -> out.append("    ").append(shortened(text)).append('\n'));
    if (lines.size() > LOG_LINES) {
      out.append("    … and more\n");
    }
  }

  private static String shortened(String line) {
    return line.length() <= LINE_LENGTH ? line : line.substring(0, LINE_LENGTH) + '…';
  }

  static String where(Result.Problem problem) {
    return String.format(
        Locale.ROOT,
        "life %d, segment %d, after %s operations",
        problem.life(),
        problem.segment(),
        Formats.count(problem.step()));
  }

  private static void line(StringBuilder out, String name, String value) {
    out.append(String.format(Locale.ROOT, "  %-32s %s\n", name, value));
  }
}
