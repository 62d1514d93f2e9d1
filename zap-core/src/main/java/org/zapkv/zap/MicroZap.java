// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferUser;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/**
 * A map of one block. Everything here is called with the map's structure lock held: shared for
 * reading, exclusive for the rest; but for the two methods that only try, which need no lock.
 */
final class MicroZap implements Entries {
  /*
   * Implementation notes.
   *
   * Who tries to read has no lock and no hold, only the view: a block with the index that is
   * attached to it. Every change of the bytes of a block while an index is attached to it, and of
   * that index, lies between beginChange and endChange of the buffer. So what is read between a
   * stamp and its validation is right if the index is still attached to that buffer after the stamp
   * was taken: a block that was given another size, evicted or made fat has no stamp or another
   * user. Everything else is for the locked way.
   *
   * The view is set by those who hold the block, and emptied when the index is evicted, which cannot
   * happen before they let it go.
   */

  /** Tries to read beside somebody who changes the block, before the lock is waited for. */
  private static final int TRIES = 3;

  /** What an attempt to find a key says of one that is there. */
  private static final int PRESENT = 1;

  /** An index and the block that it is, or was, attached to. */
  private record View(Buffer buffer, MicroIndex index) {}

  /**
   * The chunks that a micro entry takes in a leaf at most: the entry, three of name, one of value.
   */
  private static final int MOST_CHUNKS_PER_ENTRY = 5;

  /**
   * The chunks of a leaf of the default size, which the format counts with whatever the real one.
   */
  private static final int DEFAULT_LEAF_CHUNKS = LeafLayout.of(14).chunkCount();

  private final BlockObject object;
  private final ZapParameters parameters;

  /** Set by anybody who holds the block; all that is ever set is, or was, right. */
  private volatile @Nullable View view;

  MicroZap(BlockObject object, ZapParameters parameters) {
    this.object = object;
    this.parameters = parameters;
  }

  /** Makes a block an empty micro map. The block is dirty. */
  static void format(Buffer buffer, long salt, long normflags) {
    NativeMemory.fill(buffer.address(), buffer.sizeBytes(), (byte) 0);
    NativeMemory.putLong(buffer.address() + MicroLayout.SALT_OFFSET, salt);
    NativeMemory.putLong(buffer.address() + MicroLayout.NORMFLAGS_OFFSET, normflags);
    NativeMemory.putLong(buffer.address() + MicroLayout.TYPE_OFFSET, MicroLayout.BLOCK_TYPE);
  }

  static boolean isMicro(Buffer block0) {
    long type = NativeMemory.getLong(block0.address() + MicroLayout.TYPE_OFFSET);
    return type == MicroLayout.BLOCK_TYPE || type == Long.reverseBytes(MicroLayout.BLOCK_TYPE);
  }

  Buffer hold() {
    return object.hold(0, this);
  }

  void release(Buffer block0) {
    block0.release(this);
  }

  /** The index that is attached to block 0; it is built when there is none. */
  static MicroIndex index(Buffer block0) {
    if (block0.user() instanceof MicroIndex index) {
      return index;
    }
    makeNative(block0);
    return attach(block0, MicroIndex.read(block0));
  }

  /** Several may come here at once; whoever is last finds the bytes as they should be. */
  private static void makeNative(Buffer block0) {
    StampedLock lock = block0.contentLock();
    long stamp = lock.writeLock();
    try {
      if (ByteSwap.isForeign(block0, MicroLayout.BLOCK_TYPE)) {
        ByteSwap.micro(block0);
      }
    } finally {
      lock.unlockWrite(stamp);
    }
  }

  private static MicroIndex attach(Buffer block0, MicroIndex index) {
    BufferUser existing = block0.setUser(index);
    if (existing instanceof MicroIndex winner) {
      return winner;
    }
    UserMemory.count(block0, index.sizeBytes());
    return index;
  }

  /** How keys become names, of any length that can be stored. */
  ZapNames names() {
    Buffer block0 = hold();
    try {
      return index(block0).names();
    } finally {
      release(block0);
    }
  }

