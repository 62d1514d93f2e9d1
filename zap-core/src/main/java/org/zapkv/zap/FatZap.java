// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/**
 * A table of leaves: the main table of a fat map, or that of its overflow. Its parts, and what goes
 * to which of them.
 */
final class FatZap implements Entries {
  private final BlockObject object;
  private final ZapParameters parameters;
  private final StampedLock structure;
  private final BlockNumbers numbers;
  private final TableBlocks blocks;
  private final PointerTable table;
  private final LeafAccess access;
  private final FatStructure shape;
  private final LeafCreator creator;
  private final EntryCount entries;
  private final FatReader reader;

  /** Null for an overflow, where nobody reads so. */
  private final @Nullable UnheldReader unheld;

  private final FatWalk walk;
  private final FatRemover remover;
  private final FatWriter writer;
  private final ShapeCounters counters;
  private final FatBatch batch;

  /** Guards the making of the object below, of which there must be one; below the leaf locks. */
  private final ReentrantLock overflowLock = new ReentrantLock();

  private volatile @Nullable Overflow overflow;

  FatZap(BlockObject object, ZapParameters parameters, StampedLock structure, LeafCreator creator) {
    this(
        object,
        parameters,
        structure,
        creator,
        new HeaderAccess(object, 0),
        null,
        new ShapeCounters());
  }

  private FatZap(
      BlockObject object,
      ZapParameters parameters,
      StampedLock structure,
      LeafCreator creator,
      HeaderAccess headers,
      @Nullable BlockNumbers numbersOfMain,
      ShapeCounters counters) {
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
    LeafMirror mirror = numbersOfMain == null ? new LeafMirror() : null;
    this.access = new LeafAccess(object, structure, headers, table, mirror);
    this.unheld = mirror == null ? null : new UnheldReader(mirror);
    this.shape =
        new FatStructure(
            object, access, table, numbers, creator, parameters.shrinkPolicy(), counters);
    this.counters = counters;
    this.entries = new EntryCount(object);
    this.reader = new FatReader(this, access);
    this.walk = new FatWalk(this, access, reader);
    this.remover = new FatRemover(this, object, structure, access, shape, entries, reader);
    this.writer =
        new FatWriter(
            this, object, parameters, structure, access, table, shape, entries, reader, remover);
    this.batch = new FatBatch(this, access, shape, writer, remover);
  }

  /** The blocks were taken away: what is known of them in memory is wrong. */
  void forget() {
    numbers.forget();
    access.forget();
    overflow = null;
  }

  /** The table of a map's overflow, whose header is in a block of its own. */
  static FatZap ofOverflow(BlockObject object, long block, FatZap main) {
    HeaderAccess headers = new HeaderAccess(object, block);
    return new FatZap(
        object,
        main.parameters,
        new StampedLock(),
        main.creator,
        headers,
        main.numbers,
        main.counters);
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

  /** What reads, for the overflow, which asks for more than a map does. */
  FatReader reader() {
    return reader;
  }

  /** What reads the main table of a map without locks. */
  UnheldReader unheld() {
    return Objects.requireNonNull(unheld);
  }

  FatWriter writer() {
    return writer;
  }

  FatWalk walk() {
    return walk;
  }

  /** The overflow, if anybody has come across it. */
  @Nullable Overflow knownOverflow() {
    return overflow;
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

  /** What this table and its overflow count. */
  ShapeCounters counters() {
    return counters;
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

  /** Before the first change of a map of the other byte order its header and table become ours. */
  void makeNative(FatHeader header, Transaction tx) {
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

  @Nullable ZapValue get(ZapName name) {
    return reader.get(name);
  }

  boolean contains(ZapName name) {
    return reader.contains(name);
  }

  @Override
  public @Nullable ZapMatch lookup(ZapName name) {
    return reader.lookup(name);
  }

  @Override
  public @Nullable ZapLength length(ZapName name) {
    return reader.length(name);
  }

  @Override
  public void prefetch(ZapName name) {
    reader.prefetch(name);
  }

  @Override
  public void prefetchAll() {
    reader.prefetchAll();
  }

  /**
   * Writes an entry.
   *
   * @return DONE, EXISTS or CHANGED
   * @throws org.zapkv.error.ValueTooLargeException if no leaf has room for the entry
   * @throws org.zapkv.error.MapFullException if the overflow is full too
   */
  Write.Outcome write(Write write, Transaction tx) {
    return writer.write(write, tx);
  }

  /**
   * Makes many changes, as {@link Zap#applyAll} says.
   *
   * @param from the first of the list that is made
   */
  void applyAll(List<? extends ZapChange> changes, int from, ZapNames names, Transaction tx) {
    batch.apply(changes, from, names, tx);
  }

  @Override
  public @Nullable ZapMatch remove(ZapName name, @Nullable ZapValue expected, Transaction tx) {
    return remover.remove(name, expected, tx);
  }

  /** How many entries the map has. */
  long count() {
    FatHeader header = access.holdHeader();
    try {
      if (header.overflowBlock() == 0) {
        return entries.read(header);
      }
      // Only who holds this lock adds to the overflow or removes from it.
      long stamp = structure.readLock();
      try {
        Overflow further = overflow(header);
        return entries.read(header) + (further == null ? 0 : further.count());
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
      return entries.read(header);
    } finally {
      access.release(header);
    }
  }

  /** Whether this table has nothing in it, not even values of others. */
  boolean isEmptyHere() {
    FatHeader header = access.holdHeader();
    try {
      return entries.isZero(header);
    } finally {
      access.release(header);
    }
  }

  /** Changes whenever the number of entries does, so that a walk knows if it was disturbed. */
  long entryChanges() {
    return entries.changes();
  }
}
