// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.lang.System.Logger.Level;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ZapException;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/** Removals from a fat map, and the shrink that may follow. */
final class FatRemover {
  private static final System.Logger LOGGER = System.getLogger(FatRemover.class.getName());

  private final FatZap fat;
  private final BlockObject object;
  private final StampedLock structure;
  private final LeafAccess access;
  private final FatStructure shape;
  private final EntryCount entries;
  private final FatReader reader;

  FatRemover(
      FatZap fat,
      BlockObject object,
      StampedLock structure,
      LeafAccess access,
      FatStructure shape,
      EntryCount entries,
      FatReader reader) {
    this.fat = fat;
    this.object = object;
    this.structure = structure;
    this.access = access;
    this.shape = shape;
    this.entries = entries;
    this.reader = reader;
  }

  @Nullable ZapMatch remove(ZapName name, @Nullable ZapValue expected, Transaction tx) {
    LeafSight seen = access.look(name);
    FatHeader header = access.holdHeader();
    try {
      fat.makeNative(header, tx);
      ZapMatch previous;
      boolean flooded;
      boolean mergeable;
      Leaf leaf = access.lockExclusive(header, name.hash(), seen);
      try {
        int entry = name.form() == null ? LeafSight.find(seen, leaf, name) : leaf.match(name);
        if (entry == Leaf.NONE && !reader.isInOverflow(header, leaf, name)) {
          return null;
        }
        flooded = entry == Leaf.NONE || leaf.isApart(entry);
        previous = flooded ? null : remove(header, leaf, entry, name, expected, tx);
        mergeable = previous != null && shape.wantsShrink(leaf);
      } finally {
        access.unlockExclusive(leaf);
      }
      if (flooded) {
        return removeFlooded(header, name, expected, tx);
      }
      if (mergeable) {
        shrink(header, name.hash(), tx);
      }
      return previous;
    } finally {
      access.release(header);
    }
  }

  /** Removes an entry, unless it has another value than the one expected. */
  private @Nullable ZapMatch remove(
      FatHeader header,
      Leaf leaf,
      int entry,
      ZapName name,
      @Nullable ZapValue expected,
      Transaction tx) {
    ZapMatch previous = reader.match(header, leaf, entry, name);
    if (expected != null && !expected.equals(previous.value())) {
      return null;
    }
    leaf.dirty(object, tx);
    object.dirty(header.buffer(), tx);
    if (leaf.isApart(entry)) {
      ZapName exact = leaf.name(entry, header.names(), MatchType.EXACT);
      reader.existingOverflow(header, leaf, entry).remove(exact, header.names(), null, tx);
    }
    removeDirty(header, leaf, entry);
    return previous;
  }

  /** Removes an entry that has its value with it; returns that. The leaf is locked for writing. */
  ZapValue take(FatHeader header, Leaf leaf, int entry, Transaction tx) {
    ZapValue previous = leaf.value(entry);
    leaf.dirty(object, tx);
    object.dirty(header.buffer(), tx);
    removeDirty(header, leaf, entry);
    return previous;
  }

  /** The removal itself, which cannot fail. */
  private void removeDirty(FatHeader header, Leaf leaf, int entry) {
    entries.decrement(header, leaf.block().mark(entry));
    leaf.remove(entry);
  }

  /** Removes an entry that is in the overflow, all of it or its value, unless it has moved. */
  private @Nullable ZapMatch removeFlooded(
      FatHeader header, ZapName name, @Nullable ZapValue expected, Transaction tx) {
    long stamp = structure.writeLock();
    try {
      ZapMatch previous;
      boolean mergeable;
      Leaf leaf = access.lockUnderStructure(header, name.hash(), true);
      try {
        int entry = leaf.match(name);
        if (entry == Leaf.NONE) {
          Overflow further = fat.overflow(header);
          return further == null ? null : further.remove(name, header.names(), expected, tx);
        }
        previous = remove(header, leaf, entry, name, expected, tx);
        mergeable = previous != null && shape.wantsShrink(leaf);
      } finally {
        access.unlockExclusive(leaf);
      }
      if (mergeable) {
        shrinkLocked(header, name.hash(), tx);
      }
      return previous;
    } finally {
      structure.unlockWrite(stamp);
    }
  }

  /** Merges leaves, after an operation that left a leaf with little in it. */
  void shrink(FatHeader header, long hash, Transaction tx) {
    long stamp = structure.writeLock();
    try {
      shrinkLocked(header, hash, tx);
    } finally {
      structure.unlockWrite(stamp);
    }
  }

  private void shrinkLocked(FatHeader header, long hash, Transaction tx) {
    try {
      shape.shrink(header, hash, tx);
    } catch (ZapException e) {
      LOGGER.log(
          Level.WARNING,
          "object={0}: the map stays larger than it could be: {1}",
          object.objectId(),
          e);
    }
  }
}
