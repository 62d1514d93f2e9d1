// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;

/**
 * Charts as SVG, of their own: no library, no script, no background, and colours that can be read
 * on light and on dark pages.
 */
public final class Chart {
  private static final int WIDTH = 760;
  private static final int TITLE_HEIGHT = 44;

  private static final int BAR_HEIGHT = 22;
  private static final int BAR_STEP = 32;
  private static final int LABEL_WIDTH = 170;
  private static final int FIGURE_WIDTH = 110;

  private static final int PLOT_LEFT = 80;
  private static final int PLOT_RIGHT = 170;
  private static final int PLOT_HEIGHT = 320;
  private static final int PLOT_BOTTOM = 44;
  private static final int LOW_PLOT_HEIGHT = 180;

  /** To the right of a plot without labels. */
  private static final int PLOT_MARGIN = 30;

  private static final int LABEL_STEP = 15;
  private static final int POINT_RADIUS = 3;

  private static final List<String> COLOURS =
      List.of(
          "#2f81f7", "#8b949e", "#d29922", "#3fb950", "#f85149", "#a371f7", "#db61a2", "#39a0a6");

  private static final String STYLE =
      "text{font-family:sans-serif;font-size:13px;fill:#24292f}"
          + ".title{font-size:15px;font-weight:bold}"
          + ".axis{stroke:#8b949e;stroke-width:1}"
          + ".grid{stroke:#8b949e;stroke-width:1;stroke-opacity:0.25}"
          + ".error{stroke:#24292f;stroke-width:1.5}"
          + "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.error{stroke:#e6edf3}}";

  private Chart() {}

  /**
   * A bar.
   *
   * @param label what it is of
   * @param value its length, 0 or more
   * @param low where its error begins
   * @param high where its error ends
   * @param own whether it is of what the chart is about
   */
  public record Bar(String label, double value, double low, double high, boolean own) {}

  /**
   * A point of a line.
   *
   * @param x more than 0; over time 0 or more
   * @param y likewise
   */
  public record Point(double x, double y) {}

  /**
   * A line.
   *
   * @param label what it is of
   * @param points from left to right
   */
  public record Line(String label, List<Point> points) {}

  /**
   * Bars from the left, with their errors as lines.
   *
   * @param title what the lengths are, and their unit
   * @param bars from the top
   * @param format how a value is written beside its bar
   * @return an SVG document
   */
  public static String bars(String title, List<Bar> bars, DoubleFunction<String> format) {
    int height = TITLE_HEIGHT + BAR_STEP * bars.size();
    StringBuilder out = begin(height, title);
    double most = bars.stream().mapToDouble(bar -> Math.max(bar.value, bar.high)).max().orElse(1);
    double scale = (WIDTH - LABEL_WIDTH - FIGURE_WIDTH) / Math.max(most, Double.MIN_NORMAL);
    int top = TITLE_HEIGHT;
    for (Bar bar : bars) {
      int middle = top + BAR_HEIGHT / 2;
      text(out, LABEL_WIDTH - 8, middle + 5, "end", bar.label);
      out.append(
          format(
              "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
              LABEL_WIDTH, top, bar.value * scale, BAR_HEIGHT, COLOURS.get(bar.own ? 0 : 1)));
      double end = Math.max(bar.value, bar.high) * scale;
      if (bar.high > bar.low) {
        line(
            out,
            "error",
            LABEL_WIDTH + bar.low * scale,
            middle,
            LABEL_WIDTH + bar.high * scale,
            middle);
      }
      text(out, LABEL_WIDTH + end + 6, middle + 5, "start", format.apply(bar.value));
      top += BAR_STEP;
    }
    line(out, "axis", LABEL_WIDTH, TITLE_HEIGHT - 6, LABEL_WIDTH, height - 4);
    return out.append("</svg>\n").toString();
  }

