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
   * The changes are made in runs. Before a run all leaves that it will come to are touched (see
   * LeafTouch), and then visited one after the other. A visit goes on until a change is of another
   * leaf, or the run ends, or something is left to be done without the leaf's lock: a split, a
   * merge, a step of growth, or the whole of the change when the overflow comes into it. That is
   * done as for a single change; then the next visit begins.
   *
   * `made` is called before anything that can fail is begun after the change. So when something
   * fails, those that were told are a beginning of the list, and all others are as they were.
   */

  /** So many changes are in a run; others wait for a leaf for as many at most. */
  private static final int RUN = 32;

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
      Run run = new Run(header, changes, Math.min(RUN, changes.size() - from), tx);
      for (int at = from; at < changes.size(); ) {
        at = run.make(at, names);
      }
    } finally {
      access.release(header);
    }
  }

  /** Some changes that follow each other; used again for those behind them. */
  private final class Run {
    private final FatHeader header;
    private final List<? extends ZapChange> changes;
    private final Transaction tx;
    private final ZapName[] names;
    private final LeafTouch touch;

    /** The number of the first change, and of the next one. */
    private int first;

    private int next;

    private int end;

    // What a visit leaves to be done.
    private @Nullable Write pending;
    private boolean pendingRemoval;
    private boolean grow;
    private boolean shrink;

    Run(FatHeader header, List<? extends ZapChange> changes, int most, Transaction tx) {
      this.header = header;
      this.changes = changes;
      this.tx = tx;
      this.names = new ZapName[most];
      this.touch = new LeafTouch(most);
    }

    /**
     * Makes the changes from one on.
     *
     * @return the first that is not made
     */
    int make(int from, ZapNames rules) {
      first = from;
      next = from;
      end = from;
      nameAhead(rules);
      if (end > first + 1) {
        touch.touch(access, names, end - first);
      }
      while (next < end) {
        visit();
      }
      return end;
    }

    /** A key that is refused ends the run before it, so that those before it are made. */
    private void nameAhead(ZapNames rules) {
      int most = Math.min(changes.size(), first + names.length);
      while (end < most) {
        try {
          names[end - first] = rules.exact(changes.get(end).key());
        } catch (RuntimeException e) {
          if (end == first) {
            throw e;
          }
          return;
        }
        end++;
      }
    }

    private ZapName name() {
      return names[next - first];
    }

    private void visit() {
      int shift = header.tableShift();
      ZapName begun = name();
      Leaf leaf = access.lockExclusive(header, begun.hash());
      try {
        do {
          make(leaf, changes.get(next), shift);
        } while (!isLeftToDo() && next < end && leaf.coversHash(name().hash()));
      } finally {
        access.unlockExclusive(leaf);
      }
      if (isLeftToDo()) {
        finish(shift, begun.hash());
      }
    }

    private boolean isLeftToDo() {
      return pending != null || pendingRemoval || grow || shrink;
    }

    private void make(Leaf leaf, ZapChange change, int shift) {
      int free = leaf.freeChunks();
      ZapValue value = change.next();
      if (value == null) {
        remove(leaf, change);
      } else {
        write(leaf, change, value);
        grow = FatWriter.wantsGrowth(header, leaf, shift);
      }
      shrink = leaf.freeChunks() > free && shape.wantsShrink(leaf);
    }

    private void write(Leaf leaf, ZapChange change, ZapValue value) {
      FatWriter.checkSize(value);
      Write write = new Write(name(), value, true, Write.ANY_CD);
      Write.Outcome outcome = writer.tryWrite(header, leaf, leaf.find(name()), write, tx);
      if (outcome == Write.Outcome.NO_ROOM) {
        pending = write;
      } else {
        FatWriter.finished(outcome, write);
        told(change, write.previous());
      }
    }

    private void remove(Leaf leaf, ZapChange change) {
      int entry = leaf.find(name());
      pendingRemoval = entry == Leaf.NONE ? leaf.hasOverflow() : leaf.isApart(entry);
      if (!pendingRemoval) {
        told(change, entry == Leaf.NONE ? null : remover.take(header, leaf, entry, tx));
      }
    }

    private void told(ZapChange change, @Nullable ZapValue previous) {
      next++;
      change.made(previous);
    }

    /**
     * What is left to be done without the leaf's lock.
     *
     * @param hash one of the leaf
     */
    private void finish(int shift, long hash) {
      Write write = pending;
      pending = null;
      if (write != null) {
        FatWriter.finished(writer.writeSplitting(header, write, tx), write);
        told(changes.get(next), write.previous());
      } else if (pendingRemoval) {
        pendingRemoval = false;
        ZapMatch removed = remover.remove(name(), null, tx);
        told(changes.get(next), removed == null ? null : removed.value());
      } else if (grow) {
        writer.grow(header, shift, tx);
      }
      grow = false;
      if (shrink) {
        shrink = false;
        remover.shrink(header, hash, tx);
      }
    }
  }
}
