// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;

/**
 * Walks the entries of a map in the order of (hash, cd), by one thread at a time.
 *
 * <p>An entry that is there from the beginning of a walk to its end is returned exactly once; one
 * that is added or removed meanwhile may be returned or not. A position can be kept as a cookie,
 * which stays good across restarts and whatever happens to the map; a cookie made from anything
 * else leads to some position.
 *
 * <p>Between calls a cursor may hold a block of the map in memory, so it has to be closed.
 */
public final class ZapCursor implements AutoCloseable {
  /** The cookie of the end. */
  static final long END = -1;

  private final Zap zap;
  private final int hashBits;

  /** The entries still to come are those at or after this, in the table that is being walked. */
  private long hash;

  private long cd;
  private boolean inOverflow;
  private boolean ended;
  private boolean closed;

  private ReadAhead readAhead = new ReadAhead();

  /** The leaf of the last entry: held, not locked. */
  private @Nullable Leaf leaf;

  /** The entry that the cursor is on is one of these. */
  private final EntryBatch batch = new EntryBatch();

  /** A block whose entries are asked for one by one: it has changed, or has values elsewhere. */
  private @Nullable Buffer takenSingly;

  /** No step was made yet: who makes only one need not pay for many. */
  private boolean fresh = true;

  /** Whether the cursor is on an entry: the one of the batch that was sought last. */
  private boolean onEntry;

  private boolean entryConflict;

  /** Only entries before this hash are returned; 0: all. */
  private final long limit;

  /**
   * A cursor at a position.
   *
   * @param hasOverflow whether the map has an overflow: a cookie of a position in it comes from a
   *     map that does
   */
  ZapCursor(Zap zap, int hashBits, long cookie, boolean hasOverflow) {
    this(zap, hashBits, cookie, hasOverflow, 0);
  }

  /**
   * A cursor at a position.
   *
   * @param limit only entries before this hash are returned, and none of the overflow; 0: all
   */
  ZapCursor(Zap zap, int hashBits, long cookie, boolean hasOverflow, long limit) {
    this.zap = zap;
    this.hashBits = hashBits;
    this.limit = limit;
    this.ended = cookie == END;
    this.inOverflow = hasOverflow && (cookie & overflowMark()) == overflowMark();
    if (inOverflow) {
      long position = cookie & ~overflowMark();
      this.hash = position << (Long.SIZE - Overflow.HASH_BITS);
      this.cd = position >>> Overflow.HASH_BITS;
    } else {
      this.hash = cookie << (Long.SIZE - hashBits);
      long cookieCd = cookie >>> hashBits;
      this.cd = cookieCd < ZapName.cdLimit(hashBits) ? cookieCd : 0;
    }
  }

  /** A cursor over the hashes of the main table from a position on, up to a limit. */
  private ZapCursor(ZapCursor whole, long limit) {
    this.zap = whole.zap;
    this.hashBits = whole.hashBits;
    this.hash = whole.hash;
    this.cd = whole.cd;
    this.limit = limit;
  }

  /**
   * What a cookie of a position in the overflow has set. No position in the main table has it:
   * where hashes have 28 bits the bits above a cd are free, where they have 48 that cd is not used.
   */
  private long overflowMark() {
    return hashBits == ZapName.MICRO_HASH_BITS ? 1L << 60 : 0xFFFFL << 48;
  }

  /**
   * Goes to the next entry.
   *
   * @return false when there is none
   * @throws org.zapkv.error.ClosedException if the cursor or the map is closed
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   */
  public boolean next() {
    zap.checkOpen(closed);
    if (tryNext()) {
      return true;
    }
    if (!ended && !zap.next(this)) {
      ended = true;
      leave();
    }
    fresh = false;
    return !ended;
  }

  /**
   * Goes to the next entry if that needs no look at the map: if it was copied with the one before,
   * and nothing near it has changed since. Touches no memory of the cache, so that it is safe
   * beside whoever closes it.
   *
   * @return false: the cursor is on no entry; {@link #next} tells whether there is one
   */
  public boolean tryNext() {
    onEntry = false;
    Buffer source = batch.source();
    if (source == null || source == takenSingly || closed) {
      return false;
    }
    if (!batch.isCurrent()) {
      takenSingly = source;
      return false;
    }
    if (!batch.seek(hash, cd)) {
      // Nothing has changed, so nothing is left up to there; unless the position was moved beyond.
      if (Long.compareUnsigned(batch.hashAfter(), hash) > 0) {
        moveToLeaf(batch.hashAfter());
      }
      return false;
    }
    if (isBeyond(batch.hash())) {
      return false;
    }
    if (batch.isApart()) {
      takenSingly = source;
      return false;
    }
    moveOn(false);
    return true;
  }

