// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LeafLayout.CHAIN_END;

import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferUser;
import org.zapkv.error.CorruptException;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/**
 * A leaf: entries in hash chains inside one block. Attached to the block's buffer as its user, and
 * shared by everybody who holds the buffer. Knows nothing of the pointer table.
 */
final class Leaf implements BufferUser {
  /*
   * Implementation notes.
   *
   * States, all guarded by the lock:
   *
   *   unchecked --(first lock that finds a leaf there: byte order, LeafChecker)--> checked
   *   checked --(LeafAccess, before its first use: the pointer table)--> placed
   *   checked or unchecked --(freeRange: the bytes become zeros)--> no leaf: isLeaf() is false
   *   no leaf --(initialise, by the creator of a new leaf in the same block)--> placed
   *
   * The object outlives what its block is. A reader may have found the block's number in the pointer
   * table before the leaf was merged away, and hold the buffer, attach this object, or wait for the
   * lock only afterwards. So a lock is of use only after lockShared or lockExclusive has said that
   * the block is a leaf that covers the hash; and a creator that is given the block again takes over
   * this object with its lock rather than bring its own (see LeafCreator).
   *
   * The lock is used without stamps (tryUnlockRead, tryUnlockWrite), so that a locked leaf can be
   * handed on as one reference.
   *
   * All changes of the bytes between a dirty() and the end of the exclusive lock are one change to
   * those who read without a lock (Buffer.readStamp). So whoever locks several leaves, dirties all
   * of them before it changes one, and lets them go after the last change, as a split and a merge
   * do, lets nobody see a state in between.
   *
   * What was checked once stays true while the buffer is in memory, as nobody else writes the block;
   * chunk ids are range-checked on every use nevertheless (LeafBlock), and loops over chains count
   * their steps.
   */

  /** No entry. */
  static final int NONE = CHAIN_END;

  /**
   * What a leaf object takes of the heap: itself, 48, its block, 80, and its lock, 48. 64-bit JVM,
   * compressed references. The block's index, if it has one, comes on top.
   */
  static final int HEAP_BYTES = 176;

  private final LeafBlock block;
  private final int mainHashBits;
  private final boolean uint64Keys;
  private final StampedLock lock = new StampedLock();

  /** Guarded by the lock. */
  private boolean checked;

  /** With no more chunks in use than this a merge is worth an attempt; guarded by the lock. */
  private int mergeAt;

  /**
   * Whether the pointer table was seen to lead here. Set with the structure lock held; who reads it
   * too early looks at the table once more.
   */
  private boolean placed;

  /**
   * How keys become names in the main table; null as long as only the overflow has come here, which
   * does not know. Not guarded: all that is ever set says the same.
   */
  private volatile @Nullable ZapNames names;

  /**
   * Where this object may be found, null as long as it may not. Written with the leaf locked, to
   * the same value by everyone; read when the block goes, which is after.
   */
  private @Nullable LeafMirror mirror;

  /**
   * A leaf object for a block, whatever the block is.
   *
   * @param mainHashBits how many bits the hashes have in the map's main table
   */
  Leaf(Buffer buffer, LeafLayout layout, int mainHashBits, boolean uint64Keys) {
    this.block = new LeafBlock(buffer, layout);
    this.mainHashBits = mainHashBits;
    this.uint64Keys = uint64Keys;
    allowMerge();
  }

  /** Nothing to give back but the places where this object may be found. */
  @Override
  public void evictSync() {
    LeafMirror mirror = this.mirror;
    if (mirror != null) {
      mirror.remove(block);
    }
  }

  LeafBlock block() {
    return block;
  }

  /** What this object takes, with its index. */
  long heapBytes() {
    return (long) HEAP_BYTES + block.indexHeapBytes();
  }

  Buffer buffer() {
    return block.buffer();
  }

  long blockId() {
    return block.buffer().blockId();
  }

  int hashBits() {
    return isInOverflow() ? Overflow.HASH_BITS : mainHashBits;
  }

  boolean uint64Keys() {
    return uint64Keys;
  }

