// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.zapkv.zap.ZapLeaf;

/** Draws the leaves of a map along the space of all hashes: an SVG with a panel for each figure. */
final class LeafPlot {
  private static final int COLUMNS = 900;
  private static final int LEFT = 70;
  private static final int TOP = 74;
  private static final int PANEL = 130;
  private static final int GAP = 54;
  private static final int WIDTH = LEFT + COLUMNS + 30;

  /** 2^-64: what one hash is of all. */
  private static final double HASH = 0x1p-64;

  private static final String STYLE =
      """
      <style>
      svg { color-scheme: light dark; --back: #ffffff; --ink: #1f2328; --dim: #656d76; --line: #d0d7de;
        --fill: #2f6feb; --band: #b6ccf7; }
      @media (prefers-color-scheme: dark) {
        svg { --back: #0d1117; --ink: #e6edf3; --dim: #9198a1; --line: #30363d; --fill: #6ea8fe; --band: #24416e; }
      }
      text { font: 13px system-ui, sans-serif; fill: var(--ink); }
      text.title { font-size: 18px; font-weight: 600; }
      text.dim { font-size: 12px; fill: var(--dim); }
      rect.back { fill: var(--back); }
      path.mean { fill: var(--fill); }
      path.band { fill: var(--band); }
      path.below { fill: var(--back); fill-opacity: 0.3; }
      path.grid { stroke: var(--line); stroke-width: 1; fill: none; }
      </style>
      """;

  private final String name;
  private final boolean micro;
  private final List<ZapLeaf> leaves;
  private final StringBuilder svg = new StringBuilder();

  LeafPlot(String name, boolean micro, List<ZapLeaf> leaves) {
    this.name = name;
    this.micro = micro;
    this.leaves = leaves;
  }

  static long entries(List<ZapLeaf> leaves) {
    return leaves.stream().mapToLong(ZapLeaf::entryCount).sum();
  }

  String draw() {
    int panels = micro ? 1 : 3;
    int height = TOP + panels * (PANEL + GAP) + 10;
    svg.append(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n"
            .formatted(WIDTH, height, WIDTH, height));
    svg.append("<title>").append(xml(name)).append("</title>\n").append(STYLE);
    svg.append("<rect class=\"back\" width=\"100%\" height=\"100%\"/>\n");
    text("title", LEFT, 28, "start", name);
    text("dim", LEFT, 48, "start", summary());
    if (micro) {
      panel(0, "slots in use", 1, "%.0f%%", 100, LeafPlot::fill);
    } else {
      int shift = tableShift();
      panel(0, "fill of the leaves: chunks in use", 1, "%.0f%%", 100, LeafPlot::fill);
      panel(1, "depth: bits of the prefix, of " + shift, shift, "%.0f", 1, ZapLeaf::prefixLength);
      panel(
          2,
          "sharing: pointers to a leaf, 2 to the power of",
          Math.max(1, leaves.stream().mapToDouble(LeafPlot::sharing).max().orElse(0)),
          "%.0f",
          1,
          LeafPlot::sharing);
    }
    return svg.append("</svg>\n").toString();
  }

  private String summary() {
    long entries = entries(leaves);
    if (micro) {
      return "micro: "
          + Sizes.count(entries)
          + " entries in one block of "
          + Sizes.count(leaves.get(0).chunkCount())
          + " slots";
    }
    double fill = leaves.stream().mapToDouble(LeafPlot::fill).average().orElse(0);
    return String.format(
        Locale.ROOT,
        "%s entries in %s leaves, %.0f%% full on average; %s pointers",
        Sizes.count(entries),
        Sizes.count(leaves.size()),
        100 * fill,
        Sizes.count(1L << tableShift()));
  }

  private static double fill(ZapLeaf leaf) {
    return (double) leaf.usedChunks() / leaf.chunkCount();
  }

