// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.error.CorruptException;
import org.zapkv.event.Events;
import org.zapkv.event.LeafMergeEvent;
import org.zapkv.event.LeafSplitEvent;
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
  private final ShrinkPolicy policy;
  private final ShapeCounters counters;
  private final TableReduction reduction;

  FatStructure(
      BlockObject object,
      LeafAccess access,
      PointerTable table,
      BlockNumbers numbers,
      LeafCreator creator,
      ShrinkPolicy policy,
      ShapeCounters counters) {
    this.object = object;
    this.access = access;
    this.table = table;
    this.numbers = numbers;
    this.creator = creator;
    this.policy = policy;
    this.counters = counters;
    this.reduction = new TableReduction(object, table, numbers);
  }

  /** Makes the first leaf of a new fat map. */
  void createFirstLeaf(FatHeader header, Transaction tx) {
    Buffer buffer = object.hold(FatHeaderLayout.FIRST_LEAF_BLOCK, this);
    try {
      Leaf leaf = creator.create(buffer, header);
      try {
        leaf.dirty(object, tx);
        leaf.initialise(0, 0, header.leafFlags());
      } finally {
        leaf.unlockExclusive();
      }
    } finally {
      buffer.release(this);
    }
  }

  /** Makes the overflow of a map that has none: its header, and one leaf. */
  void createOverflow(FatHeader main, long key0, long key1, Transaction tx) {
    try (BlockNumbers.Claim claim = numbers.claim(2, tx)) {
      Buffer block = object.hold(claim.first(), this);
      Buffer leafBlock = null;
      try {
        leafBlock = object.hold(claim.first() + 1, this);
        Leaf leaf = creator.create(leafBlock, main);
        try {
          object.dirty(main.buffer(), tx);
          object.dirty(block, tx);
          leaf.dirty(object, tx);
          claim.take();
          FatHeader header =
              FatHeader.createOverflow(block, main.flags(), key0, key1, leafBlock.blockId());
          leaf.initialise(0, 0, header.leafFlags());
          main.setOverflowBlock(block.blockId());
        } finally {
          leaf.unlockExclusive();
        }
      } finally {
        if (leafBlock != null) {
          leafBlock.release(this);
        }
        block.release(this);
      }
    }
  }

  /** Splits a leaf that is locked for writing and has fewer prefix bits than the table. */
  void split(FatHeader header, Leaf leaf, Transaction tx) {
    LeafSplitEvent event = Events.leafSplit();
    try (BlockNumbers.Claim claim = numbers.claim(1, tx)) {
      checkOther(header, leaf, claim.first());
      Buffer buffer = object.hold(claim.first(), this);
      try {
        split(header, leaf, buffer, claim, tx);
        counters.splits.incrementAndGet();
        if (event != null) {
          event.finish(object.objectId(), leaf.blockId(), claim.first(), leaf.prefixLength());
        }
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
        leaf.dirty(object, tx);
        upper.dirty(object, tx);
        claim.take();
        LeafSplit.split(leaf, upper);
        access.handOver(upper.firstHash(), length, leaf, upper);
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

  /**
   * One step of growth of the pointer table.
   *
   * @throws org.zapkv.error.MapFullException if it may not grow
   */
  void grow(FatHeader header, Transaction tx) {
    int shift = header.tableShift();
    table.grow(header, tx);
    if (header.tableShift() > shift) {
      Events.tableGrown(object.objectId(), 1L << header.tableShift());
    }
    counters.growthSteps.incrementAndGet();
  }

  /** Whether so little is left in a leaf, which is locked for writing, that a shrink is due. */
  boolean wantsShrink(Leaf leaf) {
    if (leaf.prefixLength() == 0) {
      return false;
    }
    return policy == ShrinkPolicy.MERGE ? leaf.takeMergeAttempt() : leaf.entryCount() == 0;
  }

  /**
   * Merges the leaf of a hash with its sibling, and goes on as long as the policy allows. A table
   * that is far too large then gets smaller.
   */
  void shrink(FatHeader header, long hash, Transaction tx) {
    MergeStep step = mergeStep(header, hash);
    while (step != null && merge(header, step, tx)) {
      step = mergeStep(header, hash);
    }
    numbers.endShrink(tx);
    if (policy == ShrinkPolicy.MERGE) {
      int shift = header.tableShift();
      reduction.reduceIfDue(header, tx);
      if (header.tableShift() < shift) {
        counters.reductions.incrementAndGet();
      }
    }
  }

  /** Two leaves that may be siblings; the lower one has bit 0. */
  private record MergeStep(long prefix, int length) {}

  private @Nullable MergeStep mergeStep(FatHeader header, long hash) {
    Leaf leaf = access.lockUnderStructure(header, hash, false);
    try {
      int length = leaf.prefixLength();
      if (length == 0 || excess(leaf) > 0) {
        return null;
      }
      long count = 1L << (header.tableShift() - length);
      long sibling = (leaf.prefix() ^ 1) * count;
      long siblingBlock = table.get(header, sibling);
      if (siblingBlock == leaf.blockId()
          || table.get(header, sibling + count - 1) != siblingBlock) {
        return null;
      }
      return new MergeStep(leaf.prefix() >>> 1, length);
    } finally {
      access.unlockShared(leaf);
    }
  }

  /** How many chunks too many are in use for a merge; the sibling's are to be added. */
  private int excess(Leaf leaf) {
    return leaf.usedChunks() - (policy == ShrinkPolicy.MERGE ? leaf.chunkCount() / 2 : 0);
  }

  /** Locks both leaves, the lower first, and merges them if they still are siblings that fit. */
  private boolean merge(FatHeader header, MergeStep step, Transaction tx) {
    long lowerHash = step.prefix() << 1 << (Long.SIZE - step.length());
    long upperHash = (step.prefix() << 1 | 1) << (Long.SIZE - step.length());
    Leaf lower = access.lockUnderStructure(header, lowerHash, true);
    try {
      checkOther(header, lower, table.get(header, PointerTable.index(header, upperHash)));
      Leaf upper = access.lockUnderStructure(header, upperHash, true);
      try {
        if (lower.prefixLength() != step.length()
            || upper.prefixLength() != step.length()
            || excess(lower) + upper.usedChunks() > 0) {
          return false;
        }
        LeafMergeEvent event = Events.leafMerge();
        long freedBlock = upper.blockId();
        merge(header, lower, upper, tx);
        counters.merges.incrementAndGet();
        if (event != null) {
          event.finish(object.objectId(), lower.blockId(), freedBlock, lower.prefixLength());
        }
        return true;
      } finally {
        access.unlockExclusive(upper);
      }
    } finally {
      access.unlockExclusive(lower);
    }
  }

  /** Who would lock a leaf twice, because the image is damaged, would wait for ever. */
  private static void checkOther(FatHeader header, Leaf locked, long otherBlock) {
    if (otherBlock == locked.blockId()) {
      throw header.corrupt(
          otherBlock, CorruptException.NONE, "this leaf is where another one should be");
    }
  }

  private void merge(FatHeader header, Leaf lower, Leaf upper, Transaction tx) {
    long count = 1L << (header.tableShift() - upper.prefixLength());
    long first = upper.prefix() * count;
    try (PointerTable.Run run = table.prepare(header, first, count, tx);
        BlockNumbers.Claim freeing = numbers.claim(0, tx)) {
      checkRun(header, upper, run);
      object.dirty(header.buffer(), tx);
      lower.dirty(object, tx);
      // Not only because it is zeroed: to free a block that is dirty in this group takes no memory.
      upper.dirty(object, tx);
      long firstHash = upper.firstHash();
      int length = upper.prefixLength();
      LeafMerge.merge(lower, upper);
      access.handOver(firstHash, length, upper, lower);
      run.fill(lower.blockId());
      header.addLeaves(-1);
      freeing.freed(upper.blockId(), 1);
      // Last: should it fail, a block of zeros is left over that the next leaf can have.
      object.freeRange(upper.blockId(), 1, tx);
    }
  }
}