  /** What the cursor is on an entry of. */
  private EntryBatch current() {
    if (!onEntry) {
      throw new NoSuchElementException("the cursor is on no entry");
    }
    return batch;
  }

  /**
   * The key of the current entry.
   *
   * @return its bytes in a new array
   * @throws NoSuchElementException if the cursor is on no entry
   */
  public byte[] key() {
    byte[] key = new byte[keyBytes()];
    copyKey(key, 0);
    return key;
  }

  /**
   * How long the key of the current entry is.
   *
   * @return bytes
   * @throws NoSuchElementException if the cursor is on no entry
   */
  public int keyBytes() {
    return current().keyBytes();
  }

  /**
   * Copies the key of the current entry.
   *
   * @param destination where it goes
   * @param offset where it begins there
   * @throws NoSuchElementException if the cursor is on no entry
   * @throws IndexOutOfBoundsException if it does not fit there
   */
  public void copyKey(byte[] destination, int offset) {
    current().copyKey(destination, offset);
  }

  /**
   * The value of the current entry, as it was when the cursor came to it.
   *
   * @return the value, with a new array
   * @throws NoSuchElementException if the cursor is on no entry
   */
  public ZapValue value() {
    byte[] bytes = new byte[valueBytes()];
    copyValue(bytes, 0);
    return new ZapValue(integerBytes(), bytes);
  }

  /**
   * The size of the integers that the value of the current entry is made of.
   *
   * @return 1, 2, 4 or 8 bytes
   * @throws NoSuchElementException if the cursor is on no entry
   */
  public int integerBytes() {
    return current().integerBytes();
  }

  /**
   * How long the value of the current entry is, all its integers together.
   *
   * @return bytes
   * @throws NoSuchElementException if the cursor is on no entry
   */
  public int valueBytes() {
    return current().valueBytes();
  }

  /**
   * Copies the value of the current entry, each integer with its most significant byte first.
   *
   * @param destination where it goes
   * @param offset where it begins there
   * @throws NoSuchElementException if the cursor is on no entry
   * @throws IndexOutOfBoundsException if it does not fit there
   */
  public void copyValue(byte[] destination, int offset) {
    current().copyValue(destination, offset);
  }

  /**
   * The value of the current entry where it is one 64-bit integer.
   *
   * @return the integer
   * @throws NoSuchElementException if the cursor is on no entry
   * @throws IllegalStateException if the value is not exactly one 64-bit integer
   */
  public long longValue() {
    EntryBatch on = current();
    if (on.integerBytes() != Long.BYTES || on.valueBytes() != Long.BYTES) {
      throw new IllegalStateException(value() + " is not one 64-bit integer");
    }
    return on.word();
  }

  /**
   * The hash of the current entry's key.
   *
   * @return the hash, its unused low bits zero; entries come in the order of their hashes, but for
   *     those that the map had to keep apart as too many keys have nearly the same hash: these come
   *     last, in no order
   * @throws NoSuchElementException if the cursor is on no entry
   */
  public long hash() {
    EntryBatch on = current();
    return inOverflow ? zap.storedHash(key()) : on.hash();
  }

  /**
   * What tells the current entry from others with the same hash, of those not kept apart.
   *
   * @return the collision differentiator, an unsigned number
   * @throws NoSuchElementException if the cursor is on no entry
   */
  public int cd() {
    return (int) current().cd();
  }

  /**
   * Whether another entry's key has the same normal form as that of the current entry. Always false
   * in a map that does not normalise its keys.
   *
   * @return true if there was one when the cursor came to the entry
   * @throws NoSuchElementException if the cursor is on no entry
   */
  public boolean conflict() {
    current();
    return entryConflict;
  }

