// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.DoubleFunction;
import java.util.function.LongToDoubleFunction;
import org.zapkv.bench.peer.PeerKind;
import org.zapkv.bench.report.Chart;
import org.zapkv.bench.report.Formats;
import org.zapkv.bench.report.Samples;

/** The charts of the report. */
final class Charts {
  private static final String MAIN = "points/" + Section.USUAL_BYTES;

  private final Run run;

  /** By the names of their files, without the ending. */
  private final Map<String, String> charts = new LinkedHashMap<>();

  private Charts(Run run) {
    this.run = run;
  }

  /** The charts of some sections, by the names of their files without the ending. */
  static Map<String, String> of(Run run, Set<Section> sections) {
    Charts charts = new Charts(run);
    if (sections.contains(Section.POINTS)) {
      charts.points();
    }
    if (sections.contains(Section.DURABLE)) {
      for (int threads : Section.DURABLE_THREADS) {
        String title =
            "durable puts per second, " + threads + (threads == 1 ? " thread" : " threads");
        charts.bars(
            "durable-" + threads, title, "durable/" + threads, "perSecond", true, Formats::count);
      }
    }
    if (sections.contains(Section.GROWTH)) {
      charts.growth("growth-get", "get hit, ns", new Point(Operation.GET_HIT).figure(), n -> 1);
      charts.growth("growth-update", "update, ns", new Point(Operation.UPDATE).figure(), n -> 1);
      charts.growth(
          "growth-bytes", "bytes of the files per entry", FilesTask.BYTES, n -> (double) n);
    }
    return charts.charts;
  }

  private void points() {
    String of = ", " + Formats.count(run.scale().entries()) + " entries, values of 100 bytes";
    operation("get-hit", new Point(Operation.GET_HIT), of);
    operation("get-hit-2", new Point(Operation.GET_HIT, Distribution.UNIFORM, 2), of);
    operation("get-miss", new Point(Operation.GET_MISS), of);
    operation("update", new Point(Operation.UPDATE), of);
    operation("scan", new Point(Operation.SCAN), of);
    bars(
        "load",
        "loaded per second by a warm JVM" + of,
        MAIN,
        FilesTask.PER_SECOND,
        true,
        Formats::count);
    bars("file", "files after the load" + of, MAIN, FilesTask.BYTES, false, Formats::megabytes);
  }

  private void operation(String name, Point point, String of) {
    String title = point.title() + of + ": ns";
    bars(name, title, MAIN, point.figure(), false, Formats::number);
  }

  /** The best at the top. */
  private void bars(
      String name,
      String title,
      String what,
      String figure,
      boolean moreIsBetter,
      DoubleFunction<String> format) {
    Samples samples = run.samples();
    List<Chart.Bar> bars = new ArrayList<>();
    for (PeerKind kind : run.peers()) {
      String subject = Section.subject(what, kind);
      samples
          .median(subject, figure)
          .ifPresent(
              median ->
                  bars.add(
                      new Chart.Bar(
                          kind.title(),
                          median,
                          samples.least(subject, figure).orElse(median),
                          samples.greatest(subject, figure).orElse(median),
                          kind == PeerKind.ZAP)));
    }
    Comparator<Chart.Bar> order = Comparator.comparingDouble(Chart.Bar::value);
    bars.sort(moreIsBetter ? order.reversed() : order);
    charts.put(name, Chart.bars(title, bars, format));
  }

  private void growth(String name, String title, String figure, LongToDoubleFunction divisor) {
    List<Chart.Line> lines = new ArrayList<>();
    for (PeerKind kind : run.peers()) {
      line(lines, kind, kind.title(), Section.USUAL_BYTES, run.scale().growth(), figure, divisor);
    }
    String own = PeerKind.ZAP.title() + ", 8-byte values";
    line(lines, PeerKind.ZAP, own, Long.BYTES, run.scale().ownGrowth(), figure, divisor);
    if (!lines.isEmpty()) {
      charts.put(name, Chart.lines(title, "entries", lines, Formats::count));
    }
  }

  private void line(
      List<Chart.Line> lines,
      PeerKind kind,
      String label,
      int valueBytes,
      List<Long> sizes,
      String figure,
      LongToDoubleFunction divisor) {
    List<Chart.Point> points = new ArrayList<>();
    for (long entries : sizes) {
      String subject = Section.subject("growth/" + valueBytes + "/" + entries, kind);
      OptionalDouble median = run.median(subject, figure);
      if (median.isPresent()) {
        double y = median.getAsDouble() / divisor.applyAsDouble(entries);
        points.add(new Chart.Point((double) entries, y));
      }
    }
    if (!points.isEmpty()) {
      lines.add(new Chart.Line(label, points));
    }
  }
}
