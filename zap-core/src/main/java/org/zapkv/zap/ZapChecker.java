// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.HashSet;
import java.util.Set;
import org.zapkv.cache.Buffer;
import org.zapkv.error.CorruptException;
import org.zapkv.error.ZapException;
import org.zapkv.object.BlockObject;

/**
 * Checks a fat map as a whole: every leaf, that the pointer table is what the leaves' prefixes say,
 * that no block is used twice, and that the header counts what is there. The structure lock is
 * held.
 */
final class ZapChecker {
  /** Entries come and go during a walk; after this many disturbed ones the sum is not compared. */
  private static final int ATTEMPTS = 3;

  private final BlockObject object;
  private final FatZap fat;
  private final Set<Long> leafBlocks = new HashSet<>();
  private long entries;

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
      check(header, sink);
    } finally {
      fat.access().release(header);
    }
  }

  private void check(FatHeader header, ZapProblems sink) {
    long changes = fat.entryChanges();
    boolean walked = leaves(header, sink);
    for (int i = 1; i < ATTEMPTS && walked && changes != fat.entryChanges(); i++) {
      changes = fat.entryChanges();
      walked = leaves(header, (block, offset, problem) -> {});
    }
    long counted = fat.countHere();
    if (walked && changes == fat.entryChanges() && counted != entries) {
      sink.problem(
          0,
          FatHeaderLayout.ENTRY_COUNT_OFFSET,
          "number of entries=" + counted + ", but the leaves have " + entries);
    }
    if (walked && header.leafCount() != leafBlocks.size()) {
      sink.problem(
          0,
          FatHeaderLayout.LEAF_COUNT_OFFSET,
          "number of leaves=" + header.leafCount() + ", but there are " + leafBlocks.size());
    }
    tableBlocks(header, sink);
    if (header.isGrowing()) {
      growingTable(header, sink);
    }
  }

  /** Walks all leaves in the order of the table; whether every one could be counted. */
  private boolean leaves(FatHeader header, ZapProblems sink) {
    leafBlocks.clear();
    entries = 0;
    boolean clean = true;
    long length = 1L << header.tableShift();
    for (long index = 0; index < length; ) {
      long step = leaf(header, index, sink);
      clean &= step > 0;
      index += Math.max(1, step);
    }
    return clean;
  }

  /** Checks the leaf that a pointer leads to; how many pointers it has, 0 when it is damaged. */
  private long leaf(FatHeader header, long index, ZapProblems sink) {
    LeafAccess access = fat.access();
    long blockId = -1;
    try {
      blockId = fat.table().get(header, index);
      Leaf leaf = access.hold(header, blockId);
      try {
        leaf.lockAnyway();
        try {
          return leaf(header, index, leaf, sink);
        } finally {
          leaf.unlockExclusive();
        }
      } finally {
        access.release(leaf);
      }
    } catch (ZapException e) {
      report(sink, blockId, e);
      return 0;
    }
  }

  private long leaf(FatHeader header, long index, Leaf leaf, ZapProblems sink) {
    long blockId = leaf.blockId();
    if (!LeafChecker.report(leaf, header.names(), sink)) {
      return 0;
    }
    int length = leaf.prefixLength();
    if (length > header.tableShift()) {
      sink.problem(
          blockId,
          LeafLayout.PREFIX_LENGTH_OFFSET,
          "prefixLength=" + length + " is above the table's shift=" + header.tableShift());
      return 0;
    }
    long count = 1L << (header.tableShift() - length);
    if (leaf.prefix() * count != index) {
      sink.problem(
          blockId,
          LeafLayout.PREFIX_OFFSET,
          "prefix=0x" + Long.toHexString(leaf.prefix()) + " does not begin at pointer " + index);
      return 0;
    }
    for (long i = index + 1; i < index + count; i++) {
      if (fat.table().get(header, i) != blockId) {
        sink.problem(
            blockId, LeafLayout.PREFIX_LENGTH_OFFSET, "pointer " + i + " should lead here too");
        return 0;
      }
    }
    if (!leafBlocks.add(blockId)) {
      sink.problem(blockId, CorruptException.NONE, "two runs of pointers lead to this leaf");
      return 0;
    }
    entries += leaf.entryCount();
    return count;
  }

  /** No block is a leaf and part of a table, and the next free block is after all of them. */
  private void tableBlocks(FatHeader header, ZapProblems sink) {
    long end = header.tableBlock() + header.tableBlockCount();
    for (long leafBlock : leafBlocks) {
      if (leafBlock >= header.tableBlock() && leafBlock < end) {
        sink.problem(leafBlock, CorruptException.NONE, "a leaf inside the pointer table");
      }
      if (leafBlock >= header.growingBlock() && leafBlock < header.growingEnd()) {
        sink.problem(leafBlock, CorruptException.NONE, "a leaf inside the growing pointer table");
      }
    }
    boolean overlap = end > header.growingBlock() && header.tableBlock() < header.growingEnd();
    if (header.isGrowing() && overlap) {
      sink.problem(
          0, FatHeaderLayout.GROWING_BLOCK_OFFSET, "the growing table overlaps the present one");
    }
    if (end > header.nextBlock()) {
      sink.problem(
          0, FatHeaderLayout.FREE_BLOCK_OFFSET, "the pointer table reaches beyond the free block");
    }
  }

  /**
   * The copied part of the larger table says the same as the present one; the rest says nothing or
   * the same.
   */
  private void growingTable(FatHeader header, ZapProblems sink) {
    int perBlockShift = FatHeaderLayout.pointersPerBlockShift(header.blockShift());
    long perBlock = 1L << perBlockShift;
    long copied = 2 * header.growingCopied();
    for (long block = 0; block < 2 * header.tableBlockCount(); block++) {
      try {
        Buffer buffer = object.hold(header.growingBlock() + block, this);
        try {
          for (long i = 0; i < perBlock; i++) {
            long offset = FatHeaderLayout.pointerOffset(i);
            long pointer = PointerTable.pointer(header, buffer, i);
            long expected = fat.table().get(header, (block << perBlockShift | i) >>> 1);
            if (pointer != expected && (block < copied || pointer != 0)) {
              sink.problem(
                  buffer.blockId(),
                  offset,
                  "the growing table leads to block " + pointer + " instead of " + expected);
              break;
            }
          }
        } finally {
          buffer.release(this);
        }
      } catch (ZapException e) {
        report(sink, header.growingBlock() + block, e);
      }
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