  /**
   * Where the cursor is: a cursor that begins there returns the current entry again.
   *
   * @return the cookie; before the first entry that of the beginning, after the last that of the
   *     end
   */
  public long cookie() {
    return onEntry ? cookie(batch.hash(), batch.cd()) : nextCookie();
  }

  /**
   * Where the cursor goes on: a cursor that begins there returns the entries after the current one.
   *
   * @return the cookie
   */
  public long nextCookie() {
    if (ended) {
      return END;
    }
    if (inOverflow || cd < ZapName.cdLimit(hashBits)) {
      return cookie(hash, cd);
    }
    // A cookie has no place for the cd after the last one: it goes on with the next hash.
    long next = hash + (1L << (Long.SIZE - hashBits));
    return next == 0 ? overflowMark() : cookie(next, 0);
  }

  private long cookie(long ofHash, long ofCd) {
    return inOverflow
        ? ofHash >>> (Long.SIZE - Overflow.HASH_BITS) | ofCd << Overflow.HASH_BITS | overflowMark()
        : ofHash >>> (Long.SIZE - hashBits) | ofCd << hashBits;
  }

  /** Lets go what the cursor holds. Closing it twice does nothing. */
  @Override
  public void close() {
    closed = true;
    onEntry = false;
    leave();
  }

  /**
   * Lets go the block that the cursor may hold between calls, so that it need not be closed. It
   * stays where it is, and goes on from there.
   */
  public void rest() {
    leave();
  }

  /**
   * Cuts off the first half of the hashes that are still to come, for another thread. To be called
   * between two walks, not during one: the cursor is on no entry afterwards.
   *
   * @return a cursor over the first half; this one has the rest. Null if there is no half to be had
   */
  public @Nullable ZapCursor split() {
    if (ended || inOverflow) {
      return null;
    }
    int shift = Long.SIZE - hashBits;
    long first = hash >>> shift;
    long end = limit == 0 ? 1L << hashBits : limit >>> shift;
    long middle = (first + end) >>> 1;
    if (middle <= first) {
      return null;
    }
    ZapCursor half = new ZapCursor(this, middle << shift);
    onEntry = false;
    moveTo(middle << shift);
    return half;
  }

  private void leave() {
    if (leaf != null) {
      zap.leave(this);
    }
  }

  long positionHash() {
    return hash;
  }

  long positionCd() {
    return cd;
  }

  ReadAhead readAhead() {
    return readAhead;
  }

  boolean isAtEnd() {
    return ended;
  }

  boolean isInOverflow() {
    return inOverflow;
  }

  /** The main table has no entries left. */
  void moveToOverflow() {
    inOverflow = true;
    batch.clear();
    readAhead = new ReadAhead();
    moveTo(0);
  }

  /** No entries before this hash are left. */
  void moveTo(long toHash) {
    hash = toHash;
    cd = 0;
  }

  /** Nothing is left in a leaf: the one after it begins with a hash. */
  void moveToLeaf(long firstHash) {
    moveTo(firstHash);
    readAhead.pass();
  }

  /** Whether the cursor has only entries below a limit, none of the overflow. */
  boolean isPart() {
    return limit != 0;
  }

  /** Whether a hash is at or after the limit. */
  boolean isBeyond(long ofHash) {
    return limit != 0 && Long.compareUnsigned(ofHash, limit) >= 0;
  }

  /** Whether the next entries of a block are to be copied at once. */
  boolean takesMany(Buffer block) {
    return !fresh && block != takenSingly;
  }

  /** Whether the rest of the block that was copied last is to be asked for one by one. */
  boolean takesSingly() {
    return takenSingly == batch.source();
  }

  EntryBatch batch() {
    return batch;
  }

  /** The next entry, which was asked for alone. */
  void found(byte[] atKey, ZapValue atValue, long atHash, long atCd, boolean atConflict) {
    batch.fill(atKey, atValue, atHash, atCd);
    batch.seek(atHash, atCd);
    moveOn(atConflict);
  }

  private void moveOn(boolean conflict) {
    onEntry = true;
    entryConflict = conflict;
    hash = batch.hash();
    cd = batch.cd() + 1;
  }

  void setConflict(boolean conflict) {
    entryConflict = conflict;
  }

  @Nullable Leaf leaf() {
    return leaf;
  }

  void setLeaf(@Nullable Leaf newLeaf) {
    leaf = newLeaf;
  }
}
