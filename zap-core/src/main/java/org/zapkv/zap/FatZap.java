// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.lang.System.Logger.Level;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.MapFullException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.error.ZapException;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/**
 * A map of a header, a pointer table and leaves: the top half, which decides what happens where.
 */
final class FatZap implements Entries {
  /*
   * Implementation notes.
   *
   * A write is tried in the leaf first, under the leaf's lock alone. Only when the leaf has no room
   * the leaf is let go and the write is done again from the start under the structure lock, held
   * exclusively, splitting until it fits. By then another thread may have made room; so nothing
   * seen under the first lock is relied on under the second.
   *
   * Early growth of the table and the merge of empty leaves come after the operation that called
   * for them, which is done by then. They only keep the shape good; when they fail for a reason of
   * the device or the memory the shape stays as it was, the next such operation tries again, and
   * the operation does not fail for it.
   */

  private static final System.Logger LOGGER = System.getLogger(FatZap.class.getName());

  /** A leaf with fewer free chunks than this will soon be split. */
  private static final int LOW_WATER_CHUNKS = 20;

  private final BlockObject object;
  private final StampedLock structure;
  private final PointerTable table;
  private final LeafAccess access;
  private final FatStructure shape;
  private final LeafCreator creator;

  /** Guards the number of entries in the header; below the leaf locks. */
  private final ReentrantLock headerLock = new ReentrantLock();

  /** How often the number of entries was changed; guarded by the header lock. */
  private long entryChanges;

  FatZap(BlockObject object, StampedLock structure, LeafCreator creator) {
    this.object = object;
    this.structure = structure;
    this.creator = creator;
    HeaderAccess headers = new HeaderAccess(object);
    BlockNumbers numbers = new BlockNumbers(object, headers);
    this.table = new PointerTable(object, numbers);
    this.access = new LeafAccess(object, structure, headers, table);
    this.shape = new FatStructure(object, access, table, numbers, creator);
  }

  long leafReuses() {
    return creator.reuses();
  }

  LeafAccess access() {
    return access;
  }

  PointerTable table() {
    return table;
  }

  FatStructure shape() {
    return shape;
  }

  @Nullable ZapValue get(ZapName name) {
    FatHeader header = access.holdHeader();
    try {
      Leaf leaf = access.lockShared(header, name.hash());
      try {
        int entry = leaf.find(name);
        return entry == Leaf.NONE ? null : leaf.value(entry);
      } finally {
        access.unlockShared(leaf);
      }
    } finally {
      access.release(header);
    }
  }

  boolean contains(ZapName name) {
    FatHeader header = access.holdHeader();
    try {
      Leaf leaf = access.lockShared(header, name.hash());
      try {
        return leaf.find(name) != Leaf.NONE;
      } finally {
        access.unlockShared(leaf);
      }
    } finally {
      access.release(header);
    }
  }

  @Override
  public @Nullable ZapMatch lookup(ZapName name) {
    FatHeader header = access.holdHeader();
    try {
      Leaf leaf = access.lockShared(header, name.hash());
      try {
        int entry = leaf.match(name);
        return entry == Leaf.NONE ? null : match(leaf, entry, name);
      } finally {
        access.unlockShared(leaf);
      }
    } finally {
      access.release(header);
    }
  }

  private static ZapMatch match(Leaf leaf, int entry, ZapName name) {
    NormalForm form = name.form();
    return new ZapMatch(
        form == null ? name.key() : leaf.key(entry),
        leaf.value(entry),
        form != null && leaf.hasVariant(entry, form));
  }

  @Override
  public @Nullable ZapLength length(ZapName name) {
    FatHeader header = access.holdHeader();
    try {
      Leaf leaf = access.lockShared(header, name.hash());
      try {
        int entry = leaf.find(name);
        return entry == Leaf.NONE ? null : leaf.length(entry);
      } finally {
        access.unlockShared(leaf);
      }
    } finally {
      access.release(header);
    }
  }

  @Override
  public void prefetch(ZapName name) {
    FatHeader header = access.holdHeader();
    try {
      access.unlockShared(access.lockShared(header, name.hash()));
    } finally {
      access.release(header);
    }
  }

  @Override
  public void prefetchAll() {
    FatHeader header = access.holdHeader();
    try {
      long hash = 0;
      for (boolean last = false; !last; ) {
        Leaf leaf = access.lockShared(header, hash);
        last = leaf.isLast();
        hash = last ? hash : leaf.hashAfter();
        access.unlockShared(leaf);
      }
    } finally {
      access.release(header);
    }
  }

  long count() {
    FatHeader header = access.holdHeader();
    try {
      headerLock.lock();
      try {
        return header.entryCount();
      } finally {
        headerLock.unlock();
      }
    } finally {
      access.release(header);
    }
  }

