// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.HashSet;
import java.util.Set;
import org.zapkv.cache.Buffer;
import org.zapkv.error.CorruptException;
import org.zapkv.error.ZapException;
import org.zapkv.object.BlockObject;

/**
 * Checks a fat map as a whole, its overflow too: every leaf, that the pointer table is what the
 * leaves' prefixes say, that no block is used twice, and that the header counts what is there. The
 * structure lock is held.
 */
final class ZapChecker {
  /** Entries come and go during a walk; after this many disturbed ones the sum is not compared. */
  private static final int ATTEMPTS = 3;

  private final BlockObject object;
  private final FatZap fat;
  private final Set<Long> leafBlocks = new HashSet<>();
  private long entries;

  /** Entries whose value is in the overflow, or those there that are only such values. */
  private long marked;

  ZapChecker(BlockObject object, FatZap fat) {
    this.object = object;
    this.fat = fat;
  }

  void check(ZapProblems sink) {
    FatHeader header;
    try {
      header = fat.access().holdHeader();
    } catch (ZapException e) {
      report(sink, 0, e);
      return;
    }
    try {
      // It was checked when it was loaded, and has been changed since.
      header.check(object.blockCount());
      check(header, new ProblemLimit(sink));
      Overflow overflow = fat.overflow(header);
      if (overflow != null) {
        new ZapChecker(object, overflow.table()).check(sink);
        new OverflowChecker(fat, overflow, header.names(), sink).check();
      } else if (!header.isOverflow() && marked != 0) {
        sink.problem(
            0,
            FatHeaderLayout.OVERFLOW_BLOCK_OFFSET,
            marked + " values should be in the overflow, but there is none");
      }
    } catch (ZapException e) {
      report(sink, header.buffer().blockId(), e);
    } finally {
      fat.access().release(header);
    }
  }

  private void check(FatHeader header, ProblemLimit sink) {
    long changes = fat.entryChanges();
    boolean walked = leaves(header, sink);
    for (int i = 1; i < ATTEMPTS && walked && changes != fat.entryChanges(); i++) {
      changes = fat.entryChanges();
      walked = leaves(header, new ProblemLimit((block, offset, problem) -> {}));
    }
    long counted = fat.countHere() + (header.isOverflow() ? header.apartCount() : 0);
    if (walked && changes == fat.entryChanges() && counted != entries) {
      sink.problem(
          header.buffer().blockId(),
          FatHeaderLayout.ENTRY_COUNT_OFFSET,
          "number of entries=" + counted + ", but the leaves have " + entries);
    }
    if (walked && header.leafCount() != leafBlocks.size()) {
      sink.problem(
          header.buffer().blockId(),
          FatHeaderLayout.LEAF_COUNT_OFFSET,
          "number of leaves=" + header.leafCount() + ", but there are " + leafBlocks.size());
    }
    if (header.isGrowing()) {
      growingTable(header, sink);
    }
  }

  /** Walks all leaves in the order of the table; whether every one could be counted. */
  private boolean leaves(FatHeader header, ProblemLimit sink) {
    leafBlocks.clear();
    entries = 0;
    marked = 0;
    boolean clean = true;
    boolean more = true;
    try (PointerRuns runs = new PointerRuns(object, fat.table(), header)) {
      while (more && !sink.isReached()) {
        try {
          more = runs.next();
          clean &= !more || run(header, runs, sink);
        } catch (ZapException e) {
          report(sink, header.tableBlock(), e);
          clean = false;
        }
      }
    }
    return clean && !more;
  }

