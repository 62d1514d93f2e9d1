// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.concurrent.locks.StampedLock;
import org.zapkv.error.MapFullException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.error.ZapException;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/** Writes to a fat map: in place, after splits, or to the overflow. */
final class FatWriter {
  /*
   * Implementation notes.
   *
   * A write is tried in the leaf first, under the leaf's lock alone. Only when the leaf has no room
   * the leaf is let go and the write is done again from the start under the structure lock, held
   * exclusively, splitting until it fits. By then another thread may have made room; so nothing
   * seen under the first lock is relied on under the second.
   *
   * What no split can part goes to the overflow (see Overflow). A write of what is there, or goes
   * there, is done under the structure lock too, so that everything that changes the overflow has
   * it; and with the lock of the main table's leaf, so that a key that is not there stays so.
   *
   * Early growth of the table and a shrink come after the operation that called for them, which is
   * done by then. They only keep the shape good; when they fail for a reason of the device or the
   * memory the shape stays as it was, a later operation tries again, and this one does not fail for
   * it.
   */

  private static final System.Logger LOGGER = System.getLogger(FatWriter.class.getName());

  /** A leaf with fewer free chunks than this will soon be split. */
  private static final int LOW_WATER_CHUNKS = 20;

  /** More entries than this have one hash only by somebody's choice, or as variants of one key. */
  private static final int MOST_EQUAL_HASHES = 16;

  private final FatZap fat;
  private final BlockObject object;
  private final ZapParameters parameters;
  private final StampedLock structure;
  private final LeafAccess access;
  private final PointerTable table;
  private final FatStructure shape;
  private final EntryCount entries;
  private final FatReader reader;
  private final FatRemover remover;

  FatWriter(
      FatZap fat,
      BlockObject object,
      ZapParameters parameters,
      StampedLock structure,
      LeafAccess access,
      PointerTable table,
      FatStructure shape,
      EntryCount entries,
      FatReader reader,
      FatRemover remover) {
    this.fat = fat;
    this.object = object;
    this.parameters = parameters;
    this.structure = structure;
    this.access = access;
    this.table = table;
    this.shape = shape;
    this.entries = entries;
    this.reader = reader;
    this.remover = remover;
  }

  /**
   * Writes an entry.
   *
   * @return DONE, EXISTS or CHANGED
   * @throws ValueTooLargeException if no leaf has room for the entry
   * @throws MapFullException if the leaf is full and no split can help
   */
  Write.Outcome write(Write write, Transaction tx) {
    LeafSight seen = access.look(write.name());
    FatHeader header = access.holdHeader();
    try {
      fat.makeNative(header, tx);
      Write.Outcome outcome;
      boolean grow;
      boolean shrink;
      int shift = header.tableShift();
      Leaf leaf = access.lockExclusive(header, write.name().hash(), seen);
      try {
        int free = leaf.freeChunks();
        int entry = LeafSight.find(seen, leaf, write.name());
        outcome = tryWrite(header, leaf, entry, write, tx);
        grow = wantsGrowth(header, leaf, shift);
        shrink = leaf.freeChunks() > free && shape.wantsShrink(leaf);
      } finally {
        access.unlockExclusive(leaf);
      }
      if (outcome == Write.Outcome.NO_ROOM) {
        outcome = writeSplitting(header, write, tx);
      } else if (grow) {
        grow(header, shift, tx);
      }
      if (shrink) {
        remover.shrink(header, write.name().hash(), tx);
      }
      return finished(outcome, write);
    } finally {
      access.release(header);
    }
  }

  /** Writes an entry that has found no room in its leaf. */
  Write.Outcome writeSplitting(FatHeader header, Write write, Transaction tx) {
    long stamp = structure.writeLock();
    try {
      return writeLocked(header, write, tx);
    } finally {
      structure.unlockWrite(stamp);
    }
  }

  /** Takes a step in growing the table, after a write that was a reason to. */
  void grow(FatHeader header, int shiftBefore, Transaction tx) {
    long stamp = structure.writeLock();
    try {
      growEarly(header, shiftBefore, tx);
    } finally {
      structure.unlockWrite(stamp);
    }
  }