  /** Changes whenever the number of entries does, so that a walk knows if it was disturbed. */
  long entryChanges() {
    headerLock.lock();
    try {
      return entryChanges;
    } finally {
      headerLock.unlock();
    }
  }

  /**
   * Writes an entry.
   *
   * @return DONE, EXISTS or CHANGED
   * @throws ValueTooLargeException if no leaf has room for the entry
   * @throws MapFullException if the leaf is full and no split can help
   */
  Write.Outcome write(Write write, Transaction tx) {
    FatHeader header = access.holdHeader();
    try {
      makeNative(header, tx);
      Write.Outcome outcome;
      boolean grow;
      int shift = header.tableShift();
      Leaf leaf = access.lockExclusive(header, write.name().hash());
      try {
        outcome = tryWrite(header, leaf, write, tx);
        grow = wantsGrowth(header, leaf, shift);
      } finally {
        access.unlockExclusive(leaf);
      }
      if (outcome == Write.Outcome.NO_ROOM || grow) {
        outcome = writeUnderStructure(header, write, outcome, shift, tx);
      }
      return finished(outcome, write);
    } finally {
      access.release(header);
    }
  }

  /** Before the first change of a map of the other byte order its header and table become ours. */
  private void makeNative(FatHeader header, Transaction tx) {
    if (header.isForeign()) {
      long stamp = structure.writeLock();
      try {
        if (header.isForeign()) {
          table.makeNative(header, tx);
        }
      } finally {
        structure.unlockWrite(stamp);
      }
    }
  }

