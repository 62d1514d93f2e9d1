// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.CorruptException;
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
   * What no split can part goes to the overflow (see Overflow). A write of what is there, or goes
   * there, is done under the structure lock too, so that everything that changes the overflow has
   * it; and with the lock of the main table's leaf, so that a key that is not there stays so.
   *
   * Early growth of the table and a shrink come after the operation that called for them, which is
   * done by then. They only keep the shape good; when they fail for a reason of the device or the
   * memory the shape stays as it was, a later operation tries again, and this one does not fail for
   * it.
   */

  private static final System.Logger LOGGER = System.getLogger(FatZap.class.getName());

  /** A leaf with fewer free chunks than this will soon be split. */
  private static final int LOW_WATER_CHUNKS = 20;

  /** More entries than this have one hash only by somebody's choice, or as variants of one key. */
  private static final int MOST_EQUAL_HASHES = 16;

  private final BlockObject object;
  private final ZapParameters parameters;
  private final StampedLock structure;
  private final BlockNumbers numbers;
  private final TableBlocks blocks;
  private final PointerTable table;
  private final LeafAccess access;
  private final FatStructure shape;
  private final LeafCreator creator;

  /** Guards the number of entries in the header; below the leaf locks. */
  private final ReentrantLock headerLock = new ReentrantLock();

  /** How often the number of entries was changed; guarded by the header lock. */
  private long entryChanges;

  /** Guards the making of the object below, of which there must be one; below the leaf locks. */
  private final ReentrantLock overflowLock = new ReentrantLock();

  private volatile @Nullable Overflow overflow;

  FatZap(BlockObject object, ZapParameters parameters, StampedLock structure, LeafCreator creator) {
    this(object, parameters, structure, creator, new HeaderAccess(object, 0), null);
  }

  private FatZap(
      BlockObject object,
      ZapParameters parameters,
      StampedLock structure,
      LeafCreator creator,
      HeaderAccess headers,
      @Nullable BlockNumbers numbersOfMain) {
    this.object = object;
    this.parameters = parameters;
    this.structure = structure;
    this.creator = creator;
    this.numbers =
        numbersOfMain == null
            ? new BlockNumbers(object, headers, parameters.shrinkPolicy())
            : numbersOfMain;
    this.table = new PointerTable(object, numbers, parameters.shrinkPolicy());
    this.blocks = new TableBlocks(headers, table);
    if (numbersOfMain == null) {
      numbers.addUser(blocks);
      numbers.addUser(Overflow.blocksOf(this));
    }
    this.access = new LeafAccess(object, structure, headers, table);
    this.shape =
        new FatStructure(object, access, table, numbers, creator, parameters.shrinkPolicy());
  }

  /** The blocks were taken away: what is known of them in memory is wrong. */
  void forget() {
    numbers.forget();
    overflow = null;
  }

  /** The table of a map's overflow, whose header is in a block of its own. */
  static FatZap ofOverflow(BlockObject object, long block, FatZap main) {
    HeaderAccess headers = new HeaderAccess(object, block);
    return new FatZap(
        object, main.parameters, new StampedLock(), main.creator, headers, main.numbers);
  }

  /** The blocks that this table uses. */
  TableBlocks blocks() {
    return blocks;
  }

  /** The overflow, if there is one. */
  @Nullable Overflow overflow() {
    FatHeader header = access.holdHeader();
    try {
      return overflow(header);
    } finally {
      access.release(header);
    }
  }

  @Nullable Overflow overflow(FatHeader header) {
    Overflow known = overflow;
    if (known != null || header.isOverflow() || header.overflowBlock() == 0) {
      return known;
    }
    overflowLock.lock();
    try {
      if (overflow == null) {
        overflow = Overflow.open(object, header.overflowBlock(), this);
      }
      return overflow;
    } finally {
      overflowLock.unlock();
    }
  }

  /** Checks that the header of an overflow is one of this map. */
  void checkOverflow(FatHeader further) {
    FatHeader header = access.holdHeader();
    try {
      long tableEnd =
          Math.max(further.tableBlock() + further.tableBlockCount(), further.growingEnd());
      if (further.flags() != header.flags() || tableEnd > header.nextBlock()) {
        throw header.corrupt(
            further.buffer().blockId(),
            FatHeaderLayout.FLAGS_OFFSET,
            "an overflow with flags="
                + further.flags()
                + " and tables up to block "
                + tableEnd
                + ", but block 0 says flags="
                + header.flags()
                + " and up to block "
                + header.nextBlock());
      }
    } finally {
      access.release(header);
    }
  }

  private Overflow existingOverflow(FatHeader header, Leaf leaf, int entry) {
    Overflow present = overflow(header);
    if (present == null) {
      throw Overflow.missing(leaf.block(), entry);
    }
    return present;
  }

  /** The value of an entry, wherever it is. */
  private ZapValue value(FatHeader header, Leaf leaf, int entry, ZapName name) {
    return leaf.isApart(entry)
        ? existingOverflow(header, leaf, entry).valueOf(name, leaf.block(), entry)
        : leaf.value(entry);
  }

  long leafReuses() {
    return creator.reuses();
  }

  long objectId() {
    return object.objectId();
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
        if (entry != Leaf.NONE) {
          return value(header, leaf, entry, name);
        }
        Overflow further = leaf.hasOverflow() ? overflow(header) : null;
        return further == null ? null : further.get(name);
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
        return leaf.find(name) != Leaf.NONE || isInOverflow(header, leaf, name);
      } finally {
        access.unlockShared(leaf);
      }
    } finally {
      access.release(header);
    }
  }

  private boolean isInOverflow(FatHeader header, Leaf leaf, ZapName name) {
    Overflow further = leaf.hasOverflow() ? overflow(header) : null;
    return further != null && further.matches(name);
  }

  @Override
  public @Nullable ZapMatch lookup(ZapName name) {
    FatHeader header = access.holdHeader();
    try {
      Leaf leaf = access.lockShared(header, name.hash());
      try {
        int entry = leaf.match(name);
        if (entry != Leaf.NONE) {
          return match(header, leaf, entry, name);
        }
        Overflow further = leaf.hasOverflow() ? overflow(header) : null;
        return further == null ? null : further.lookup(name);
      } finally {
        access.unlockShared(leaf);
      }
    } finally {
      access.release(header);
    }
  }

  /** What the entry of a name is marked with; -1 when there is none. */
  int mark(ZapName name) {
    FatHeader header = access.holdHeader();
    try {
      Leaf leaf = access.lockShared(header, name.hash());
      try {
        int entry = leaf.find(name);
        return entry == Leaf.NONE ? -1 : leaf.block().mark(entry);
      } finally {
        access.unlockShared(leaf);
      }
    } finally {
      access.release(header);
    }
  }

  /**
   * The first entry that a lookup for variants is for, among all those whose hash begins with the
   * same bits as that of the name.
   */
  @Nullable ZapMatch lookupNear(ZapName name, int bits) {
    NormalForm form = Objects.requireNonNull(name.form());
    ZapMatch match = null;
    long hash = ZapHash.mask(name.hash(), bits);
    FatHeader header = access.holdHeader();
    try {
      for (boolean last = false; !last && isNear(hash, name, bits); ) {
        Leaf leaf = access.lockShared(header, hash);
        try {
          int entry = leaf.closest(hash, 0);
          while (entry != Leaf.NONE && isNear(leaf.block().hash(entry), name, bits)) {
            byte[] key = leaf.key(entry);
            if (!leaf.isValueOfOther(entry) && form.isFormOf(key)) {
              if (match != null) {
                return new ZapMatch(match.key(), match.value(), true);
              }
              match = new ZapMatch(key, leaf.value(entry), false);
            }
            entry = leaf.closest(leaf.block().hash(entry), leaf.block().cd(entry) + 1);
          }
          last = leaf.isLast();
          hash = last ? hash : leaf.hashAfter();
        } finally {
          access.unlockShared(leaf);
        }
      }
      return match;
    } finally {
      access.release(header);
    }
  }

  private static boolean isNear(long hash, ZapName name, int bits) {
    return (hash ^ name.hash()) >>> (Long.SIZE - bits) == 0;
  }

  private ZapMatch match(FatHeader header, Leaf leaf, int entry, ZapName name) {
    NormalForm form = name.form();
    if (form == null) {
      return new ZapMatch(name.key(), value(header, leaf, entry, name), false);
    }
    byte[] key = leaf.key(entry);
    ZapName exact = leaf.isApart(entry) ? leaf.name(entry, header.names(), MatchType.EXACT) : name;
    boolean conflict = leaf.hasVariant(entry, form) || isInOverflow(header, leaf, name);
    return new ZapMatch(key, value(header, leaf, entry, exact), conflict);
  }

  @Override
  public @Nullable ZapLength length(ZapName name) {
    FatHeader header = access.holdHeader();
    try {
      Leaf leaf = access.lockShared(header, name.hash());
      try {
        int entry = leaf.find(name);
        if (entry != Leaf.NONE && !leaf.isApart(entry)) {
          return leaf.length(entry);
        }
        Overflow further = leaf.hasOverflow() ? overflow(header) : null;
        return further == null ? null : further.length(name);
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
      Leaf leaf = access.lockShared(header, name.hash());
      try {
        Overflow further = leaf.hasOverflow() ? overflow(header) : null;
        if (further != null) {
          further.prefetch(name);
        }
      } finally {
        access.unlockShared(leaf);
      }
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
      Overflow further = overflow(header);
      if (further != null) {
        further.table().prefetchAll();
      }
    } finally {
      access.release(header);
    }
  }

  /** How many entries the map has. */
  long count() {
    FatHeader header = access.holdHeader();
    try {
      if (header.overflowBlock() == 0) {
        return countHere(header);
      }
      // Only who holds this lock adds to the overflow or removes from it.
      long stamp = structure.readLock();
      try {
        Overflow further = overflow(header);
        return countHere(header) + (further == null ? 0 : further.count());
      } finally {
        structure.unlockRead(stamp);
      }
    } finally {
      access.release(header);
    }
  }

  /** How many entries this table has, but for those that are only values of others. */
  long countHere() {
    FatHeader header = access.holdHeader();
    try {
      return countHere(header);
    } finally {
      access.release(header);
    }
  }

  /** Whether this table has nothing in it, not even values of others. */
  boolean isEmptyHere() {
    FatHeader header = access.holdHeader();
    try {
      headerLock.lock();
      try {
        return header.entryCount() == 0;
      } finally {
        headerLock.unlock();
      }
    } finally {
      access.release(header);
    }
  }

  private long countHere(FatHeader header) {
    headerLock.lock();
    try {
      return header.entryCount() - (header.isOverflow() ? header.apartCount() : 0);
    } finally {
      headerLock.unlock();
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
      boolean shrink;
      int shift = header.tableShift();
      Leaf leaf = access.lockExclusive(header, write.name().hash());
      try {
        int free = leaf.freeChunks();
        outcome = tryWrite(header, leaf, leaf.find(write.name()), write, tx);
        grow = wantsGrowth(header, leaf, shift);
        shrink = leaf.freeChunks() > free && shape.wantsShrink(leaf);
      } finally {
        access.unlockExclusive(leaf);
      }
      if (outcome == Write.Outcome.NO_ROOM || grow) {
        outcome = writeUnderStructure(header, write, outcome, shift, tx);
      }
      if (shrink) {
        shrink(header, write.name().hash(), tx);
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
        table.grow(header, tx);
      }
    }
  }

  /** One attempt in a leaf that is locked for writing. */
  private Write.Outcome tryWrite(
      FatHeader header, Leaf leaf, int entry, Write write, Transaction tx) {
    if (entry != Leaf.NONE) {
      if (!write.isReplacing()) {
        return Write.Outcome.EXISTS;
      }
      return leaf.isApart(entry) ? Write.Outcome.NO_ROOM : tryUpdate(leaf, entry, write, tx);
    }
    if (leaf.hasOverflow()) {
      Overflow further = overflow(header);
      if (further != null && further.contains(write.name())) {
        return write.isReplacing() ? Write.Outcome.NO_ROOM : Write.Outcome.EXISTS;
      }
      if (further == null || further.isEmpty()) {
        object.dirty(leaf.buffer(), tx);
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
    object.dirty(leaf.buffer(), tx);
    addEntries(header, 1, write.mark(), tx);
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
    object.dirty(leaf.buffer(), tx);
    write.setPrevious(leaf.value(entry));
    leaf.update(entry, write.value(), write.mark());
    return Write.Outcome.DONE;
  }

  /** Counts an entry in or out; one with a mark is only a value of another. */
  private void addEntries(FatHeader header, int delta, int mark, Transaction tx) {
    headerLock.lock();
    try {
      object.dirty(header.buffer(), tx);
      header.addEntries(delta);
      if (mark == LeafLayout.MARK_VALUE_OF_OTHER) {
        header.addApart(delta);
      }
      entryChanges++;
    } finally {
      headerLock.unlock();
    }
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
      return existingOverflow(header, leaf, entry).writeApart(write, true, tx);
    }
    if (entry == Leaf.NONE && isInOverflow(header, leaf, write.name())) {
      return Objects.requireNonNull(overflow(header)).write(write, tx);
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
    object.dirty(leaf.buffer(), tx);
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
              + ": two leaves are full of variants of one key; a map that normalises its keys holds no"
              + " more of them");
    }
    Overflow present = overflow(header);
    if (present == null) {
      shape.createOverflow(header, parameters.newHashKey(), parameters.newHashKey(), tx);
      present = overflow(header);
    }
    if (!leaf.hasOverflow()) {
      object.dirty(leaf.buffer(), tx);
      leaf.setOverflow(true);
    }
    return Objects.requireNonNull(present);
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
   * Whether the leaf's entries can be parted. Without this check a leaf full of one hash would be
   * split until the pointer table is as large as it can be, and be full still.
   */
  private boolean splitHelps(FatHeader header, Leaf leaf, int entry, Write write) {
    int bits = table.maxShift(header);
    int chunks =
        leaf.chunksOfNeighbours(write.name().hash(), bits, entry)
            + chunks(write.name(), write.value());
    return chunks <= leaf.chunkCount();
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
    if (header.tableShift() != shiftBefore || !table.mayGrow(header)) {
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
      boolean flooded;
      boolean mergeable;
      Leaf leaf = access.lockExclusive(header, name.hash());
      try {
        int entry = leaf.match(name);
        if (entry == Leaf.NONE && !isInOverflow(header, leaf, name)) {
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
    ZapMatch previous = match(header, leaf, entry, name);
    if (expected != null && !expected.equals(previous.value())) {
      return null;
    }
    object.dirty(leaf.buffer(), tx);
    object.dirty(header.buffer(), tx);
    if (leaf.isApart(entry)) {
      ZapName exact = leaf.name(entry, header.names(), MatchType.EXACT);
      existingOverflow(header, leaf, entry).remove(exact, header.names(), null, tx);
    }
    addEntries(header, -1, leaf.block().mark(entry), tx);
    leaf.remove(entry);
    return previous;
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
          Overflow further = overflow(header);
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

  /**
   * Moves a cursor to the first entry at or after its position: first those of the main table, then
   * those of the overflow.
   *
   * @return whether there is one
   */
  boolean next(ZapCursor cursor) {
    FatHeader header = access.holdHeader();
    try {
      if (!cursor.isInOverflow()) {
        if (nextHere(header, cursor)) {
          return true;
        }
        leave(cursor);
        cursor.moveToOverflow();
      }
      Overflow further = overflow(header);
      if (further == null || !further.table().nextHere(cursor)) {
        return false;
      }
      if (header.normflags() != 0) {
        ZapName name = storedName(header, cursor.key());
        cursor.setConflict(hasVariant(header, name) || further.hasOther(name));
      }
      return true;
    } finally {
      access.release(header);
    }
  }

  private boolean hasVariant(FatHeader header, ZapName name) {
    Leaf leaf = access.lockShared(header, name.hash());
    try {
      return leaf.match(name) != Leaf.NONE;
    } finally {
      access.unlockShared(leaf);
    }
  }

  /** The name of a key that a cursor found, for its variants. */
  private static ZapName storedName(FatHeader header, byte[] key) {
    return header
        .names()
        .stored(
            key,
            MatchType.NORMALIZED,
            header.buffer().objectId(),
            CorruptException.NONE,
            CorruptException.NONE);
  }

  private boolean nextHere(ZapCursor cursor) {
    FatHeader header = access.holdHeader();
    try {
      return nextHere(header, cursor);
    } finally {
      access.release(header);
    }
  }

  private boolean nextHere(FatHeader header, ZapCursor cursor) {
    for (; ; ) {
      Leaf leaf = standOn(header, cursor);
      try {
        int entry = leaf.closest(cursor.positionHash(), cursor.positionCd());
        while (entry != Leaf.NONE && leaf.isValueOfOther(entry)) {
          LeafBlock block = leaf.block();
          entry = leaf.closest(block.hash(entry), block.cd(entry) + 1);
        }
        if (entry != Leaf.NONE) {
          found(header, leaf, entry, cursor);
          return true;
        }
        if (leaf.isLast()) {
          return false;
        }
        cursor.moveTo(leaf.hashAfter());
      } finally {
        leaf.unlockShared();
      }
      release(cursor);
    }
  }

  private void found(FatHeader header, Leaf leaf, int entry, ZapCursor cursor) {
    LeafBlock block = leaf.block();
    byte[] key = leaf.key(entry);
    ZapValue value =
        leaf.isApart(entry)
            ? value(header, leaf, entry, leaf.name(entry, header.names(), MatchType.EXACT))
            : leaf.value(entry);
    boolean conflict = header.normflags() != 0 && hasConflict(header, leaf, entry);
    cursor.found(key, value, block.hash(entry), block.cd(entry), conflict);
  }

  private boolean hasConflict(FatHeader header, Leaf leaf, int entry) {
    if (!leaf.sharesHash(entry) && !leaf.hasOverflow()) {
      return false;
    }
    ZapName name = leaf.name(entry, header.names(), MatchType.NORMALIZED);
    NormalForm form = name.form();
    return form != null && (leaf.hasVariant(entry, form) || isInOverflow(header, leaf, name));
  }

  /** The leaf of a cursor's position, locked for reading; the cursor holds it. */
  private Leaf standOn(FatHeader header, ZapCursor cursor) {
    Leaf leaf = cursor.leaf();
    if (leaf != null) {
      // It may have been split, merged away, or become another leaf since.
      if (leaf.lockShared(cursor.positionHash(), header.isOverflow())) {
        return leaf;
      }
      release(cursor);
    }
    Leaf found = access.lockShared(header, cursor.positionHash());
    cursor.setLeaf(found);
    return found;
  }

  /** Lets go the leaf that a cursor stands on, in whichever table. */
  void leave(ZapCursor cursor) {
    Overflow further = overflow;
    if (cursor.isInOverflow() && further != null) {
      further.table().release(cursor);
    } else {
      release(cursor);
    }
  }

  private void release(ZapCursor cursor) {
    Leaf leaf = cursor.leaf();
    if (leaf != null) {
      cursor.setLeaf(null);
      access.release(leaf);
    }
  }

  private void shrink(FatHeader header, long hash, Transaction tx) {
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