  /**
   * Lines over two logarithmic axes.
   *
   * @param title what y is, and its unit
   * @param below what x is
   * @param lines their labels are at their right ends
   * @param format how the figures at the axes are written
   * @return an SVG document
   */
  public static String lines(
      String title, String below, List<Line> lines, DoubleFunction<String> format) {
    Axis x = LogAxis.of(lines, Point::x, PLOT_LEFT, WIDTH - PLOT_RIGHT);
    Axis y = LogAxis.of(lines, Point::y, TITLE_HEIGHT + PLOT_HEIGHT, TITLE_HEIGHT);
    StringBuilder out = grid(title, below, x, y, PLOT_HEIGHT, WIDTH - PLOT_RIGHT, format);
    List<Double> labels = labelPositions(lines, y);
    for (int i = 0; i < lines.size(); i++) {
      String colour = COLOURS.get(i % COLOURS.size());
      plot(out, lines.get(i), x, y, colour);
      out.append(
          format(
              "<text x=\"%d\" y=\"%.1f\" style=\"fill:%s\">%s</text>\n",
              WIDTH - PLOT_RIGHT + 10, labels.get(i) + 5, colour, escape(lines.get(i).label)));
    }
    return out.append("</svg>\n").toString();
  }

  /**
   * One line over two axes that begin with 0.
   *
   * @param title what y is, and its unit
   * @param below what x is
   * @param points from left to right, one at least
   * @param format how the figures at the axes are written
   * @return an SVG document
   */
  public static String overTime(
      String title, String below, List<Point> points, DoubleFunction<String> format) {
    int bottom = TITLE_HEIGHT + LOW_PLOT_HEIGHT;
    Axis x = LinearAxis.of(points, Point::x, PLOT_LEFT, WIDTH - PLOT_MARGIN);
    Axis y = LinearAxis.of(points, Point::y, bottom, TITLE_HEIGHT);
    StringBuilder out = grid(title, below, x, y, LOW_PLOT_HEIGHT, WIDTH - PLOT_MARGIN, format);
    path(out, points, x, y, COLOURS.get(0));
    return out.append("</svg>\n").toString();
  }

  /** Begins a document with both axes. */
  private static StringBuilder grid(
      String title,
      String below,
      Axis x,
      Axis y,
      int height,
      int right,
      DoubleFunction<String> format) {
    StringBuilder out = begin(TITLE_HEIGHT + height + PLOT_BOTTOM, title);
    int bottom = TITLE_HEIGHT + height;
    for (double mark : x.marks()) {
      line(out, "grid", x.at(mark), TITLE_HEIGHT, x.at(mark), bottom);
      text(out, x.at(mark), bottom + 18, "middle", format.apply(mark));
    }
    for (double mark : y.marks()) {
      line(out, "grid", PLOT_LEFT, y.at(mark), right, y.at(mark));
      text(out, PLOT_LEFT - 8, y.at(mark) + 5, "end", format.apply(mark));
    }
    text(out, (PLOT_LEFT + right) / 2.0, bottom + PLOT_BOTTOM - 8, "middle", below);
    return out;
  }

  private static void plot(StringBuilder out, Line line, Axis x, Axis y, String colour) {
    for (Point point : line.points) {
      out.append(
          format(
              "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\" fill=\"%s\"/>\n",
              x.at(point.x), y.at(point.y), POINT_RADIUS, colour));
    }
    path(out, line.points, x, y, colour);
  }

  private static void path(StringBuilder out, List<Point> points, Axis x, Axis y, String colour) {
    StringBuilder path = new StringBuilder();
    for (Point point : points) {
      path.append(format("%.1f,%.1f ", x.at(point.x), y.at(point.y)));
    }
    out.append(
        format(
            "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n",
            path.toString().trim(), colour));
  }

