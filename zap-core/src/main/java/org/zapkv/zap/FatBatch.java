// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.pool.Transaction;

/** Makes many changes of a fat map: those that follow each other in one leaf in one visit. */
final class FatBatch {
  /*
   * Implementation notes.
   *
   * A visit of a leaf goes on until a change is of another leaf, or leaves something to be done
   * without the leaf's lock: a split, a merge, a step of growth, or the whole of the change when the
   * overflow comes into it. That is done as for a single change; then the next visit begins.
   *
   * `made` is called before anything that can fail is begun after the change. So when something
   * fails, those that were told are a beginning of the list, and all others are as they were.
   */

  /** So many changes are made while others wait for a leaf. */
  private static final int MOST_PER_VISIT = 64;

  private final FatZap fat;
  private final LeafAccess access;
  private final FatStructure shape;
  private final FatWriter writer;
  private final FatRemover remover;

  FatBatch(
      FatZap fat, LeafAccess access, FatStructure shape, FatWriter writer, FatRemover remover) {
    this.fat = fat;
    this.access = access;
    this.shape = shape;
    this.writer = writer;
    this.remover = remover;
  }

  /**
   * Makes changes.
   *
   * @param from the first of the list that is made
   * @param names how keys become names
   */
  void apply(List<? extends ZapChange> changes, int from, ZapNames names, Transaction tx) {
    FatHeader header = access.holdHeader();
    try {
      fat.makeNative(header, tx);
      int at = from;
      while (at < changes.size()) {
        at += new Visit(header, changes, at, names, tx).run();
      }
    } finally {
      access.release(header);
    }
  }

  /** One visit of a leaf. */
  private final class Visit {
    private final FatHeader header;
    private final List<? extends ZapChange> changes;
    private final int first;
    private final ZapNames names;
    private final Transaction tx;

    /** How many changes are made. */
    private int made;

    private ZapName name;

    /** A write that finds no room in the leaf. */
    private @Nullable Write pending;

    /** A removal that the overflow may have to do with. */
    private boolean pendingRemoval;

    private boolean grow;
    private boolean shrink;

    Visit(
        FatHeader header,
        List<? extends ZapChange> changes,
        int first,
        ZapNames names,
        Transaction tx) {
      this.header = header;
      this.changes = changes;
      this.first = first;
      this.names = names;
      this.tx = tx;
      this.name = names.exact(changes.get(first).key());
    }

    /** Makes at least one change. */
    int run() {
      int shift = header.tableShift();
      Leaf leaf = access.lockExclusive(header, name.hash());
      try {
        do {
          make(leaf, changes.get(first + made), shift);
        } while (!isOver() && hasNextIn(leaf));
      } finally {
        access.unlockExclusive(leaf);
      }
      finish(shift);
      return made;
    }

    private boolean isOver() {
      return pending != null || pendingRemoval || grow || shrink;
    }

    private boolean hasNextIn(Leaf leaf) {
      if (made == MOST_PER_VISIT || first + made == changes.size()) {
        return false;
      }
      name = names.exact(changes.get(first + made).key());
      return leaf.coversHash(name.hash());
    }

    private void make(Leaf leaf, ZapChange change, int shift) {
      int free = leaf.freeChunks();
      ZapValue next = change.next();
      if (next == null) {
        remove(leaf, change);
      } else {
        write(leaf, change, next);
        grow = FatWriter.wantsGrowth(header, leaf, shift);
      }
      shrink = leaf.freeChunks() > free && shape.wantsShrink(leaf);
    }

    private void write(Leaf leaf, ZapChange change, ZapValue next) {
      FatWriter.checkSize(next);
      Write write = new Write(name, next, true, Write.ANY_CD);
      Write.Outcome outcome = writer.tryWrite(header, leaf, leaf.find(name), write, tx);
      if (outcome == Write.Outcome.NO_ROOM) {
        pending = write;
      } else {
        FatWriter.finished(outcome, write);
        told(change, write.previous());
      }
    }

    private void remove(Leaf leaf, ZapChange change) {
      int entry = leaf.find(name);
      pendingRemoval = entry == Leaf.NONE ? leaf.hasOverflow() : leaf.isApart(entry);
      if (!pendingRemoval) {
        told(change, entry == Leaf.NONE ? null : remover.take(header, leaf, entry, tx));
      }
    }

    private void told(ZapChange change, @Nullable ZapValue previous) {
      made++;
      change.made(previous);
    }

    /** What is left to be done without the leaf's lock. */
    private void finish(int shift) {
      Write write = pending;
      if (write != null) {
        FatWriter.finished(writer.writeSplitting(header, write, tx), write);
        told(changes.get(first + made), write.previous());
      } else if (pendingRemoval) {
        ZapMatch removed = remover.remove(name, null, tx);
        told(changes.get(first + made), removed == null ? null : removed.value());
      } else if (grow) {
        writer.grow(header, shift, tx);
      }
      if (shrink) {
        remover.shrink(header, name.hash(), tx);
      }
    }
  }
}