  /** The index of block 0, which is held; from now on reads can be tried. */
  private MicroIndex shownIndex(Buffer block0) {
    MicroIndex index = index(block0);
    View seen = view;
    if (seen == null || seen.index() != index || seen.buffer() != block0) {
      index.setReader(this);
      view = new View(block0, index);
    }
    return index;
  }

  /** An index is not to be kept in memory. */
  void forget(MicroIndex index) {
    View seen = view;
    // Should another one have been set just now, it is set again by whoever wants it.
    if (seen != null && seen.index() == index) {
      view = null;
    }
  }

  /** Nothing is to be kept in memory: the map is fat, or closed. */
  void forget() {
    view = null;
  }

  /** Tries to find a value without a lock: see {@link Zap#tryLong}. */
  long tryGetLong(byte[] key, long hash, long absent, long unknown) {
    View seen = view;
    if (seen == null) {
      return unknown;
    }
    Buffer buffer = seen.buffer();
    MicroIndex index = seen.index();
    long address = buffer.unheldAddress();
    int slots = MicroLayout.slotCount(buffer.sizeBytes());
    for (int i = 0; i < TRIES; i++) {
      long stamp = buffer.readStamp();
      if (stamp == 0 || buffer.user() != index) {
        continue;
      }
      long value;
      try {
        int slot = index.slotOf(address, slots, hash, key);
        value = slot < 0 ? absent : MicroEntry.value(address, slot);
      } catch (IndexOutOfBoundsException e) {
        // From an index that changed meanwhile; from one that did not, the locked way has it again.
        continue;
      }
      if (buffer.isValid(stamp)) {
        buffer.noteUse();
        return value;
      }
    }
    return unknown;
  }

  /** Tries to find a key without a lock: see {@link Zap#tryFind}. */
  int tryContains(byte[] key, long hash) {
    View seen = view;
    if (seen == null) {
      return Zap.UNKNOWN;
    }
    Buffer buffer = seen.buffer();
    MicroIndex index = seen.index();
    int slots = MicroLayout.slotCount(buffer.sizeBytes());
    for (int i = 0; i < TRIES; i++) {
      long stamp = buffer.readStamp();
      if (stamp == 0 || buffer.user() != index) {
        continue;
      }
      int slot;
      try {
        slot = index.slotOf(buffer.unheldAddress(), slots, hash, key);
      } catch (IndexOutOfBoundsException e) {
        continue;
      }
      if (buffer.isValid(stamp)) {
        buffer.noteUse();
        return slot < 0 ? Zap.ABSENT : PRESENT;
      }
    }
    return Zap.UNKNOWN;
  }

  @Nullable ZapValue get(ZapName name) {
    Buffer block0 = hold();
    try {
      MicroIndex index = shownIndex(block0);
      int at = index.find(block0.address(), name);
      return at < 0 ? null : value(block0, index, at);
    } finally {
      release(block0);
    }
  }

  private static ZapValue value(Buffer block0, MicroIndex index, int position) {
    return ZapValue.ofLong(MicroEntry.value(block0.address(), index.slot(position)));
  }

  boolean contains(ZapName name) {
    Buffer block0 = hold();
    try {
      return shownIndex(block0).find(block0.address(), name) >= 0;
    } finally {
      release(block0);
    }
  }

  @Override
  public @Nullable ZapMatch lookup(ZapName name) {
    Buffer block0 = hold();
    try {
      MicroIndex index = index(block0);
      int at = index.match(block0.address(), name);
      return at < 0 ? null : match(block0, index, at, name);
    } finally {
      release(block0);
    }
  }

  private static ZapMatch match(Buffer block0, MicroIndex index, int position, ZapName name) {
    NormalForm form = name.form();
    return new ZapMatch(
        form == null ? name.key() : MicroEntry.key(block0.address(), index.slot(position)),
        value(block0, index, position),
        form != null && index.hasVariant(block0.address(), position, form));
  }

  @Override
  public @Nullable ZapLength length(ZapName name) {
    return contains(name) ? new ZapLength(Long.BYTES, 1) : null;
  }

  @Override
  public void prefetch(ZapName name) {
    prefetchAll();
  }