  /** Near the ends of the lines, but none over another. */
  private static List<Double> labelPositions(List<Line> lines, Axis y) {
    List<Integer> order = new ArrayList<>();
    List<Double> positions = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      List<Point> points = lines.get(i).points;
      order.add(i);
      positions.add(y.at(points.get(points.size() - 1).y));
    }
    order.sort((a, b) -> Double.compare(positions.get(b), positions.get(a)));
    double lowest = TITLE_HEIGHT + PLOT_HEIGHT;
    for (int line : order) {
      lowest = Math.min(lowest, positions.get(line));
      positions.set(line, lowest);
      lowest -= LABEL_STEP;
    }
    return positions;
  }

  private static StringBuilder begin(int height, String title) {
    StringBuilder out = new StringBuilder();
    out.append(
        format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\""
                + " height=\"%d\" role=\"img\">\n<title>%s</title>\n<style>%s</style>\n",
            WIDTH, height, WIDTH, height, escape(title), STYLE));
    out.append(format("<text x=\"8\" y=\"22\" class=\"title\">%s</text>\n", escape(title)));
    return out;
  }

  private static void text(StringBuilder out, double x, double y, String anchor, String text) {
    out.append(
        format(
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
            x, y, anchor, escape(text)));
  }

  private static void line(
      StringBuilder out, String style, double x1, double y1, double x2, double y2) {
    out.append(
        format(
            "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
            style, x1, y1, x2, y2));
  }

  private static String format(String format, Object... args) {
    return String.format(Locale.ROOT, format, args);
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /** Says where a value is. */
  private interface Axis {
    List<Double> marks();

    double at(double value);
  }

  /**
   * A logarithmic axis that begins and ends at a mark.
   *
   * @param low the logarithm to base 10 of its first mark
   * @param high that of its last one
   * @param begin where the first one is
   * @param end where the last one is
   */
  private record LogAxis(int low, int high, double begin, double end) implements Axis {
    static LogAxis of(
        List<Line> lines, ToDoubleFunction<Point> coordinate, double begin, double end) {
      double least = Double.MAX_VALUE;
      double most = Double.MIN_VALUE;
      for (Line line : lines) {
        for (Point point : line.points) {
          least = Math.min(least, coordinate.applyAsDouble(point));
          most = Math.max(most, coordinate.applyAsDouble(point));
        }
      }
      int low = (int) Math.floor(Math.log10(least));
      return new LogAxis(low, Math.max(low + 1, (int) Math.ceil(Math.log10(most))), begin, end);
    }

    @Override
    public List<Double> marks() {
      List<Double> marks = new ArrayList<>();
      for (int exponent = low; exponent <= high; exponent++) {
        marks.add(Math.pow(10, exponent));
      }
      return marks;
    }

    @Override
    public double at(double value) {
      return begin + (end - begin) * (Math.log10(value) - low) / (high - low);
    }
  }

  /**
   * An axis from 0 to a mark.
   *
   * @param step from a mark to the next one
   * @param count of marks after 0
   * @param begin where 0 is
   * @param end where the last mark is
   */
  private record LinearAxis(double step, int count, double begin, double end) implements Axis {
    private static final int STEPS = 5;

    static LinearAxis of(
        List<Point> points, ToDoubleFunction<Point> coordinate, double begin, double end) {
      double most = points.stream().mapToDouble(coordinate).max().orElse(0);
      double step = round(most > 0 ? most / STEPS : 1);
      return new LinearAxis(step, Math.max(1, (int) Math.ceil(most / step)), begin, end);
    }

    /** The next one of 1, 2, 5, 10, … and their tenths. */
    private static double round(double step) {
      double power = Math.pow(10, Math.floor(Math.log10(step)));
      for (int digit : new int[] {1, 2, 5}) {
        if (step <= digit * power) {
          return digit * power;
        }
      }
      return 10 * power;
    }

    @Override
    public List<Double> marks() {
      List<Double> marks = new ArrayList<>();
      for (int i = 0; i <= count; i++) {
        marks.add(i * step);
      }
      return marks;
    }

    @Override
    public double at(double value) {
      return begin + (end - begin) * value / (step * count);
    }
  }
}
