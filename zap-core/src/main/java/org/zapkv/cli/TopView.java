// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.CacheStats;
import org.zapkv.pool.PoolStatistics;
import org.zapkv.store.LogStatistics;
import org.zapkv.store.PublishedStatistics;
import org.zapkv.store.StoreStatistics;

/** The statistics of a running store for people: a page that is drawn anew, or a line each time. */
final class TopView {
  private static final String COLUMNS =
      String.format(
          Locale.ROOT,
          "%11s %9s %12s %11s %11s %7s %11s %9s %11s %7s",
          "commits/s",
          "groups/s",
          "written/s",
          "log",
          "dirty",
          "hits",
          "cache",
          "evict/s",
          "file",
          "waits/s");

  private static final int MAX_PATH = 60;

  private TopView() {}

  /** The names over the columns of {@link #row}. */
  static String columns() {
    return COLUMNS;
  }

  /** What happened between two looks, in one line. */
  static String row(PublishedStatistics now, TopRates rates) {
    StoreStatistics statistics = now.statistics();
    return String.format(
        Locale.ROOT,
        "%,11.0f %9.1f %12s %11s %11s %7s %11s %9.0f %11s %7.0f%s",
        rates.commits(),
        rates.groups(),
        Sizes.show((long) rates.writtenBytes()),
        Sizes.show(statistics.log().usedBytes()),
        Sizes.show(statistics.pool().dirtyBytes()),
        percent(rates.hitRatio()),
        Sizes.show(statistics.cache().usedBytes()),
        rates.evictions(),
        Sizes.show(statistics.pool().deviceBytes()),
        rates.waits(),
        now.closing() ? "  closing" : "");
  }

  /** All figures, a line each; without rates those since the store was opened. */
  static List<String> page(String store, PublishedStatistics now, @Nullable TopRates rates) {
    List<String> lines = new ArrayList<>();
    StoreStatistics statistics = now.statistics();
    add(lines, "store", shortened(store));
    add(lines, "process", now.processId() + (now.closing() ? ", closing the store" : ""));
    Duration open = Duration.between(now.opened(), now.published());
    add(lines, "open for", Sizes.count(Math.max(0, open.toSeconds())) + " s");
    add(lines, "maps", Sizes.count(statistics.mapCount()));
    addLog(lines, statistics, rates);
    addFile(lines, statistics.pool(), rates);
    addCache(lines, statistics.cache(), rates);
    add(
        lines,
        "leaf splits",
        Sizes.count(statistics.activity().splits()) + rate(rates == null ? -1 : rates.splits()));
    return lines;
  }

  /** A line that the terminal wraps would be two, and the page no longer drawn over itself. */
  private static String shortened(String path) {
    return path.length() <= MAX_PATH
        ? path
        : "..." + path.substring(path.length() - MAX_PATH + "...".length());
  }

  private static void addLog(
      List<String> lines, StoreStatistics statistics, @Nullable TopRates rates) {
    LogStatistics log = statistics.log();
    long pending = Math.max(0, log.lastSequence() - log.durableSequence());
    add(
        lines,
        "commits",
        Sizes.count(log.lastSequence())
            + rate(rates == null ? -1 : rates.commits())
            + (pending == 0 ? "" : ", " + Sizes.count(pending) + " not on disk yet"));
    add(lines, "log", Figures.bytes(log.usedBytes()));
    add(
        lines,
        "groups",
        Sizes.count(statistics.pool().syncedGroup())
            + " on disk"
            + rate(rates == null ? -1 : rates.groups()));
  }

  private static void addFile(List<String> lines, PoolStatistics pool, @Nullable TopRates rates) {
    add(lines, "dirty", Figures.bytes(pool.dirtyBytes()));
    add(
        lines,
        "written",
        Sizes.show(pool.writtenBytes())
            + (rates == null ? "" : ", " + Sizes.show((long) rates.writtenBytes()) + "/s"));
    add(lines, "file", Figures.bytes(pool.deviceBytes()));
    add(lines, "  live", Figures.bytes(pool.allocatedBytes()));
    add(lines, "  free", Figures.bytes(pool.freeBytes()));
  }

  private static void addCache(List<String> lines, CacheStats cache, @Nullable TopRates rates) {
    add(
        lines,
        "cache",
        Sizes.show(cache.usedBytes()) + " of at most " + Sizes.show(cache.budgetBytes()));
    add(lines, "  hits", Sizes.count(cache.hits()) + rate(rates == null ? -1 : rates.hits()));
    add(lines, "  misses", Sizes.count(cache.misses()) + rate(rates == null ? -1 : rates.misses()));
    add(lines, "  hit ratio", percent(rates == null ? ratio(cache) : rates.hitRatio()));
    add(
        lines,
        "  evictions",
        Sizes.count(cache.evictions()) + rate(rates == null ? -1 : rates.evictions()));
    add(
        lines,
        "  waits",
        Sizes.count(cache.throttleCount())
            + " for memory"
            + rate(rates == null ? -1 : rates.waits()));
  }

  private static @Nullable Double ratio(CacheStats cache) {
    long asked = cache.hits() + cache.misses();
    return asked == 0 ? null : (double) cache.hits() / asked;
  }

  /** Nothing below 0: there is no rate. */
  private static String rate(double perSecond) {
    return perSecond < 0
        ? ""
        : String.format(Locale.ROOT, perSecond < 10 ? ", %,.1f/s" : ", %,.0f/s", perSecond);
  }

  private static String percent(@Nullable Double part) {
    return part == null ? "-" : String.format(Locale.ROOT, "%.1f%%", 100 * part);
  }

  private static void add(List<String> lines, String name, String value) {
    lines.add(String.format(Locale.ROOT, "%-14s %s", name, value));
  }
}
