// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

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
  private static final long END = -1;

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

  // The entry that the cursor is on; the key is null when it is on none.
  private byte @Nullable [] key;
  private @Nullable ZapValue value;
  private long entryHash;
  private long entryCd;
  private boolean entryConflict;

  /**
   * A cursor at a position.
   *
   * @param hasOverflow whether the map has an overflow: a cookie of a position in it comes from a
   *     map that does
   */
  ZapCursor(Zap zap, int hashBits, long cookie, boolean hasOverflow) {
    this.zap = zap;
    this.hashBits = hashBits;
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
    key = null;
    value = null;
    if (!ended && !zap.next(this)) {
      ended = true;
      leave();
    }
    return !ended;
  }

  /**
   * The key of the current entry.
   *
   * @return its bytes, the caller's to keep
   * @throws NoSuchElementException if the cursor is on no entry
   */
  public byte[] key() {
    byte[] current = key;
    if (current == null) {
      throw new NoSuchElementException("the cursor is on no entry");
    }
    return current;
  }

  /**
   * The value of the current entry, as it was when the cursor came to it.
   *
   * @return the value
   * @throws NoSuchElementException if the cursor is on no entry
   */
  public ZapValue value() {
    key();
    return Objects.requireNonNull(value);
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
    byte[] current = key();
    return inOverflow ? zap.storedHash(current) : entryHash;
  }

  /**
   * What tells the current entry from others with the same hash, of those not kept apart.
   *
   * @return the collision differentiator, an unsigned number
   * @throws NoSuchElementException if the cursor is on no entry
   */
  public int cd() {
    key();
    return (int) entryCd;
  }

  /**
   * Whether another entry's key has the same normal form as that of the current entry. Always false
   * in a map that does not normalise its keys.
   *
   * @return true if there was one when the cursor came to the entry
   * @throws NoSuchElementException if the cursor is on no entry
   */
  public boolean conflict() {
    key();
    return entryConflict;
  }

  /**
   * Where the cursor is: a cursor that begins there returns the current entry again.
   *
   * @return the cookie; before the first entry that of the beginning, after the last that of the
   *     end
   */
  public long cookie() {
    return key == null ? nextCookie() : cookie(entryHash, entryCd);
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
    key = null;
    value = null;
    leave();
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

  boolean isInOverflow() {
    return inOverflow;
  }

  /** The main table has no entries left. */
  void moveToOverflow() {
    inOverflow = true;
    readAhead = new ReadAhead();
    moveTo(0);
  }

  /** No entries before this hash are left. */
  void moveTo(long toHash) {
    hash = toHash;
    cd = 0;
  }

  void found(byte[] atKey, ZapValue atValue, long atHash, long atCd, boolean atConflict) {
    key = atKey;
    value = atValue;
    entryConflict = atConflict;
    entryHash = atHash;
    entryCd = atCd;
    hash = atHash;
    cd = atCd + 1;
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