  private static double sharing(ZapLeaf leaf) {
    return Long.SIZE - 1 - Long.numberOfLeadingZeros(leaf.pointerCount());
  }

  private int tableShift() {
    ZapLeaf any = leaves.get(0);
    return any.prefixLength() + (int) sharing(any);
  }

  private void panel(
      int index, String title, double top, String format, int scale, ToDoubleFunction<ZapLeaf> of) {
    int base = TOP + index * (PANEL + GAP) + 16 + PANEL;
    text("", LEFT, base - PANEL - 8, "start", title);
    double step = top <= 2 ? top / 2 : Math.max(1, Math.ceil(top / 4));
    for (double at = 0; at <= top; at += step) {
      double y = base - PANEL * at / top;
      svg.append(
          String.format(
              Locale.ROOT, "<path class=\"grid\" d=\"M%d %.1fh%d\"/>\n", LEFT, y, COLUMNS));
      text("dim", LEFT - 8, (int) y + 4, "end", String.format(Locale.ROOT, format, at * scale));
    }
    shape(base, top, of);
    if (index == 0) {
      text("dim", LEFT, base + 16, "start", "hash 0");
      text("dim", LEFT + COLUMNS, base + 16, "end", "2^64");
    }
  }

  /** Each leaf over the columns it covers; a column is the mean of what it has a part of. */
  private void shape(int base, double top, ToDoubleFunction<ZapLeaf> of) {
    double[] sum = new double[COLUMNS];
    double[] least = new double[COLUMNS];
    double[] most = new double[COLUMNS];
    double[] weight = new double[COLUMNS];
    for (ZapLeaf leaf : leaves) {
      double value = of.applyAsDouble(leaf);
      double from = COLUMNS * unsigned(leaf.firstHash()) * HASH;
      double to = from + COLUMNS * Math.scalb(1.0, -leaf.prefixLength());
      for (int column = (int) from; column < COLUMNS && column < to; column++) {
        double part = Math.min(to, column + 1) - Math.max(from, column);
        least[column] = weight[column] == 0 ? value : Math.min(least[column], value);
        most[column] = Math.max(most[column], value);
        sum[column] += value * part;
        weight[column] += part;
      }
    }
    double[] mean = new double[COLUMNS];
    for (int column = 0; column < COLUMNS; column++) {
      mean[column] = weight[column] == 0 ? 0 : sum[column] / weight[column];
    }
    steps("band", base, top, most, mean);
    steps("mean", base, top, mean, new double[COLUMNS]);
    steps("below", base, top, mean, least);
  }

  private static double unsigned(long hash) {
    return (hash >>> 1) * 2.0 + (hash & 1);
  }

  /** The area between two lines of steps. */
  private void steps(String kind, int base, double top, double[] upper, double[] lower) {
    StringBuilder path = new StringBuilder();
    for (int from = 0; from < COLUMNS; ) {
      int to = from + 1;
      while (to < COLUMNS && upper[to] == upper[from] && lower[to] == lower[from]) {
        to++;
      }
      if (upper[from] > lower[from]) {
        double height = PANEL * (upper[from] - lower[from]) / top;
        path.append(
            String.format(
                Locale.ROOT,
                "M%d %.1fh%dv%.1fh-%dz",
                LEFT + from,
                base - PANEL * upper[from] / top,
                to - from,
                height,
                to - from));
      }
      from = to;
    }
    if (path.length() > 0) {
      svg.append("<path class=\"" + kind + "\" d=\"").append(path).append("\"/>\n");
    }
  }

  private void text(String kind, int x, int y, String anchor, String content) {
    svg.append(
        "<text class=\"%s\" x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n"
            .formatted(kind, x, y, anchor, xml(content)));
  }

  /** Text for XML, which has no place for control characters, escaped or not. */
  private static String xml(String text) {
    return text.replaceAll("[\\p{Cntrl}\\p{Cs}\\uFFFE\\uFFFF]", "\uFFFD")
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;");
  }
}