  /** Writes an entry with the structure lock held exclusively, splitting until there is room. */
  Write.Outcome writeLocked(FatHeader header, Write write, Transaction tx) {
    for (; ; ) {
      Leaf leaf = access.lockUnderStructure(header, write.name().hash(), true);
      int length;
      try {
        length = leaf.prefixLength();
        int entry = leaf.find(write.name());
        Write.Outcome outcome = tryWrite(header, leaf, entry, write, tx);
        if (outcome == Write.Outcome.NO_ROOM) {
          outcome = tryWriteFlooded(header, leaf, entry, write, tx);
        }
        if (outcome != Write.Outcome.NO_ROOM) {
          boolean grow = wantsGrowth(header, leaf, header.tableShift());
          if (grow) {
            growEarly(header, header.tableShift(), tx);
          }
          return outcome;
        }
        if (length < header.tableShift()) {
          shape.split(header, leaf, tx);
        }
      } finally {
        access.unlockExclusive(leaf);
      }
      while (length == header.tableShift()) {
        shape.grow(header, tx);
      }
    }
  }

  /** One attempt in a leaf that is locked for writing. */
  Write.Outcome tryWrite(FatHeader header, Leaf leaf, int entry, Write write, Transaction tx) {
    if (entry != Leaf.NONE) {
      if (!write.isReplacing()) {
        return Write.Outcome.EXISTS;
      }
      return leaf.isApart(entry) ? Write.Outcome.NO_ROOM : tryUpdate(leaf, entry, write, tx);
    }
    if (leaf.hasOverflow()) {
      Overflow further = fat.overflow(header);
      if (further != null && further.contains(write.name())) {
        return write.isReplacing() ? Write.Outcome.NO_ROOM : Write.Outcome.EXISTS;
      }
      if (further == null || further.isEmpty()) {
        leaf.dirty(object, tx);
        leaf.setOverflow(false);
      }
    }
    return tryInsert(header, leaf, write, tx);
  }

  private Write.Outcome tryInsert(FatHeader header, Leaf leaf, Write write, Transaction tx) {
    if (write.isExpecting()) {
      return Write.Outcome.CHANGED;
    }
    int chunks = chunks(write.name(), write.value());
    if (chunks > leaf.chunkCount()) {
      return Write.Outcome.TOO_LARGE;
    }
    if (chunks > leaf.freeChunks()) {
      return Write.Outcome.NO_ROOM;
    }
    long cd = write.cd() == Write.ANY_CD ? leaf.unusedCd(write.name().hash()) : write.cd();
    if (isOneTooMany(header, write, cd)) {
      return Write.Outcome.NO_ROOM;
    }
    leaf.dirty(object, tx);
    entries.increment(header, write.mark(), tx);
    leaf.insert(write.name(), write.value(), write.mark(), cd);
    return Write.Outcome.DONE;
  }

  /**
   * Whether so many entries have the hash of a new one that it is better put into the overflow:
   * each makes finding the others slower.
   */
  private boolean isOneTooMany(FatHeader header, Write write, long cd) {
    return cd >= MOST_EQUAL_HASHES
        && parameters.shrinkPolicy() == ShrinkPolicy.MERGE
        && write.cd() == Write.ANY_CD
        && !header.isOverflow();
  }

  private Write.Outcome tryUpdate(Leaf leaf, int entry, Write write, Transaction tx) {
    if (write.isExpecting() && !write.isExpected(leaf.value(entry))) {
      return Write.Outcome.CHANGED;
    }
    checkFits(write.name(), write.value(), leaf.block().layout());
    if (leaf.extraChunks(entry, write.value()) > leaf.freeChunks()) {
      return Write.Outcome.NO_ROOM;
    }
    leaf.dirty(object, tx);
    write.setPrevious(leaf.value(entry));
    leaf.update(entry, write.value(), write.mark());
    return Write.Outcome.DONE;
  }