  /** How keys become names in the main table; null when it is not known. */
  @Nullable ZapNames names() {
    return names;
  }

  /** Somebody comes from the main table. */
  void setNames(ZapNames newNames) {
    names = newNames;
  }

  /** This object is about to be entered in a mirror. */
  void setMirror(LeafMirror newMirror) {
    mirror = newMirror;
  }

  boolean isPlaced() {
    return placed;
  }

  void setPlaced() {
    placed = true;
  }

  /** Reads from the lock, so that the processor has it when it is taken. */
  int touchLock() {
    return lock.isWriteLocked() ? 1 : 0;
  }

  // Locking.

  /** Whether somebody has it locked for writing, at this moment. */
  boolean isLockedForWriting() {
    return lock.isWriteLocked();
  }

  /**
   * Locks the leaf for reading, if it is (still) a leaf that covers a hash.
   *
   * @param inOverflow whether it is to be a leaf of the overflow
   * @return whether it is; if not, it is not locked either
   * @throws CorruptException if it is, but damaged
   */
  boolean lockShared(long hash, boolean inOverflow) {
    lock.readLock();
    if (!checked) {
      lock.tryUnlockRead();
      checkOnce();
      lock.readLock();
    }
    if (covers(hash, inOverflow)) {
      return true;
    }
    lock.tryUnlockRead();
    return false;
  }

  void unlockShared() {
    lock.tryUnlockRead();
  }

  /** Locks the leaf for writing; otherwise like {@link #lockShared}. */
  boolean lockExclusive(long hash, boolean inOverflow) {
    lock.writeLock();
    return keepIfCovers(hash, inOverflow);
  }

  private boolean keepIfCovers(long hash, boolean inOverflow) {
    boolean keep = false;
    try {
      check();
      keep = covers(hash, inOverflow);
    } finally {
      if (!keep) {
        unlockExclusive();
      }
    }
    return keep;
  }

  /**
   * Locks the leaf for writing, if it is (still) a leaf of the main table that covers a hash.
   *
   * @param stamp if that is still good, it does
   */
  boolean lockSeen(long hash, long stamp) {
    lock.writeLock();
    return block.isValid(stamp) || keepIfCovers(hash, false);
  }

  /** Locks the leaf for writing, whatever it is. */
  void lockAnyway() {
    lock.writeLock();
    makeNative();
  }

  void unlockExclusive() {
    block.endChange();
    lock.tryUnlockWrite();
  }

  private void checkOnce() {
    lock.writeLock();
    try {
      check();
    } finally {
      lock.tryUnlockWrite();
    }
  }

  private void makeNative() {
    if (!checked) {
      block.makeNative();
    }
  }

  private void check() {
    makeNative();
    if (!checked && block.isLeaf() && (names != null || isInOverflow())) {
      LeafChecker.check(this);
      block.noteHeader();
      checked = true;
    }
  }

  private boolean covers(long hash, boolean inOverflow) {
    return checked && block.isLeaf() && isInOverflow() == inOverflow && coversHash(hash);
  }

  /** Whether the leaf, which is locked, is the one of a hash. */
  boolean coversHash(long hash) {
    int length = block.prefixLength();
    return length == 0 || hash >>> (Long.SIZE - length) == block.prefix();
  }

  /**
   * Makes an index for reads without a lock, unless somebody has the lock or there is no memory.
   * The leaf is held.
   */
  void tryIndex() {
    if (lock.tryWriteLock() == 0) {
      return;
    }
    try {
      if (checked && block.isLeaf()) {
        int length = LeafIndex.maxLength(block.layout(), block.entryCount());
        // Under the lock: so what is counted is what this thread makes, and makes now.
        if (buffer().tryUserSizeBytes(HEAP_BYTES + LeafIndex.heapBytes(length), false)) {
          block.makeIndex(length);
        }
      }
    } finally {
      lock.tryUnlockWrite();
    }
  }

  // The rest is for those who hold the lock.

