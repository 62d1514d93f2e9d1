// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.CacheStats;
import org.zapkv.pool.PoolStatistics;
import org.zapkv.store.StoreStatistics;
import org.zapkv.store.ZapMap;
import org.zapkv.store.ZapStore;
import org.zapkv.zap.ZapStatistics;
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
      "all its blocks are read."
    })
final class StatCommand extends StoreCommand {
  private static final int ENTRIES_STEP = 5;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "MAP",
      description = "The map; without it the store as a whole.")
  private @Nullable String map;

  StatCommand(Streams streams) {
    super(streams);
  }

  @Override
  public Integer call() {
    try (ZapStore store = openExisting()) {
      if (map == null) {
        printStore(store);
      } else {
        checkMapName(map);
        printMap(store.existingMap(map).statistics());
      }
    }
    return ExitCode.OK;
  }

  private void line(String name, String value) {
    out().println(String.format(Locale.ROOT, "%-14s %s", name, value));
  }

  private static String bytes(long bytes) {
    return Sizes.show(bytes) + (bytes < 1024 ? "" : " (" + Sizes.count(bytes) + " bytes)");
  }

  private void printStore(ZapStore store) {
    List<String> names = store.mapNames();
    StoreStatistics statistics = store.statistics();
    line("store", store.name());
    printPool(statistics.pool());
    line("maps", Sizes.count(names.size()));
    for (String name : names) {
      ZapMap map = store.existingMap(name);
      line("  " + (map.isMicro() ? "micro" : "fat"), Sizes.count(map.size()) + " entries: " + name);
    }
    printCache(store.statistics().cache());
  }

  private void printPool(PoolStatistics pool) {
    line("id", pool.storeId().toString());
    line("file", bytes(pool.deviceBytes()));
    line("allocated", bytes(pool.allocatedBytes()));
    line("free", bytes(pool.freeBytes()) + " within the file");
    line("can grow by", bytes(pool.growableBytes()));
    line("groups", Sizes.count(pool.syncedGroup()) + " on disk");
  }

  private void printCache(CacheStats cache) {
    line("cache", bytes(cache.budgetBytes()) + " at most");
    line("  in use", bytes(cache.usedBytes()) + ", at most so far " + bytes(cache.peakUsedBytes()));
    line("  hits", Sizes.count(cache.hits()));
    line("  misses", Sizes.count(cache.misses()));
    line("  evictions", Sizes.count(cache.evictions()));
  }

  private void printMap(ZapStatistics shape) {
    line("map", map + ", " + (shape.micro() ? "micro" : "fat"));
    line("entries", Sizes.count(shape.entryCount()));
    String size = bytes(shape.blockCount() * shape.blockSizeBytes());
    line(
        "blocks",
        Sizes.count(shape.blockCount())
            + " of "
            + Sizes.show(shape.blockSizeBytes())
            + ": "
            + size);
    line("salt", String.format("0x%016x", shape.salt()));
    if (!shape.micro()) {
      line("leaves", Sizes.count(shape.leafCount()));
      line("pointer table", pointerTable(shape));
      printHistograms(shape);
    }
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
    print(Histogram.lines("leaves by entries", shape.leavesByEntries(), StatCommand::entriesRange));
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
    lines.forEach(out()::println);
  }
}
