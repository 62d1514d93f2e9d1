// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.ZapStatistics.BUCKETS;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** Walks the leaves of a fat map for its statistics; the structure lock is held. */
final class StatisticsCollector {
  private static final int ENTRIES_STEP = 5;
  private static final int TENTHS = 10;

  private final FatZap fat;
  private final long[] leavesByPointers = new long[BUCKETS];
  private final long[] leavesByEntries = new long[BUCKETS];
  private final long[] leavesByTenths = new long[BUCKETS];
  private final long[] entriesByChunks = new long[BUCKETS];
  private final long[] bucketsByEntries = new long[BUCKETS];

  StatisticsCollector(FatZap fat) {
    this.fat = fat;
  }

  static ZapStatistics ofMicro(int blockSizeBytes, long entryCount, long salt) {
    List<Long> none = boxed(new long[BUCKETS]);
    return new ZapStatistics(
        true,
        blockSizeBytes,
        1,
        entryCount,
        salt,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        none,
        none,
        none,
        none,
        none);
  }

  ZapStatistics collect() {
    LeafAccess access = fat.access();
    FatHeader header = access.holdHeader();
    try {
      forEachLeaf(access, header, leaf -> add(header, leaf));
      Overflow overflow = fat.overflow(header);
      if (overflow == null) {
        return statistics(header, 0, 0);
      }
      long overflowLeaves = addOverflow(overflow.table().access());
      return statistics(header, overflow.count(), overflowLeaves);
    } finally {
      access.release(header);
    }
  }

  /** The leaves in the order of their hashes, those of the overflow not among them. */
  List<ZapLeaf> leaves() {
    List<ZapLeaf> leaves = new ArrayList<>();
    LeafAccess access = fat.access();
    FatHeader header = access.holdHeader();
    try {
      forEachLeaf(access, header, leaf -> leaves.add(figures(header, leaf)));
    } finally {
      access.release(header);
    }
    return leaves;
  }

  private static ZapLeaf figures(FatHeader header, Leaf leaf) {
    int length = leaf.prefixLength();
    return new ZapLeaf(
        length == 0 ? 0 : leaf.prefix() << (Long.SIZE - length),
        length,
        1L << (header.tableShift() - length),
        leaf.entryCount(),
        leaf.chunkCount() - leaf.freeChunks(),
        leaf.chunkCount());
  }

  private long addOverflow(LeafAccess access) {
    FatHeader header = access.holdHeader();
    try {
      forEachLeaf(access, header, leaf -> add(header, leaf));
      return header.leafCount();
    } finally {
      access.release(header);
    }
  }

  private static void forEachLeaf(LeafAccess access, FatHeader header, Consumer<Leaf> action) {
    long hash = 0;
    boolean last = false;
    while (!last) {
      Leaf leaf = access.lockUnderStructure(header, hash, false);
      try {
        action.accept(leaf);
        last = leaf.isLast();
        hash = last ? 0 : leaf.hashAfter();
      } finally {
        access.unlockShared(leaf);
      }
    }
  }

  private ZapStatistics statistics(FatHeader header, long overflowEntries, long overflowLeaves) {
    return new ZapStatistics(
        false,
        1 << header.blockShift(),
        header.freeBlock(),
        fat.countHere() + overflowEntries,
        header.salt(),
        header.leafCount(),
        1L << header.tableShift(),
        header.tableBlock(),
        header.tableBlockCount(),
        header.growingBlock(),
        header.growingCopied(),
        overflowEntries,
        overflowLeaves,
        boxed(leavesByPointers),
        boxed(leavesByEntries),
        boxed(leavesByTenths),
        boxed(entriesByChunks),
        boxed(bucketsByEntries));
  }

  private static List<Long> boxed(long[] histogram) {
    return Arrays.stream(histogram).boxed().toList();
  }

  private void add(FatHeader header, Leaf leaf) {
    LeafBlock block = leaf.block();
    int used = leaf.chunkCount() - leaf.freeChunks();
    count(leavesByPointers, header.tableShift() - leaf.prefixLength());
    count(leavesByEntries, leaf.entryCount() / ENTRIES_STEP);
    count(leavesByTenths, used * TENTHS / leaf.chunkCount());
    for (int bucket = 0; bucket < block.layout().bucketCount(); bucket++) {
      int entries = 0;
      for (int at = block.bucketHead(bucket); at != Leaf.NONE; at = block.next(at)) {
        count(entriesByChunks, leaf.entryChunks(at));
        entries++;
      }
      count(bucketsByEntries, entries);
    }
  }

  private static void count(long[] histogram, int index) {
    histogram[Math.max(0, Math.min(index, BUCKETS - 1))]++;
  }
}
