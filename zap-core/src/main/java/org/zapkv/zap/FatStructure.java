// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/**
 * The changes of a fat map's shape: the first leaf, the split of a leaf, the merge of empty ones.
 *
 * <p>Everything here is called with the structure lock held exclusively. Each change first holds
 * and dirties every block it needs, which can fail, and only then changes bytes, which cannot.
 */
final class FatStructure {
  private final BlockObject object;
  private final LeafAccess access;
  private final PointerTable table;
  private final BlockNumbers numbers;
  private final LeafCreator creator;

  FatStructure(
      BlockObject object,
      LeafAccess access,
      PointerTable table,
      BlockNumbers numbers,
      LeafCreator creator) {
    this.object = object;
    this.access = access;
    this.table = table;
    this.numbers = numbers;
    this.creator = creator;
  }

  /** Makes the first leaf of a new fat map. */
  void createFirstLeaf(FatHeader header, Transaction tx) {
    Buffer buffer = object.hold(FatHeaderLayout.FIRST_LEAF_BLOCK, this);
    try {
      Leaf leaf = creator.create(buffer, header);
      try {
        object.dirty(buffer, tx);
        leaf.initialise(0, 0, header.sortedLeaves());
      } finally {
        leaf.unlockExclusive();
      }
    } finally {
      buffer.release(this);
    }
  }

  /** Splits a leaf that is locked for writing and has fewer prefix bits than the table. */
  void split(FatHeader header, Leaf leaf, Transaction tx) {
    try (BlockNumbers.Claim claim = numbers.claim(1, tx)) {
      Buffer buffer = object.hold(claim.first(), this);
      try {
        split(header, leaf, buffer, claim, tx);
      } finally {
        buffer.release(this);
      }
    }
  }

  private void split(
      FatHeader header, Leaf leaf, Buffer buffer, BlockNumbers.Claim claim, Transaction tx) {
    int length = leaf.prefixLength() + 1;
    long count = 1L << (header.tableShift() - length);
    long first = (leaf.prefix() << 1 | 1) * count;
    try (PointerTable.Run run = table.prepare(header, first, count, tx)) {
      checkRun(header, leaf, run);
      Leaf upper = creator.create(buffer, header);
      try {
        object.dirty(header.buffer(), tx);
        object.dirty(leaf.buffer(), tx);
        object.dirty(buffer, tx);
        claim.take();
        LeafSplit.split(leaf, upper, header.sortedLeaves());
        header.addLeaves(1);
        run.fill(buffer.blockId());
      } finally {
        upper.unlockExclusive();
      }
    }
  }

  private static void checkRun(FatHeader header, Leaf leaf, PointerTable.Run run) {
    if (!run.allLeadTo(leaf.blockId())) {
      throw header.corrupt(
          leaf.blockId(),
          LeafLayout.PREFIX_LENGTH_OFFSET,
          "prefixLength=" + leaf.prefixLength() + ", but not all those pointers lead here");
    }
  }

  /** Merges the empty leaf of a hash with its empty sibling, and goes on as long as there are. */
  void shrink(FatHeader header, long hash, Transaction tx) {
    boolean lastBlockFreed = false;
    MergeStep step = mergeStep(header, hash);
    while (step != null && merge(header, step, tx)) {
      lastBlockFreed |= step.upperBlock() >= header.freeBlock() - 1;
      step = mergeStep(header, hash);
    }
    if (lastBlockFreed) {
      header.setFreeBlock(table.endOfUse(header));
    }
  }

  /** Two leaves that may be siblings; the lower one has bit 0. */
  private record MergeStep(long lowerBlock, long upperBlock, long prefix, int length) {}

  private @Nullable MergeStep mergeStep(FatHeader header, long hash) {
    Leaf leaf = access.lockUnderStructure(header, hash, false);
    try {
      int length = leaf.prefixLength();
      if (leaf.entryCount() != 0 || length == 0 || length > header.tableShift()) {
        return null;
      }
      long count = 1L << (header.tableShift() - length);
      long sibling = (leaf.prefix() ^ 1) * count;
      long siblingBlock = table.get(header, sibling);
      if (siblingBlock == leaf.blockId()
          || table.get(header, sibling + count - 1) != siblingBlock) {
        return null;
      }
      boolean isUpper = (leaf.prefix() & 1) != 0;
      return new MergeStep(
          isUpper ? siblingBlock : leaf.blockId(),
          isUpper ? leaf.blockId() : siblingBlock,
          leaf.prefix() >>> 1,
          length);
    } finally {
      access.unlockShared(leaf);
    }
  }

  /** Locks both leaves, the lower first, and merges them if they still are empty siblings. */
  private boolean merge(FatHeader header, MergeStep step, Transaction tx) {
    long lowerHash = step.prefix() << 1 << (Long.SIZE - step.length());
    long upperHash = (step.prefix() << 1 | 1) << (Long.SIZE - step.length());
    Leaf lower = access.lockUnderStructure(header, lowerHash, true);
    try {
      Leaf upper = access.lockUnderStructure(header, upperHash, true);
      try {
        if (!isEmpty(lower, step.length()) || !isEmpty(upper, step.length())) {
          return false;
        }
        merge(header, lower, upper, tx);
        return true;
      } finally {
        access.unlockExclusive(upper);
      }
    } finally {
      access.unlockExclusive(lower);
    }
  }

  private static boolean isEmpty(Leaf leaf, int length) {
    return leaf.prefixLength() == length && leaf.entryCount() == 0;
  }

  private void merge(FatHeader header, Leaf lower, Leaf upper, Transaction tx) {
    long count = 1L << (header.tableShift() - upper.prefixLength());
    long first = upper.prefix() * count;
    try (PointerTable.Run run = table.prepare(header, first, count, tx)) {
      checkRun(header, upper, run);
      object.dirty(header.buffer(), tx);
      object.dirty(lower.buffer(), tx);
      // The upper leaf's bytes become zeros under its lock: whoever stands on it sees no leaf then.
      object.freeRange(upper.blockId(), 1, tx);
      run.fill(lower.blockId());
      header.addLeaves(-1);
      lower.block().setPrefix(lower.prefix() >>> 1, lower.prefixLength() - 1);
    }
  }
}
