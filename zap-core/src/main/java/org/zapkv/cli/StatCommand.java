// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.CacheStats;
import org.zapkv.pool.PoolStatistics;
import org.zapkv.store.LogStatistics;
import org.zapkv.store.StoreStatistics;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "stat",
    description = "Prints figures of a store, or how one map of it is built.",
    footer = {
      "",
      "A micro map is one block of 64 bytes an entry. A fat map has leaves, found by the",
      "first bits of a key's hash in a pointer table, which lies in the map's first",
      "block (embedded) or, once it is larger, in blocks of its own (external). For a map",
      "all its blocks are read.",
      "",
      "Examples:",
      "  zap stat books",
      "  zap stat books titles"
    })
final class StatCommand extends StoreCommand {
  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "MAP",
      description = "The map; without it the store as a whole.")
  private @Nullable String map;

  private final Figures figures;

  StatCommand(Streams streams) {
    super(streams);
    figures = new Figures(streams.out());
  }

  @Override
  public Integer call() {
    try (ZapStore store = openToRead()) {
      if (json()) {
        reportAll(store);
      } else if (map == null) {
        printStore(store);
      } else {
        checkMapName(map);
        new MapFigures(figures).print("map", map, store.existingMap(map).statistics());
      }
    }
    return ExitCode.OK;
  }

  private void reportAll(ZapStore store) {
    if (map != null) {
      checkMapName(map);
      report("map", map);
      report("statistics", store.existingMap(map).statistics());
      return;
    }
    List<Map<String, Object>> maps = new ArrayList<>();
    for (String name : store.mapNames()) {
      ZapMap each = store.existingMap(name);
      maps.add(Map.of("name", name, "micro", each.isMicro(), "entries", each.size()));
    }
    report("maps", maps);
    report("statistics", store.statistics());
  }

  private void printStore(ZapStore store) {
    List<String> names = store.mapNames();
    StoreStatistics statistics = store.statistics();
    figures.line("store", store.name());
    printPool(statistics.pool());
    figures.line("maps", Sizes.count(names.size()));
    for (String name : names) {
      ZapMap map = store.existingMap(name);
      figures.line(
          "  " + (map.isMicro() ? "micro" : "fat"), Sizes.count(map.size()) + " entries: " + name);
    }
    printLog(statistics.log());
    printCache(store.statistics().cache());
  }

  private void printPool(PoolStatistics pool) {
    figures.line("id", pool.storeId().toString());
    figures.line("file", Figures.bytes(pool.deviceBytes()));
    figures.line("live", Figures.bytes(pool.allocatedBytes()));
    figures.line("free", Figures.bytes(pool.freeBytes()) + " within the file");
    figures.line("reclaimable", Figures.bytes(pool.reclaimableBytes()) + " by zap compact");
    figures.line("can grow by", Figures.bytes(pool.growableBytes()));
    figures.line("bad copies", Sizes.count(pool.mendedCopies()) + " met since it was opened");
    figures.line("groups", Sizes.count(pool.syncedGroup()) + " on disk");
  }

  private void printLog(LogStatistics log) {
    figures.line("commits", Sizes.count(log.lastSequence()));
    figures.line(
        "replayed",
        Sizes.count(log.replayedRecords())
            + " records of the intent log"
            + (log.tornTail() ? ", the end of which was cut off by a crash" : ""));
  }

  private void printCache(CacheStats cache) {
    figures.line("cache", Figures.bytes(cache.budgetBytes()) + " at most");
    figures.line(
        "  in use",
        Figures.bytes(cache.usedBytes())
            + ", at most so far "
            + Figures.bytes(cache.peakUsedBytes()));
    figures.line("  hits", Sizes.count(cache.hits()));
    figures.line("  misses", Sizes.count(cache.misses()));
    figures.line("  evictions", Sizes.count(cache.evictions()));
  }
}