  @Override
  public void prefetchAll() {
    Buffer block0 = hold();
    try {
      index(block0);
    } finally {
      release(block0);
    }
  }

  int count() {
    Buffer block0 = hold();
    try {
      return index(block0).size();
    } finally {
      release(block0);
    }
  }

  /**
   * Moves a cursor to the first entry at or after its position.
   *
   * @return whether there is one
   */
  boolean next(ZapCursor cursor) {
    Buffer block0 = hold();
    try {
      MicroIndex index = index(block0);
      int at = index.atOrAfter(cursor.positionHash(), cursor.positionCd());
      if (at == index.size() || cursor.isInOverflow() || cursor.isBeyond(index.hash(at))) {
        return false;
      }
      if (!index.names().hasVariants() && cursor.takesMany(block0)) {
        cursor.batch().fill(block0, index, at);
        if (cursor.tryNext()) {
          return true;
        }
      }
      byte[] key = MicroEntry.key(block0.address(), index.slot(at));
      boolean conflict = hasConflict(block0, index, at, key);
      cursor.found(key, value(block0, index, at), index.hash(at), index.cd(at), conflict);
      return true;
    } finally {
      release(block0);
    }
  }

  private static boolean hasConflict(Buffer block0, MicroIndex index, int position, byte[] key) {
    if (!index.names().hasVariants() || index.countOf(index.hash(position)) == 1) {
      return false;
    }
    NormalForm form = index.names().variants(key);
    return form != null && index.hasVariant(block0.address(), position, form);
  }

  /**
   * Writes an entry.
   *
   * @return DONE, EXISTS, CHANGED, or NO_ROOM when the map has to become fat first
   */
  Write.Outcome write(Write write, Transaction tx) {
    Buffer block0 = hold();
    try {
      MicroIndex index = index(block0);
      if (write.isExpecting() && !isExpected(block0, index, write)) {
        return Write.Outcome.CHANGED;
      }
      if (!fits(write, index)) {
        return Write.Outcome.NO_ROOM;
      }
      if (index.isFull()) {
        // Even when the key will turn out to be there: the format grows a full block first.
        int size = block0.sizeBytes() + MicroLayout.STEP_BYTES;
        if (size > parameters.microMaxBytes()) {
          return Write.Outcome.NO_ROOM;
        }
        block0 = grow(block0, index, size, tx);
      }
      return write(block0, index, write, tx);
    } finally {
      release(block0);
    }
  }

  private static boolean isExpected(Buffer block0, MicroIndex index, Write write) {
    int at = index.find(block0.address(), write.name());
    return write.isExpected(at < 0 ? null : value(block0, index, at));
  }

  private static boolean fits(Write write, MicroIndex index) {
    if (!write.value().isLong() || !write.name().fitsMicro()) {
      return false;
    }
    int sameHash = index.countOf(write.name().hash()) + 1;
    return write.isReplacing() || sameHash * MOST_CHUNKS_PER_ENTRY <= DEFAULT_LEAF_CHUNKS;
  }

  private Buffer grow(Buffer block0, MicroIndex index, int sizeBytes, Transaction tx) {
    checkOneBlock(object);
    Buffer grown = object.resize(block0, sizeBytes, tx, this);
    block0.removeUser(index);
    release(block0);
    index.setSlotCount(MicroLayout.slotCount(sizeBytes));
    attach(grown, index);
    return grown;
  }

  /**
   * Checks that the object has no other block, without which its block size cannot change.
   *
   * @throws CorruptException if it has
   */
  static void checkOneBlock(BlockObject object) {
    if (object.blockCount() > 1) {
      throw new CorruptException(
          object.objectId(),
          0,
          MicroLayout.TYPE_OFFSET,
          "a micro map in an object of " + object.blockCount() + " blocks");
    }
  }

