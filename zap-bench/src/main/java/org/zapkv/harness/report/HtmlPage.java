// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.zapkv.bench.report.Chart;
import org.zapkv.bench.report.Formats;

/** A run as a page for a browser: one file that needs no other, without scripts. */
public final class HtmlPage {
  private static final int BAR_WIDTH = 300;

  private static final MathContext MARK_DIGITS = new MathContext(3);

  private static final String STYLE =
      ":root{color-scheme:light dark}"
          + "body{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
          + "table{border-collapse:collapse}"
          + "td,th{text-align:left;padding:.15em 1em .15em 0;vertical-align:top}"
          + "td.figure{text-align:right;font-variant-numeric:tabular-nums}"
          + "tr.never{color:#c9510c}"
          + ".bad{border-left:.4em solid #f85149;padding-left:1em}"
          + ".good{border-left:.4em solid #3fb950;padding-left:1em}"
          + "pre{overflow-x:auto;padding:.6em;border:1px solid #8b949e}"
          + "svg{max-width:100%;height:auto}";

  private HtmlPage() {}

  /**
   * A run.
   *
   * @param result the run
   * @return HTML
   */
  public static String of(Result result) {
    StringBuilder out = new StringBuilder();
    String title = result.store().title() + ": " + result.verdict();
    out.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<title>")
        .append(escape(title))
        .append("</title>\n<style>")
        .append(STYLE)
        .append("</style>\n</head>\n<body>\n<h1>")
        .append(escape(title))
        .append("</h1>\n");
    verdict(result, out);
    charts(result, out);
    coverage(result, out);
    settings(result, out);
    return out.append("</body>\n</html>\n").toString();
  }

  private static void verdict(Result result, StringBuilder out) {
    Result.Problem problem = result.problem();
    out.append(problem == null ? "<div class=\"good\">\n" : "<div class=\"bad\">\n");
    paragraph(
        out,
        String.format(
            Locale.ROOT,
            "%s operations in %.1f s, on %s stores that were opened %s times;"
                + " %s things went wrong on purpose. Openings after a crash: %s.",
            Formats.count(result.operations()),
            result.seconds(),
            Formats.count(result.lives()),
            Formats.count(result.openings()),
            Formats.count(result.faults()),
            result.recoveries().describe()));
    if (problem != null) {
      problem(problem, out);
    }
    out.append("</div>\n");
  }

  private static void problem(Result.Problem problem, StringBuilder out) {
    out.append("<p><strong>").append(escape(problem.message())).append("</strong></p>\n");
    paragraph(out, "In " + Summary.where(problem) + ": " + problem.operation());
    paragraph(out, "To do it again:");
    preformatted(out, problem.again());
    if (problem.log() != null) {
      paragraph(out, "The operations that lead to it, of " + problem.log() + ":");
      preformatted(out, problem.lines());
    }
  }

  private static void charts(Result result, StringBuilder out) {
    out.append("<h2>Over time</h2>\n");
    rate(out, "operations per second", result, Timeline.Sample::operations);
    rate(out, "faults per second", result, Timeline.Sample::faults);
    rate(out, "openings per second", result, Timeline.Sample::openings);
    if (result.recoveries().count() > 0) {
      out.append("<h2>How long openings after a crash took</h2>\n");
      out.append(Chart.bars("openings", result.recoveries().bars(), Formats::count));
    }
  }

  private static void rate(
      StringBuilder out, String title, Result result, ToLongFunction<Timeline.Sample> number) {
    List<Chart.Point> points = new ArrayList<>();
    List<Timeline.Sample> samples = result.samples();
    for (int i = 1; i < samples.size(); i++) {
      Timeline.Sample from = samples.get(i - 1);
      Timeline.Sample to = samples.get(i);
      double seconds = to.seconds() - from.seconds();
      if (seconds > 0) {
        double rate = (number.applyAsLong(to) - number.applyAsLong(from)) / seconds;
        points.add(new Chart.Point(to.seconds(), Math.max(0, rate)));
      }
    }
    if (!points.isEmpty()) {
      out.append(Chart.overTime(title, "seconds", points, HtmlPage::mark));
    }
  }

  /** What is at an axis: a round number, which may be small. */
  private static String mark(double value) {
    return value >= 1
        ? Formats.number(value)
        : new BigDecimal(value, MARK_DIGITS).stripTrailingZeros().toPlainString();
  }

  private static void coverage(Result result, StringBuilder out) {
    out.append("<h2>What happened, and what did not</h2>\n");
    paragraph(
        out,
        "What never happened was not tested. The bars are as long as the logarithms of the"
            + " numbers.");
    out.append("<table>\n");
    double most = 1;
    for (Event event : Event.values()) {
      most = Math.max(most, magnitude(result.coverage().count(event)));
    }
    for (Event event : Event.values()) {
      long count = result.coverage().count(event);
      String reason = result.untested().get(event);
      out.append(count == 0 ? "<tr class=\"never\"><td>" : "<tr><td>")
          .append(escape(event.title()))
          .append("</td><td class=\"figure\">")
          .append(Formats.count(count))
          .append("</td><td>")
          .append(count > 0 ? bar(magnitude(count) / most) : escape(untested(reason)))
          .append("</td></tr>\n");
    }
    out.append("</table>\n");
  }

  private static String untested(@Nullable String reason) {
    return reason == null ? "not tested" : "not tested: " + reason;
  }

  private static double magnitude(long count) {
    return Math.log1p((double) count);
  }

  private static String bar(double part) {
    return String.format(
        Locale.ROOT,
        "<svg width=\"%d\" height=\"12\" role=\"presentation\">"
            + "<rect width=\"%.1f\" height=\"12\" fill=\"#2f81f7\"/></svg>",
        BAR_WIDTH,
        part * BAR_WIDTH);
  }

  private static void settings(Result result, StringBuilder out) {
    out.append("<h2>Settings</h2>\n<table>\n");
    for (Map.Entry<String, String> setting : result.told().entrySet()) {
      row(out, setting.getKey(), setting.getValue());
    }
    row(out, "settings of the store", result.store().settings());
    row(out, "what it promises", result.store().promise());
    out.append("</table>\n");
  }

  private static void row(StringBuilder out, String name, String value) {
    out.append("<tr><th>")
        .append(escape(name))
        .append("</th><td>")
        .append(escape(value))
        .append("</td></tr>\n");
  }

  private static void paragraph(StringBuilder out, String text) {
    out.append("<p>").append(escape(text)).append("</p>\n");
  }

  private static void preformatted(StringBuilder out, List<String> lines) {
    out.append("<pre>");
    lines.forEach(line -> out.append(escape(line)).append('\n'));
    out.append("</pre>\n");
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
