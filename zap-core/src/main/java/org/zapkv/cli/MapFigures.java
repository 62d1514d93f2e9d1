// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.List;
import org.zapkv.zap.ZapStatistics;

/** Prints how a map is built. */
final class MapFigures {
  private static final int ENTRIES_STEP = 5;

  private final Figures figures;

  MapFigures(Figures figures) {
    this.figures = figures;
  }

  /**
   * Prints all of it.
   *
   * @param kind what the map is, such as {@code map}
   * @param name which one
   */
  void print(String kind, String name, ZapStatistics shape) {
    figures.line(kind, name + ", " + (shape.micro() ? "micro" : "fat"));
    figures.line("entries", Sizes.count(shape.entryCount()));
    String size = Figures.bytes(shape.blockCount() * shape.blockSizeBytes());
    figures.line(
        "blocks",
        Sizes.count(shape.blockCount())
            + " of "
            + Sizes.show(shape.blockSizeBytes())
            + ": "
            + size);
    figures.line("salt", String.format("0x%016x", shape.salt()));
    if (!shape.micro()) {
      figures.line("leaves", Sizes.count(shape.leafCount()));
      figures.line("pointer table", pointerTable(shape));
      if (shape.overflowLeafCount() > 0) {
        figures.line("overflow", overflow(shape));
      }
      printHistograms(shape);
    }
  }

  private static String overflow(ZapStatistics shape) {
    return Sizes.count(shape.overflowEntryCount())
        + " entries with hashes too much alike, in "
        + Sizes.count(shape.overflowLeafCount())
        + " leaves of their own";
  }

  private static String pointerTable(ZapStatistics shape) {
    int shift = Long.SIZE - 1 - Long.numberOfLeadingZeros(shape.tableLength());
    String place =
        shape.tableFirstBlock() == 0
            ? "embedded in block 0"
            : "external, "
                + Sizes.count(shape.tableBlockCount())
                + " blocks from block "
                + shape.tableFirstBlock();
    String growth =
        shape.growingFirstBlock() == 0
            ? "not growing"
            : "growing: "
                + Sizes.count(shape.growingBlocksCopied())
                + " blocks copied to block "
                + shape.growingFirstBlock()
                + " on";
    return Sizes.count(shape.tableLength())
        + " pointers (shift "
        + shift
        + "), "
        + place
        + ", "
        + growth;
  }

  private void printHistograms(ZapStatistics shape) {
    print(
        Histogram.lines(
            "leaves by pointers to them", shape.leavesByPointers(), i -> "" + (1 << i)));
    print(Histogram.lines("leaves by entries", shape.leavesByEntries(), MapFigures::entriesRange));
    print(Histogram.lines("leaves by how full", shape.leavesByTenths(), i -> i * 10 + "%"));
    print(Histogram.lines("entries by chunks used", shape.entriesByChunks(), i -> "" + i));
    print(Histogram.lines("hash buckets by entries", shape.bucketsByEntries(), i -> "" + i));
  }

  private static String entriesRange(int bucket) {
    int first = bucket * ENTRIES_STEP;
    boolean open = bucket == ZapStatistics.BUCKETS - 1;
    return open ? "" + first : first + "-" + (first + ENTRIES_STEP - 1);
  }

  private void print(List<String> lines) {
    lines.forEach(figures.out()::println);
  }
}