  /**
   * To be called before the first byte changes, by who has locked the leaf for writing: the block
   * is dirty then, and nobody reads it without a lock until the lock is let go.
   */
  void dirty(BlockObject object, Transaction tx) {
    object.dirty(block.buffer(), tx);
    block.beginChange();
  }

  /** Makes the block an empty leaf, which its pointers will lead to; the block is dirty. */
  void initialise(long prefix, int prefixLength, int flags) {
    block.initialise(prefix, prefixLength, flags);
    checked = true;
    placed = true;
    allowMerge();
  }

  /** Makes the block no leaf; it is dirty. */
  void erase() {
    block.erase();
  }

  int prefixLength() {
    return block.prefixLength();
  }

  long prefix() {
    return block.prefix();
  }

  int entryCount() {
    return block.entryCount();
  }

  int freeChunks() {
    return block.freeCount();
  }

  int chunkCount() {
    return block.layout().chunkCount();
  }

  int usedChunks() {
    return chunkCount() - freeChunks();
  }

  /**
   * Whether so little is left that a merge with the sibling is worth an attempt: at a half, and
   * then each time a quarter of that has gone, so that attempts are few however full the sibling
   * is.
   */
  boolean takeMergeAttempt() {
    int used = usedChunks();
    if (used > 0 && used > mergeAt) {
      if (used / 4 > mergeAt) {
        mergeAt = used / 2;
      }
      return false;
    }
    mergeAt = used - 1 - used / 4;
    return true;
  }

  /** The next attempt is made at a half: the leaf, or its sibling, is another one now. */
  void allowMerge() {
    mergeAt = chunkCount() / 2;
  }

  /** The bucket of a hash. */
  int bucket(long hash) {
    return block.layout().bucket(hash, block.prefixLength());
  }

  /** The entry of a name, or {@link #NONE}. */
  int find(ZapName name) {
    long hash = name.hash();
    int entry = block.bucketHead(bucket(hash));
    for (int steps = 0; entry != NONE; entry = block.next(entry)) {
      if (block.hash(entry) == hash && isNamed(entry, name)) {
        return entry;
      }
      boundChain(++steps);
    }
    return NONE;
  }

  /**
   * The entry that a lookup is for: that of a name, or of its variants the one with the lowest cd;
   * {@link #NONE} when there is none.
   */
  int match(ZapName name) {
    NormalForm form = name.form();
    return form == null ? find(name) : findVariant(name.hash(), form);
  }

  private int findVariant(long hash, NormalForm form) {
    int best = NONE;
    int steps = 0;
    for (int entry = block.bucketHead(bucket(hash)); entry != NONE; entry = block.next(entry)) {
      if (block.hash(entry) == hash
          && (best == NONE || block.cd(entry) < block.cd(best))
          && !isValueOfOther(entry)
          && form.isFormOf(key(entry))) {
        best = entry;
      }
      boundChain(++steps);
    }
    return best;
  }

  /** Whether another entry's key has a form, which that of the given entry has. */
  boolean hasVariant(int entry, NormalForm form) {
    int other = nextOfHash(block.bucketHead(bucket(block.hash(entry))), entry);
    for (int steps = 0; other != NONE; other = nextOfHash(block.next(other), entry)) {
      if (!isValueOfOther(other) && form.isFormOf(key(other))) {
        return true;
      }
      boundChain(++steps);
    }
    return false;
  }

  /** Whether another entry has the hash of an entry, as all its variants have. */
  boolean sharesHash(int entry) {
    return nextOfHash(block.bucketHead(bucket(block.hash(entry))), entry) != NONE;
  }

  /** From a place in a chain on, the first entry that has the hash of an entry but is another. */
  private int nextOfHash(int from, int entry) {
    long hash = block.hash(entry);
    int at = from;
    for (int steps = 0; at != NONE; at = block.next(at)) {
      if (at != entry && block.hash(at) == hash) {
        return at;
      }
      boundChain(++steps);
    }
    return NONE;
  }

  private boolean isNamed(int entry, ZapName name) {
    return block.nameLength(entry) == name.integerCount()
        && block.arrayEquals(block.nameChunk(entry), name.key());
  }