  private Write.Outcome write(Buffer block0, MicroIndex index, Write write, Transaction tx) {
    ZapName name = write.name();
    int at = index.find(block0.address(), name);
    if (at < 0) {
      if (!staysConvertible(block0, index, name)) {
        return Write.Outcome.NO_ROOM;
      }
      object.dirty(block0, tx);
      insert(block0, index, write);
      return Write.Outcome.DONE;
    }
    if (!write.isReplacing()) {
      return Write.Outcome.EXISTS;
    }
    object.dirty(block0, tx);
    write.setPrevious(value(block0, index, at));
    block0.beginChange();
    try {
      MicroEntry.setValue(block0.address(), index.slot(at), write.value().asLong());
    } finally {
      block0.endChange();
    }
    return Write.Outcome.DONE;
  }

  private static void insert(Buffer block0, MicroIndex index, Write write) {
    ZapName name = write.name();
    block0.beginChange();
    try {
      long cd = index.unusedCd(name.hash());
      int slot = index.takeSlot(block0.address());
      MicroEntry.put(block0.address(), slot, name.key(), cd, write.value().asLong());
      index.insert(name.hash(), cd, slot);
    } finally {
      block0.endChange();
    }
  }

  /**
   * Whether the map could become fat later with one more entry: no leaf may then have more entries
   * than it can hold that no split can part. A map for which this is not so becomes fat now.
   */
  private boolean staysConvertible(Buffer block0, MicroIndex index, ZapName name) {
    if (parameters.shrinkPolicy() == ShrinkPolicy.FORMAT_FAITHFUL) {
      // The format does not ask; should it come to that, the rest goes to the overflow.
      return true;
    }
    int bits = PointerTable.maxShift(ZapName.MICRO_HASH_BITS, 1, parameters.shrinkPolicy());
    long first = ZapHash.mask(name.hash(), bits);
    int from = index.atOrAfter(first, 0);
    int to = from;
    int chunks = LeafLayout.entryChunks(name.storedBytes(), Long.BYTES);
    int room = LeafLayout.of(parameters.fatBlockShift()).chunkCount();
    for (; to < index.size() && ZapHash.mask(index.hash(to), bits) == first; to++) {
      if (chunks + (to - from + 1) * MOST_CHUNKS_PER_ENTRY > room) {
        int length = MicroEntry.key(block0.address(), index.slot(to)).length;
        chunks += LeafLayout.entryChunks(length + 1, Long.BYTES) - MOST_CHUNKS_PER_ENTRY;
      }
    }
    return chunks + (to - from) * MOST_CHUNKS_PER_ENTRY <= room;
  }

  @Override
  public @Nullable ZapMatch remove(ZapName name, @Nullable ZapValue expected, Transaction tx) {
    Buffer block0 = hold();
    try {
      MicroIndex index = index(block0);
      int at = index.match(block0.address(), name);
      if (at < 0) {
        return null;
      }
      ZapMatch previous = match(block0, index, at, name);
      if (expected != null && !expected.equals(previous.value())) {
        return null;
      }
      object.dirty(block0, tx);
      block0.beginChange();
      try {
        MicroEntry.clear(block0.address(), index.slot(at));
        index.remove(at);
      } finally {
        block0.endChange();
      }
      return previous;
    } finally {
      release(block0);
    }
  }

  ZapStatistics statistics() {
    Buffer block0 = hold();
    try {
      MicroIndex index = index(block0);
      return StatisticsCollector.ofMicro(block0.sizeBytes(), index.size(), index.names().salt());
    } finally {
      release(block0);
    }
  }

  /** The block as a leaf that covers all hashes. */
  ZapLeaf leaf() {
    Buffer block0 = hold();
    try {
      int entries = index(block0).size();
      int slots = MicroLayout.slotCount(block0.sizeBytes());
      return new ZapLeaf(0, 0, 0, entries, entries, slots);
    } finally {
      release(block0);
    }
  }

  /** Checks the block's bytes, and that the attached index is what they say. */
  void check(ZapProblems sink) {
    Buffer block0 = hold();
    try {
      checkOneBlock(object);
      MicroIndex index = index(block0);
      if (!index.sameEntries(MicroIndex.read(block0))) {
        sink.problem(0, CorruptException.NONE, "the entries differ from the index of them");
      }
    } catch (CorruptException e) {
      sink.problem(e.blockId(), e.offsetBytes(), e.getMessage());
    } finally {
      release(block0);
    }
  }
}