  private Write.Outcome writeUnderStructure(
      FatHeader header, Write write, Write.Outcome before, int shiftBefore, Transaction tx) {
    long stamp = structure.writeLock();
    try {
      if (before == Write.Outcome.NO_ROOM) {
        return writeLocked(header, write, tx);
      }
      growEarly(header, shiftBefore, tx);
      return before;
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
        Write.Outcome outcome = tryWrite(header, leaf, write, tx);
        if (outcome != Write.Outcome.NO_ROOM) {
          boolean grow = wantsGrowth(header, leaf, header.tableShift());
          if (grow) {
            growEarly(header, header.tableShift(), tx);
          }
          return outcome;
        }
        checkSplitHelps(header, leaf, write);
        if (length < header.tableShift()) {
          shape.split(header, leaf, tx);
        }
      } finally {
        access.unlockExclusive(leaf);
      }
      while (length == header.tableShift()) {
        table.grow(header, tx);
      }
    }
  }

  /** One attempt in a leaf that is locked for writing. */
  private Write.Outcome tryWrite(FatHeader header, Leaf leaf, Write write, Transaction tx) {
    int entry = leaf.find(write.name());
    if (write.isExpecting() && !write.isExpected(entry == Leaf.NONE ? null : leaf.value(entry))) {
      return Write.Outcome.CHANGED;
    }
    if (entry != Leaf.NONE) {
      return write.isReplacing() ? tryUpdate(leaf, entry, write, tx) : Write.Outcome.EXISTS;
    }
    int chunks = chunks(write.name(), write.value());
    if (chunks > leaf.chunkCount()) {
      return Write.Outcome.TOO_LARGE;
    }
    if (chunks > leaf.freeChunks()) {
      return Write.Outcome.NO_ROOM;
    }
    object.dirty(leaf.buffer(), tx);
    long cd = write.cd() == Write.ANY_CD ? leaf.unusedCd(write.name().hash()) : write.cd();
    addEntries(header, 1, tx);
    leaf.insert(write.name(), write.value(), cd);
    return Write.Outcome.DONE;
  }

  private Write.Outcome tryUpdate(Leaf leaf, int entry, Write write, Transaction tx) {
    checkFits(write.name(), write.value(), leaf.block().layout());
    if (leaf.extraChunks(entry, write.value()) > leaf.freeChunks()) {
      return Write.Outcome.NO_ROOM;
    }
    object.dirty(leaf.buffer(), tx);
    write.setPrevious(leaf.value(entry));
    leaf.update(entry, write.value());
    return Write.Outcome.DONE;
  }

  private void addEntries(FatHeader header, int delta, Transaction tx) {
    headerLock.lock();
    try {
      object.dirty(header.buffer(), tx);
      header.addEntries(delta);
      entryChanges++;
    } finally {
      headerLock.unlock();
    }
  }

  private Write.Outcome finished(Write.Outcome outcome, Write write) {
    if (outcome == Write.Outcome.TOO_LARGE) {
      throw tooLarge(write.name(), write.value());
    }
    return outcome;
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
   * Checks that the leaf's entries can be parted. Without this check a leaf full of one hash would
   * be split until the pointer table is as large as it can be, and be full still.
   */
  private void checkSplitHelps(FatHeader header, Leaf leaf, Write write) {
    int bits = PointerTable.maxShift(header.hashBits());
    ZapName self = write.isReplacing() ? write.name() : null;
    int chunks =
        leaf.chunksOfNeighbours(write.name().hash(), bits, self)
            + chunks(write.name(), write.value());
    if (chunks > leaf.chunkCount()) {
      throw new MapFullException(
          "object="
              + object.objectId()
              + ": too many keys with hash=0x"
              + Long.toHexString(write.name().hash())
              + "; one leaf cannot hold them");
    }
  }

  /**
   * Whether a write was a reason to take a step in growing the table. The header is read without
   * the structure lock: what is seen may be old, and is looked at again under it.
   */
  private static boolean wantsGrowth(FatHeader header, Leaf leaf, int shift) {
    return header.isGrowing()
        || (leaf.prefixLength() == shift && leaf.freeChunks() < LOW_WATER_CHUNKS);
  }

  /** Takes one step, unless somebody has finished the growth meanwhile. */
  private void growEarly(FatHeader header, int shiftBefore, Transaction tx) {
    if (header.tableShift() != shiftBefore || !PointerTable.mayGrow(header)) {
      return;
    }
    try {
      table.grow(header, tx);
    } catch (ZapException e) {
      LOGGER.log(Level.WARNING, "object={0}: the pointer table stays: {1}", object.objectId(), e);
    }
  }

  @Override
  public @Nullable ZapMatch remove(ZapName name, @Nullable ZapValue expected, Transaction tx) {
    FatHeader header = access.holdHeader();
    try {
      makeNative(header, tx);
      ZapMatch previous;
      boolean mergeable;
      Leaf leaf = access.lockExclusive(header, name.hash());
      try {
        int entry = leaf.match(name);
        if (entry == Leaf.NONE || (expected != null && !expected.equals(leaf.value(entry)))) {
          return null;
        }
        object.dirty(leaf.buffer(), tx);
        previous = match(leaf, entry, name);
        addEntries(header, -1, tx);
        leaf.remove(entry);
        mergeable = leaf.entryCount() == 0 && leaf.prefixLength() > 0;
      } finally {
        access.unlockExclusive(leaf);
      }
      if (mergeable) {
        shrink(header, name.hash(), tx);
      }
      return previous;
    } finally {
      access.release(header);
    }
  }

  /**
   * Moves a cursor to the first entry at or after its position.
   *
   * @return whether there is one
   */
  boolean next(ZapCursor cursor) {
    FatHeader header = access.holdHeader();
    try {
      for (; ; ) {
        Leaf leaf = standOn(header, cursor);
        try {
          int entry = leaf.closest(cursor.positionHash(), cursor.positionCd());
          if (entry != Leaf.NONE) {
            LeafBlock block = leaf.block();
            byte[] key = leaf.key(entry);
            boolean conflict = header.sortedLeaves() && hasConflict(header, leaf, entry, key);
            cursor.found(key, leaf.value(entry), block.hash(entry), block.cd(entry), conflict);
            return true;
          }
          if (leaf.isLast()) {
            return false;
          }
          cursor.moveTo(leaf.hashAfter());
        } finally {
          leaf.unlockShared();
        }
        leave(cursor);
      }
    } finally {
      access.release(header);
    }
  }

  private static boolean hasConflict(FatHeader header, Leaf leaf, int entry, byte[] key) {
    NormalForm form = leaf.sharesHash(entry) ? header.names().variants(key) : null;
    return form != null && leaf.hasVariant(entry, form);
  }

  /** The leaf of a cursor's position, locked for reading; the cursor holds it. */
  private Leaf standOn(FatHeader header, ZapCursor cursor) {
    Leaf leaf = cursor.leaf();
    if (leaf != null) {
      // It may have been split, merged away, or become another leaf since.
      if (leaf.lockShared(cursor.positionHash())) {
        return leaf;
      }
      leave(cursor);
    }
    Leaf found = access.lockShared(header, cursor.positionHash());
    cursor.setLeaf(found);
    return found;
  }

  /** Lets go the leaf that a cursor stands on. */
  void leave(ZapCursor cursor) {
    Leaf leaf = cursor.leaf();
    if (leaf != null) {
      cursor.setLeaf(null);
      access.release(leaf);
    }
  }

  private void shrink(FatHeader header, long hash, Transaction tx) {
    long stamp = structure.writeLock();
    try {
      shape.shrink(header, hash, tx);
    } catch (ZapException e) {
      LOGGER.log(Level.WARNING, "object={0}: an empty leaf stays: {1}", object.objectId(), e);
    } finally {
      structure.unlockWrite(stamp);
    }
  }
}