  private void boundChain(int steps) {
    if (steps > chunkCount()) {
      throw block.corrupt(CorruptException.NONE, "a hash chain does not end");
    }
  }

  int nameBytes(int entry) {
    int length = block.nameLength(entry);
    return uint64Keys ? length * Long.BYTES : length;
  }

  /** How long a name is as it was given, of which this length is stored. */
  static int keyBytes(int nameLength, boolean uint64Keys) {
    return uint64Keys ? nameLength * Long.BYTES : nameLength - 1;
  }

  /** The name of an entry as it was given: a string without its NUL. */
  byte[] key(int entry) {
    byte[] key = new byte[keyBytes(block.nameLength(entry), uint64Keys)];
    block.readArray(block.nameChunk(entry), key);
    return key;
  }

  /**
   * The name of an entry, to be found as a lookup says.
   *
   * @throws CorruptException if it cannot be one
   */
  ZapName name(int entry, ZapNames names, MatchType match) {
    Buffer buffer = block.buffer();
    return names.stored(
        key(entry), match, buffer.objectId(), buffer.blockId(), block.chunkOffset(entry));
  }

  ZapValue value(int entry) {
    byte[] bytes = new byte[block.valueBytes(entry)];
    block.readArray(block.valueChunk(entry), bytes);
    return new ZapValue(block.integerBytes(entry), bytes);
  }

  ZapLength length(int entry) {
    return new ZapLength(block.integerBytes(entry), block.valueCount(entry));
  }

  int entryChunks(int entry) {
    return LeafLayout.entryChunks(nameBytes(entry), block.valueBytes(entry));
  }

  /** How many chunks more than now an entry takes with another value; may be below 0. */
  int extraChunks(int entry, ZapValue value) {
    return LeafLayout.arrayChunks(value.bytes().length)
        - LeafLayout.arrayChunks(block.valueBytes(entry));
  }

  /** The lowest cd that no entry with this hash has. */
  long unusedCd(long hash) {
    long cd = 0;
    for (boolean changed = true; changed; ) {
      changed = false;
      int steps = 0;
      // One pass finds it where the chain is sorted by cd, and it always is in leaves of our
      // making.
      for (int entry = block.bucketHead(bucket(hash)); entry != NONE; entry = block.next(entry)) {
        if (block.hash(entry) == hash && block.cd(entry) == cd) {
          cd++;
          changed = true;
        }
        boundChain(++steps);
      }
    }
    return cd;
  }

  /** Whether the leaf belongs to the overflow. */
  boolean isInOverflow() {
    return (block.flags() & LeafLayout.FLAG_IN_OVERFLOW) != 0;
  }

  /** Whether keys of this leaf can be in the overflow. */
  boolean hasOverflow() {
    return (block.flags() & LeafLayout.FLAG_OVERFLOW) != 0;
  }

  /** Notes whether keys of this leaf can be in the overflow; the block is dirty. */
  void setOverflow(boolean overflow) {
    int others = block.flags() & ~LeafLayout.FLAG_OVERFLOW;
    block.setFlags(overflow ? others | LeafLayout.FLAG_OVERFLOW : others);
  }

  /** Whether an entry of the overflow is no entry of the map, but the value of one. */
  boolean isValueOfOther(int entry) {
    return block.mark(entry) == LeafLayout.MARK_VALUE_OF_OTHER;
  }

  /** Whether an entry's value is in the overflow. */
  boolean isApart(int entry) {
    return block.mark(entry) == LeafLayout.MARK_APART;
  }

  /** Adds an entry; there are enough free chunks, and the block is dirty. */
  void insert(ZapName name, ZapValue value, int mark, long cd) {
    link(
        block.addEntry(
            name.key(), name.storedBytes(), name.integerCount(), cd, name.hash(), value, mark));
  }

  /** Links an entry into its bucket's chain, before the first one with a greater cd. */
  void link(int entry) {
    int bucket = bucket(block.hash(entry));
    long cd = block.cd(entry);
    int before = NONE;
    int after = block.bucketHead(bucket);
    for (int steps = 0; after != NONE && block.cd(after) <= cd; after = block.next(after)) {
      before = after;
      boundChain(++steps);
    }
    block.setNext(entry, after);
    setLinkTo(bucket, before, entry);
  }