  /**
   * What is left of a write that found no room, or a leaf that is marked: the overflow, if it is
   * the place. The structure lock is held exclusively, the leaf is locked for writing.
   *
   * @return NO_ROOM if the leaf has to be split first
   */
  private Write.Outcome tryWriteFlooded(
      FatHeader header, Leaf leaf, int entry, Write write, Transaction tx) {
    if (entry != Leaf.NONE && leaf.isApart(entry)) {
      return reader.existingOverflow(header, leaf, entry).writeApart(write, true, tx);
    }
    if (entry == Leaf.NONE && reader.isInOverflow(header, leaf, write.name())) {
      return Objects.requireNonNull(fat.overflow(header)).write(write, tx);
    }
    boolean oneTooMany =
        entry == Leaf.NONE && isOneTooMany(header, write, leaf.unusedCd(write.name().hash()));
    if (!oneTooMany && splitHelps(header, leaf, entry, write)) {
      return Write.Outcome.NO_ROOM;
    }
    Overflow further = makeOverflow(header, leaf, tx);
    if (entry == Leaf.NONE) {
      return further.write(write, tx);
    }
    ZapValue previous = leaf.value(entry);
    leaf.dirty(object, tx);
    further.writeApart(write, false, tx);
    leaf.update(entry, ZapValue.NOTHING, LeafLayout.MARK_APART);
    write.setPrevious(previous);
    return Write.Outcome.DONE;
  }

  /** The overflow, made if there is none, with the leaf marked. */
  private Overflow makeOverflow(FatHeader header, Leaf leaf, Transaction tx) {
    if (header.isOverflow()) {
      throw new MapFullException(
          "object="
              + object.objectId()
              + ": a leaf of the overflow is full of keys of one secret hash; the map cannot grow"
              + " further");
    }
    Overflow present = fat.overflow(header);
    if (present == null) {
      shape.createOverflow(header, parameters.newHashKey(), parameters.newHashKey(), tx);
      present = fat.overflow(header);
    }
    if (!leaf.hasOverflow()) {
      leaf.dirty(object, tx);
      leaf.setOverflow(true);
    }
    return Objects.requireNonNull(present);
  }

  /** What came of a write, unless that is an error. */
  static Write.Outcome finished(Write.Outcome outcome, Write write) {
    if (outcome == Write.Outcome.TOO_LARGE) {
      throw tooLarge(write.name(), write.value());
    }
    return outcome;
  }

  /**
   * Checks that a map can hold a value.
   *
   * @throws ValueTooLargeException if not
   */
  static void checkSize(ZapValue value) {
    int bytes = value.bytes().length;
    if (bytes > ZapValue.MAX_BYTES) {
      throw new ValueTooLargeException(
          "the value has " + bytes + " bytes; a map holds up to " + ZapValue.MAX_BYTES);
    }
  }

  private static int chunks(ZapName name, ZapValue value) {
    return LeafLayout.entryChunks(name.storedBytes(), value.bytes().length);
  }

  /**
   * Checks that a leaf that has nothing else in it has room for an entry.
   *
   * @throws ValueTooLargeException if not
   */
  static void checkFits(ZapName name, ZapValue value, LeafLayout layout) {
    if (chunks(name, value) > layout.chunkCount()) {
      throw tooLarge(name, value);
    }
  }

  private static ValueTooLargeException tooLarge(ZapName name, ZapValue value) {
    return new ValueTooLargeException(
        "a value of "
            + value.bytes().length
            + " bytes with a key of "
            + name.key().length
            + " bytes does not fit one leaf");
  }

  /**
   * Whether the leaf's entries can be parted. Without this check a leaf full of one hash would be
   * split until the pointer table is as large as it can be, and be full still.
   */
  private boolean splitHelps(FatHeader header, Leaf leaf, int entry, Write write) {
    int missing = chunks(write.name(), write.value()) - leaf.freeChunks();
    return leaf.canPart(write.name().hash(), table.maxShift(header), entry, missing);
  }

  /**
   * Whether a write was a reason to take a step in growing the table. The header is read without
   * the structure lock: what is seen may be old, and is looked at again under it.
   */
  static boolean wantsGrowth(FatHeader header, Leaf leaf, int shift) {
    return header.isGrowing()
        || (leaf.prefixLength() == shift && leaf.freeChunks() < LOW_WATER_CHUNKS);
  }

  /** Takes one step, unless somebody has finished the growth meanwhile. */
  private void growEarly(FatHeader header, int shiftBefore, Transaction tx) {
    if (header.tableShift() != shiftBefore || !table.mayGrow(header)) {
      return;
    }
    try {
      shape.grow(header, tx);
    } catch (ZapException e) {
      LOGGER.log(Level.WARNING, "object={0}: the pointer table stays: {1}", object.objectId(), e);
    }
  }
}