  /** Checks pointers that lead to one block, and the leaf that is there; whether all is right. */
  private boolean run(FatHeader header, PointerRuns runs, ZapProblems sink) {
    long blockId = runs.pointer();
    if (!fat.table().mayBeLeaf(header, blockId)) {
      sink.problem(
          runs.blockId(),
          runs.offsetBytes(),
          pointers(runs) + " lead to block " + blockId + " of " + fat.table().endOfBlocks(header));
      return false;
    }
    if (!leafBlocks.add(blockId)) {
      sink.problem(
          runs.blockId(), runs.offsetBytes(), pointers(runs) + " lead to the leaf of others");
      return false;
    }
    LeafAccess access = fat.access();
    try {
      Leaf leaf = access.hold(header, blockId);
      try {
        leaf.lockAnyway();
        try {
          return LeafChecker.report(leaf, sink) && place(header, runs, leaf, sink);
        } finally {
          leaf.unlockExclusive();
        }
      } finally {
        access.release(leaf);
      }
    } catch (ZapException e) {
      report(sink, blockId, e);
      return false;
    }
  }

  private static String pointers(PointerRuns runs) {
    return runs.count() + " pointers from " + runs.first() + " on";
  }

  /** A leaf's pointers are those that its prefix says; its entries are counted. */
  private boolean place(FatHeader header, PointerRuns runs, Leaf leaf, ZapProblems sink) {
    if (!fat.table().isGivenOut(leaf.blockId())) {
      sink.problem(leaf.blockId(), CorruptException.NONE, "this block was not given out");
      return false;
    }
    if (leaf.isInOverflow() != header.isOverflow()) {
      sink.problem(leaf.blockId(), LeafLayout.FLAGS_OFFSET, "a leaf of another table");
      return false;
    }
    int below = header.tableShift() - leaf.prefixLength();
    if (below < 0 || leaf.prefix() << below != runs.first() || 1L << below != runs.count()) {
      sink.problem(
          leaf.blockId(),
          LeafLayout.PREFIX_OFFSET,
          "prefix=0x"
              + Long.toHexString(leaf.prefix())
              + " of "
              + leaf.prefixLength()
              + " bits, but "
              + pointers(runs)
              + " of 2^"
              + header.tableShift()
              + " lead here");
      return false;
    }
    entries += leaf.entryCount();
    marked += leaf.markedCount();
    return true;
  }

  /**
   * The copied part of the larger table says the same as the present one; the rest says nothing or
   * the same.
   */
  private void growingTable(FatHeader header, ProblemLimit sink) {
    for (long block = 0; block < header.tableBlockCount() && !sink.isReached(); block++) {
      try {
        Buffer from = object.hold(header.tableBlock() + block, this);
        try {
          growingHalf(header, from, 2 * block, sink);
          growingHalf(header, from, 2 * block + 1, sink);
        } finally {
          from.release(this);
        }
      } catch (ZapException e) {
        report(sink, header.tableBlock() + block, e);
      }
    }
  }

  /** One block of the larger table, which has half of the pointers of a block, twice each. */
  private void growingHalf(FatHeader header, Buffer from, long block, ZapProblems sink) {
    long perBlock = 1L << FatHeaderLayout.pointersPerBlockShift(header.blockShift());
    boolean copied = block < 2 * header.growingCopied();
    Buffer buffer = object.hold(header.growingBlock() + block, this);
    try {
      for (long i = 0; i < perBlock; i++) {
        long pointer = PointerTable.pointer(header, buffer, i);
        long expected = PointerTable.pointer(header, from, ((block & 1) * perBlock + i) >>> 1);
        if (pointer != expected && (copied || pointer != 0)) {
          sink.problem(
              buffer.blockId(),
              FatHeaderLayout.pointerOffset(i),
              "the growing table leads to block " + pointer + " instead of " + expected);
          return;
        }
      }
    } finally {
      buffer.release(this);
    }
  }

  private static void report(ZapProblems sink, long blockId, ZapException e) {
    if (e instanceof CorruptException corrupt) {
      sink.problem(corrupt.blockId(), corrupt.offsetBytes(), corrupt.getMessage());
    } else {
      sink.problem(blockId, CorruptException.NONE, String.valueOf(e.getMessage()));
    }
  }
}