  private void setLinkTo(int bucket, int before, int entry) {
    if (before == NONE) {
      block.setBucketHead(bucket, entry);
    } else {
      block.setNext(before, entry);
    }
  }

  /** Replaces an entry's value; there are enough free chunks, and the block is dirty. */
  void update(int entry, ZapValue value, int mark) {
    block.replaceValue(entry, value, mark);
  }

  /** Removes an entry; the block is dirty. */
  void remove(int entry) {
    int bucket = bucket(block.hash(entry));
    int before = NONE;
    int steps = 0;
    for (int at = block.bucketHead(bucket); at != entry; at = block.next(at)) {
      before = at;
      boundChain(++steps);
    }
    setLinkTo(bucket, before, block.next(entry));
    block.freeEntry(entry, nameBytes(entry));
  }

  /** The first entry at or after a position in the order of (hash, cd), or {@link #NONE}. */
  int closest(long hash, long cd) {
    for (int bucket = bucket(hash); bucket < block.layout().bucketCount(); bucket++) {
      int entry = closest(bucket, hash, cd);
      // Buckets follow each other in hash order, so the first that has one has the smallest.
      if (entry != NONE) {
        return entry;
      }
    }
    return NONE;
  }

  private int closest(int bucket, long hash, long cd) {
    int best = NONE;
    int steps = 0;
    for (int entry = block.bucketHead(bucket); entry != NONE; entry = block.next(entry)) {
      if (compare(block.hash(entry), block.cd(entry), hash, cd) >= 0
          && (best == NONE || isBefore(entry, best))) {
        best = entry;
      }
      boundChain(++steps);
    }
    return best;
  }

  private boolean isBefore(int entry, int other) {
    return compare(entry, other) < 0;
  }

  /** The order of two entries by (hash, cd). */
  int compare(int entry, int other) {
    return compare(block.hash(entry), block.cd(entry), block.hash(other), block.cd(other));
  }

  private static int compare(long hash, long cd, long otherHash, long otherCd) {
    int byHash = Long.compareUnsigned(hash, otherHash);
    return byHash != 0 ? byHash : Long.compare(cd, otherCd);
  }

  /** How many entries have a mark. */
  int markedCount() {
    int count = 0;
    for (int chunk = 0; chunk < chunkCount(); chunk++) {
      boolean isEntry = block.chunkType(chunk) == LeafLayout.TYPE_ENTRY;
      count += isEntry && block.mark(chunk) != 0 ? 1 : 0;
    }
    return count;
  }

  /** The first hash that this leaf covers; its prefix has a bit at least. */
  long firstHash() {
    return block.prefix() << (Long.SIZE - block.prefixLength());
  }

  /** Whether there is a hash after all those that this leaf covers. */
  boolean isLast() {
    int length = block.prefixLength();
    return length == 0 || block.prefix() + 1 == 1L << length;
  }

  /** The first hash after those that this leaf covers; there is one unless it is the last leaf. */
  long hashAfter() {
    return (block.prefix() + 1) << (Long.SIZE - block.prefixLength());
  }

  /**
   * Whether enough chunks would be free if the entries were gone whose hash does not begin with the
   * same bits as the given one. Mostly some of the first are, so that no more are looked at.
   *
   * @param except an entry that would be gone in either case, or {@link #NONE}
   * @param missing how many chunks more than now have to be free
   */
  boolean canPart(long hash, int bits, int except, int missing) {
    int gone = except == NONE ? 0 : entryChunks(except);
    for (int chunk = 0; chunk < chunkCount() && gone < missing; chunk++) {
      if (block.chunkType(chunk) == LeafLayout.TYPE_ENTRY
          && chunk != except
          && (block.hash(chunk) ^ hash) >>> (Long.SIZE - bits) != 0) {
        gone += entryChunks(chunk);
      }
    }
    return gone >= missing;
  }
}
