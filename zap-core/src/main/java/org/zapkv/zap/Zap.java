// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ClosedException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.error.ValueTypeException;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/**
 * A map from byte strings to small values, in the blocks of one object. It begins micro, as one
 * block that holds one 64-bit integer under each short key, and becomes fat when something no
 * longer fits there; it never goes back.
 *
 * <p>Keys have 0 to 1023 bytes, whatever the bytes are unless the map has a {@link Normalization}
 * with a Unicode form; they are not copied and must not change during a call. A map that a machine
 * of the other byte order wrote can be used like any other; what is changed is written in ours.
 * Safe for use from several threads. There must be one of these per object at a time, as the locks
 * are in it. A change is durable when the group of its transaction is.
 */
public final class Zap {
  /*
   * Implementation notes.
   *
   * What is done with the entries is in ZapBody, which knows whether they are micro or fat. Here
   * keys become names, and what is read without a lock is asked for first.
   */

  /** What {@link #tryRead} and {@link #tryFind} say of a key that is not there. */
  public static final int ABSENT = UnheldReader.ABSENT;

  /** What {@link #tryRead} and {@link #tryFind} say where they cannot tell. */
  public static final int UNKNOWN = UnheldReader.UNKNOWN;

  /** Stands for an unknown integer; a value that is this one is read in the locked way. */
  private static final long UNKNOWN_VALUE = 0x9E3779B97F4A7C15L;

  private final BlockObject object;
  private final ZapBody body;
  private final ZapNames names;
  private final boolean plainNames;
  private final int maxKeyBytes;

  private volatile boolean closed;

  private Zap(BlockObject object, ZapParameters parameters, LeafCreator creator) {
    this.object = object;
    this.body = new ZapBody(object, parameters, creator);
    this.names = body.names();
    this.plainNames = names.arePlain();
    this.maxKeyBytes = parameters.maxKeyBytes();
  }

  /**
   * Makes an empty map in an object.
   *
   * @param object a new object, in which nothing was written
   * @param parameters how the map is made and used
   * @param tx the transaction that the change belongs to
   * @return the map
   * @throws IllegalArgumentException if keys are to be 64-bit words and to be normalised
   */
  public static Zap create(BlockObject object, ZapParameters parameters, Transaction tx) {
    return create(object, parameters, tx, new ReusingLeafCreator());
  }

  static Zap create(
      BlockObject object, ZapParameters parameters, Transaction tx, LeafCreator creator) {
    ZapCreation.create(object, parameters, tx);
    return new Zap(object, parameters, creator);
  }

  /**
   * Makes an empty map in an object and enters the object's number in another map.
   *
   * @param object a new object, in which nothing was written
   * @param parameters how the map is made and used
   * @param parent the map that leads to the new one
   * @param name the key under which it does, with the number as one 64-bit integer
   * @param tx the transaction that the changes belong to
   * @return the map, or null when the name is there: nothing is written then, unless somebody else
   *     has entered the name during the call, in which case the object holds a map that nothing
   *     leads to
   * @throws IllegalArgumentException if keys are to be 64-bit words and to be normalised
   * @throws org.zapkv.error.KeyTooLongException if the name, or its normal form, is longer than the
   *     parent can hold
   * @throws org.zapkv.error.KeyNotTextException if the parent needs text and the name is not UTF-8
   * @throws org.zapkv.error.MapFullException if a leaf of the parent's overflow is full and cannot
   *     be split, which nobody can bring about by the choice of keys
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the parent is closed
   */
  public static @Nullable Zap createLinked(
      BlockObject object, ZapParameters parameters, Zap parent, byte[] name, Transaction tx) {
    if (parent.contains(name)) {
      return null;
    }
    Zap zap = create(object, parameters, tx);
    return parent.add(name, ZapValue.ofLong(object.objectId()), tx) ? zap : null;
  }

  /**
   * Opens the map in an object.
   *
   * @param object an object that a map was made in
   * @param parameters how the map is used
   * @return the map
   * @throws org.zapkv.error.CorruptException if block 0 is no map
   */
  public static Zap open(BlockObject object, ZapParameters parameters) {
    return open(object, parameters, new ReusingLeafCreator());
  }

  static Zap open(BlockObject object, ZapParameters parameters, LeafCreator creator) {
    return new Zap(object, parameters, creator);
  }

  /**
   * The object that the map is in.
   *
   * @return the object
   */
  public BlockObject object() {
    return object;
  }

  /**
   * Looks a key up.
   *
   * @param key the key's bytes
   * @return the value, or null when the key is not there
   * @throws org.zapkv.error.KeyTooLongException if the key, or its normal form, is longer than a
   *     map can hold
   * @throws org.zapkv.error.KeyNotTextException if the map needs text and the key is not UTF-8
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public @Nullable ZapValue get(byte[] key) {
    if (isReadUnheld(key)) {
      long hash = names.plainHash(key);
      if (body.isFat()) {
        ZapValue value = body.fatZap().unheld().value(key, hash);
        if (!UnheldReader.isUnknown(value)) {
          return value;
        }
      } else {
        long value = body.micro().tryGetLong(key, hash, UNKNOWN_VALUE, UNKNOWN_VALUE);
        if (value != UNKNOWN_VALUE) {
          return ZapValue.ofLong(value);
        }
        if (body.micro().tryContains(key, hash) == ABSENT) {
          return null;
        }
      }
    }
    return body.get(name(key));
  }

  /**
   * Whether a key is there.
   *
   * @param key the key's bytes
   * @return true if it is
   * @throws org.zapkv.error.KeyTooLongException if the key, or its normal form, is longer than a
   *     map can hold
   * @throws org.zapkv.error.KeyNotTextException if the map needs text and the key is not UTF-8
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public boolean contains(byte[] key) {
    int found = tryFind(key);
    return found == UNKNOWN ? body.contains(name(key)) : found != ABSENT;
  }

  /** Whether an attempt to read without locks makes sense; what is wrong with it is said later. */
  private boolean isReadUnheld(byte[] key) {
    return plainNames && key.length <= maxKeyBytes && !closed && !body.isBroken();
  }

  /**
   * The value of a key, if it is bytes and can be read without a lock: nothing is allocated but the
   * array. Never throws; who gets {@code unknown} asks {@link #get}, which says more.
   *
   * @param key the key's bytes
   * @param unknown what is returned where the value is not bytes, or could not be read so
   * @return a new array with the value's bytes; null when the key is not there; or {@code unknown}
   *     itself
   */
  public byte @Nullable [] tryBytes(byte[] key, byte[] unknown) {
    return body.isFat() && isReadUnheld(key)
        ? body.fatZap().unheld().bytes(key, names.plainHash(key), unknown)
        : unknown;
  }

  /**
   * Copies the value of a key, if it is bytes and can be read without a lock: nothing is allocated.
   *
   * @param key the key's bytes
   * @param destination takes the value, or as much of its beginning as there is room for; bytes
   *     from the offset on, as many as a value may have, can be changed whatever is returned
   * @param offset where in the destination, 0 to its length
   * @return how long the value is; {@link #ABSENT}; or {@link #UNKNOWN}: ask {@link #get}
   */
  public int tryRead(byte[] key, byte[] destination, int offset) {
    return body.isFat() && isReadUnheld(key)
        ? body.fatZap().unheld().read(key, names.plainHash(key), destination, offset)
        : UNKNOWN;
  }

  /**
   * Whether a key is there, if that can be seen without a lock: nothing is allocated.
   *
   * @param key the key's bytes
   * @return a number of 0 or more if it is; {@link #ABSENT}; or {@link #UNKNOWN}: ask {@link
   *     #contains}
   */
  public int tryFind(byte[] key) {
    if (!isReadUnheld(key)) {
      return UNKNOWN;
    }
    long hash = names.plainHash(key);
    return body.isFat()
        ? body.fatZap().unheld().find(key, hash)
        : body.micro().tryContains(key, hash);
  }

  /**
   * The value of a key, if it is one integer of 64 bits and can be read without a lock: nothing is
   * allocated.
   *
   * @param key the key's bytes
   * @param absent what is returned when the key is not there
   * @param unknown what is returned where the value is something else, or could not be read so; who
   *     gets it asks {@link #get}, as it may also be the value
   * @return the value, or one of the other two
   */
  public long tryLong(byte[] key, long absent, long unknown) {
    if (!isReadUnheld(key)) {
      return unknown;
    }
    long hash = names.plainHash(key);
    return body.isFat()
        ? body.fatZap().unheld().integer(key, hash, absent, unknown)
        : body.micro().tryGetLong(key, hash, absent, unknown);
  }

  /**
   * Looks a key or a variant of it up.
   *
   * @param key the key's bytes
   * @param match which keys are as good as this one
   * @return the entry with its stored key, or null when there is none
   * @throws IllegalArgumentException if the match is not exact and the map's keys are 64-bit words
   * @throws org.zapkv.error.KeyTooLongException if the key, or its normal form, is longer than a
   *     map can hold
   * @throws org.zapkv.error.KeyNotTextException if the map needs text and the key is not UTF-8
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public @Nullable ZapMatch lookup(byte[] key, MatchType match) {
    checkOpen(false);
    ZapName name = names.matching(key, match);
    return body.read(entries -> entries.lookup(name));
  }

  /**
   * Reads a value into a buffer, as integers of a size of the caller's choice.
   *
   * @param key the key's bytes
   * @param integerBytes the size of one integer in the buffer: 1, 2, 4 or 8, not below that of the
   *     value's integers; smaller ones are widened without their signs
   * @param destination written from its position on, in its byte order, with as many integers as it
   *     has room for
   * @return how many integers the value has, which is more than were written when the room was
   *     short; -1 when the key is not there
   * @throws IllegalArgumentException if the size is not 1, 2, 4 or 8
   * @throws org.zapkv.error.ValueTypeException if it is smaller than that of the value's integers
   * @throws org.zapkv.error.KeyTooLongException if the key, or its normal form, is longer than a
   *     map can hold
   * @throws org.zapkv.error.KeyNotTextException if the map needs text and the key is not UTF-8
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public int read(byte[] key, int integerBytes, ByteBuffer destination) {
    if (!ZapValue.isIntegerSize(integerBytes)) {
      throw new IllegalArgumentException(
          "integerBytes=" + integerBytes + ": an integer has 1, 2, 4 or 8 bytes");
    }
    ZapValue value = get(key);
    return value == null ? -1 : value.writeTo(integerBytes, destination);
  }

  /**
   * How long a value is, without reading it.
   *
   * @param key the key's bytes
   * @return the size and number of its integers, or null when the key is not there
   * @throws org.zapkv.error.KeyTooLongException if the key, or its normal form, is longer than a
   *     map can hold
   * @throws org.zapkv.error.KeyNotTextException if the map needs text and the key is not UTF-8
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public @Nullable ZapLength length(byte[] key) {
    ZapName name = name(key);
    return body.read(entries -> entries.length(name));
  }

  /**
   * Looks for a value: the first entry, in the order of a cursor, whose first integer is the one
   * looked for. Goes through the whole map.
   *
   * @param value the integer; integers in the map are widened without their signs
   * @param mask which bits are compared; 0 for all
   * @return the key of the entry, or null when there is none; a value of no integers is never it
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public byte @Nullable [] findValue(long value, long mask) {
    long bits = mask == 0 ? -1 : mask;
    try (ZapCursor cursor = cursor()) {
      while (cursor.next()) {
        ZapValue found = cursor.value();
        if (found.count() > 0 && ((found.integer(0) ^ value) & bits) == 0) {
          return cursor.key();
        }
      }
    }
    return null;
  }

  /**
   * Begins to bring what an access to a key needs into memory, so that the access itself need not
   * wait for it, or not as long. This call waits for the pointer table at most, not for the leaf;
   * in a micro map it reads the one block that there is. Whether the key is there makes no
   * difference.
   *
   * @param key the key's bytes
   * @throws org.zapkv.error.KeyTooLongException if the key, or its normal form, is longer than a
   *     map can hold
   * @throws org.zapkv.error.KeyNotTextException if the map needs text and the key is not UTF-8
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public void prefetch(byte[] key) {
    ZapName name = name(key);
    body.read(
        entries -> {
          entries.prefetch(name);
          return null;
        });
  }

  /**
   * Begins to bring the whole map into memory, as far as there is room for it. This call waits for
   * the pointer table at most, not for the leaves; in a micro map it reads the one block that there
   * is.
   *
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public void prefetchAll() {
    checkOpen(false);
    body.read(
        entries -> {
          entries.prefetchAll();
          return null;
        });
  }

  /**
   * Adds an entry, unless its key is there.
   *
   * @param key the key's bytes
   * @param value the value
   * @param tx the transaction that the change belongs to
   * @return false when the key is there already, and keeps its value
   * @throws org.zapkv.error.KeyTooLongException if the key, or its normal form, is longer than a
   *     map can hold
   * @throws org.zapkv.error.KeyNotTextException if the map needs text and the key is not UTF-8
   * @throws ValueTooLargeException if no leaf can hold the value
   * @throws org.zapkv.error.MapFullException if a leaf of the overflow is full and cannot be split,
   *     which nobody can bring about by the choice of keys
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public boolean add(byte[] key, ZapValue value, Transaction tx) {
    Write write = new Write(name(key), value, false, Write.ANY_CD);
    return body.write(write, tx) == Write.Outcome.DONE;
  }

  /**
   * Adds an entry or replaces its value.
   *
   * @param key the key's bytes
   * @param value the value; it may be of another size than the one before
   * @param tx the transaction that the change belongs to
   * @return the value before, or null when the key was not there
   * @throws org.zapkv.error.KeyTooLongException if the key, or its normal form, is longer than a
   *     map can hold
   * @throws org.zapkv.error.KeyNotTextException if the map needs text and the key is not UTF-8
   * @throws ValueTooLargeException if no leaf can hold the value
   * @throws org.zapkv.error.MapFullException if a leaf of the overflow is full and cannot be split,
   *     which nobody can bring about by the choice of keys
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public @Nullable ZapValue put(byte[] key, ZapValue value, Transaction tx) {
    Write write = new Write(name(key), value, true, Write.ANY_CD);
    body.write(write, tx);
    return write.previous();
  }

  /**
   * Changes an entry if it is what the caller thinks it is. Nobody can change it in between.
   *
   * @param key the key's bytes
   * @param expected the value that the key must have; null: it must not be there
   * @param next the value that it gets; null: it is removed
   * @param tx the transaction that the change belongs to
   * @return whether it was as expected; if not, nothing is changed
   * @throws org.zapkv.error.KeyTooLongException if the key, or its normal form, is longer than a
   *     map can hold
   * @throws org.zapkv.error.KeyNotTextException if the map needs text and the key is not UTF-8
   * @throws ValueTooLargeException if no leaf can hold the next value
   * @throws org.zapkv.error.MapFullException if a leaf of the overflow is full and cannot be split,
   *     which nobody can bring about by the choice of keys
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public boolean replace(
      byte[] key, @Nullable ZapValue expected, @Nullable ZapValue next, Transaction tx) {
    if (expected == null) {
      return next == null ? !contains(key) : add(key, next, tx);
    }
    ZapName name = name(key);
    return next == null
        ? body.remove(name, expected, tx) != null
        : body.write(Write.replacing(name, expected, next), tx) == Write.Outcome.DONE;
  }

  /**
   * Adds to an integer. A key that is not there counts as 0, and one that becomes 0 is removed.
   *
   * @param key the key's bytes
   * @param delta what is added; with 0 nothing is changed
   * @param tx the transaction that the change belongs to
   * @return the sum, modulo 2^64; it is stored as one 64-bit integer, whatever size it had
   * @throws org.zapkv.error.ValueTypeException if what is there is more than one integer
   * @throws org.zapkv.error.KeyTooLongException if the key, or its normal form, is longer than a
   *     map can hold
   * @throws org.zapkv.error.KeyNotTextException if the map needs text and the key is not UTF-8
   * @throws org.zapkv.error.MapFullException if a leaf of the overflow is full and cannot be split,
   *     which nobody can bring about by the choice of keys
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public long increment(byte[] key, long delta, Transaction tx) {
    for (; ; ) {
      ZapValue before = get(key);
      if (before != null && before.count() > 1) {
        throw new ValueTypeException(
            "the value is " + before + "; only one integer can be added to");
      }
      long sum = delta + (before == null || before.count() == 0 ? 0 : before.integer(0));
      if (delta == 0 || replace(key, before, sum == 0 ? null : ZapValue.ofLong(sum), tx)) {
        return sum;
      }
    }
  }

  /**
   * Adds every entry of another map whose key is not here, whatever the shape of its value. What is
   * added to the source meanwhile may be added here or not. When an entry is refused, those before
   * it have been added.
   *
   * @param source the other map; it stays as it is
   * @param tx the transaction that the changes belong to
   * @return how many of its keys were here already, and have kept their values
   * @throws IllegalArgumentException if the source is this map, or if the keys of one are 64-bit
   *     words and those of the other strings; nothing is changed
   * @throws org.zapkv.error.KeyTooLongException if a key, or its normal form, is longer than this
   *     map can hold
   * @throws org.zapkv.error.KeyNotTextException if this map needs text and a key is not UTF-8
   * @throws ValueTooLargeException if no leaf here can hold a value
   * @throws org.zapkv.error.MapFullException if a leaf of the overflow is full and cannot be split,
   *     which nobody can bring about by the choice of keys
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if one of the maps is closed
   */
  public long addAll(Zap source, Transaction tx) {
    checkOpen(false);
    source.checkOpen(false);
    ZapJoin.check(this, source);
    return ZapJoin.join(this, source, tx);
  }

  /**
   * Makes many changes one after the other, those of the same leaf in one go. It is fastest when
   * they are in the order of {@link #hash}, as unsigned numbers. Each is atomic for others, all
   * together are not. When one fails, those before it have been made, and have been told so.
   *
   * @param changes what is to be done, in this order; a list with fast access by index. It must not
   *     change during the call
   * @param tx the transaction that the changes belong to
   * @throws org.zapkv.error.KeyTooLongException if a key, or its normal form, is longer than a map
   *     can hold
   * @throws org.zapkv.error.KeyNotTextException if the map needs text and a key is not UTF-8
   * @throws ValueTooLargeException if no leaf can hold a value
   * @throws org.zapkv.error.MapFullException if a leaf of the overflow is full and cannot be split,
   *     which nobody can bring about by the choice of keys
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public void applyAll(List<? extends ZapChange> changes, Transaction tx) {
    checkOpen(false);
    body.applyAll(changes, tx);
  }

  /**
   * Removes an entry.
   *
   * @param key the key's bytes
   * @param tx the transaction that the change belongs to
   * @return the value it had, or null when the key was not there
   * @throws org.zapkv.error.KeyTooLongException if the key, or its normal form, is longer than a
   *     map can hold
   * @throws org.zapkv.error.KeyNotTextException if the map needs text and the key is not UTF-8
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public @Nullable ZapValue remove(byte[] key, Transaction tx) {
    ZapMatch removed = body.remove(name(key), null, tx);
    return removed == null ? null : removed.value();
  }

  /**
   * Removes the entry of a key or of a variant of it.
   *
   * @param key the key's bytes
   * @param match which entry: the one that {@link #lookup} would find
   * @param tx the transaction that the change belongs to
   * @return what was removed, or null when there is no such entry; the conflict says whether there
   *     is another one still
   * @throws IllegalArgumentException if the match is not exact and the map's keys are 64-bit words
   * @throws org.zapkv.error.KeyTooLongException if the key, or its normal form, is longer than a
   *     map can hold
   * @throws org.zapkv.error.KeyNotTextException if the map needs text and the key is not UTF-8
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public @Nullable ZapMatch remove(byte[] key, MatchType match, Transaction tx) {
    checkOpen(false);
    return body.remove(names.matching(key, match), null, tx);
  }

  /**
   * The hash of a key in this map. Entries in the order of their hashes (as unsigned numbers) are
   * entries in the order of their leaves: whoever changes many at once visits each leaf once.
   *
   * @param key the key's bytes
   * @return the hash, its unused low bits zero
   * @throws org.zapkv.error.KeyTooLongException if the key, or its normal form, is longer than a
   *     map can hold
   * @throws org.zapkv.error.KeyNotTextException if the map needs text and the key is not UTF-8
   * @throws ClosedException if the map is closed
   */
  public long hash(byte[] key) {
    return name(key).hash();
  }

  /**
   * How many entries there are.
   *
   * @return the number
   * @throws ClosedException if the map is closed
   */
  public long count() {
    checkOpen(false);
    return body.count();
  }

  /**
   * Whether the map is one block still.
   *
   * @return false once it is fat
   */
  public boolean isMicro() {
    return !body.isFat();
  }

  /**
   * Whether a conversion failed half-way: the map then refuses every use, and the transaction group
   * that has the half-converted blocks must not be written.
   *
   * @return true from such a failure on
   */
  public boolean isBroken() {
    return body.isBroken();
  }

  /**
   * A cursor before the first entry.
   *
   * @return the cursor; to be closed
   * @throws ClosedException if the map is closed
   */
  public ZapCursor cursor() {
    return cursor(0);
  }

  /**
   * A cursor at a position.
   *
   * @param cookie the position, from {@link ZapCursor#cookie()} or {@link ZapCursor#nextCookie()}
   * @return the cursor; to be closed
   * @throws ClosedException if the map is closed
   */
  public ZapCursor cursor(long cookie) {
    checkOpen(false);
    return new ZapCursor(
        this, names.hashBits(), cookie, body.isFat() && body.fatZap().overflow() != null);
  }

  /**
   * A cursor over a range of hashes. What is kept apart, as too many keys have nearly the same
   * hash, belongs to the range that has no end.
   *
   * @param first the first hash, as a number of {@link #hashBits} bits
   * @param end the first hash behind the range, in the same form; 0: there is no end
   * @param cookie a position in the range, from {@link ZapCursor#cookie()} or {@link
   *     ZapCursor#nextCookie()}; one before it is its beginning, one behind it its end
   * @return the cursor; to be closed
   * @throws ClosedException if the map is closed
   */
  public ZapCursor cursor(long first, long end, long cookie) {
    checkOpen(false);
    int bits = names.hashBits();
    long hash = cookie & ((1L << bits) - 1);
    boolean hasOverflow = end == 0 && body.isFat() && body.fatZap().overflow() != null;
    ZapCursor at = new ZapCursor(this, bits, cookie, hasOverflow, end << (Long.SIZE - bits));
    if (at.isAtEnd() || at.isInOverflow() || (hash >= first && (end == 0 || hash < end))) {
      return at;
    }
    long other = hash < first ? first : ZapCursor.END;
    return new ZapCursor(this, bits, other, false, end << (Long.SIZE - bits));
  }

  /**
   * How many bits of a hash are used.
   *
   * @return 28, or 48 in maps whose keys are 64-bit words
   */
  public int hashBits() {
    return names.hashBits();
  }

  /** For a cursor: goes to the first entry at or after its position. */
  boolean next(ZapCursor cursor) {
    return body.next(cursor);
  }

  /** For a cursor: lets go the leaf that it stands on. */
  void leave(ZapCursor cursor) {
    body.fatZap().walk().leave(cursor);
  }

  /**
   * How often the shape of the map has changed since it was opened. Reads nothing.
   *
   * @return the numbers of some moment during the call; also of a closed map
   */
  public ZapActivity activity() {
    return body.activity();
  }

  /**
   * The shape of the map. Reads all of it.
   *
   * @return the statistics
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public ZapStatistics statistics() {
    checkOpen(false);
    return body.statistics();
  }

  /**
   * Describes each leaf, in the order of the hashes; those of the overflow are left out. The map
   * can be used meanwhile, but for changes of its shape, which wait. Every leaf is read.
   *
   * @return an element for each leaf, or one for a map of one block; the caller's own
   * @throws org.zapkv.error.CorruptException if what is stored is damaged
   * @throws ClosedException if the map is closed
   */
  public List<ZapLeaf> leaves() {
    checkOpen(false);
    return body.leaves();
  }

  /**
   * Checks everything that is stored: every field, pointer, chain and hash. Damage is reported, not
   * thrown. The map can be used meanwhile, but for changes of its shape, which wait.
   *
   * @param sink takes what is wrong
   * @throws ClosedException if the map is closed
   */
  public void check(ZapProblems sink) {
    checkOpen(false);
    body.check(sink);
  }

  /** The hash of a key that is stored, however long. */
  long storedHash(byte[] key) {
    return names.upTo(ZapNames.LONGEST_STORED_BYTES).exact(key).hash();
  }

  /** How often a new leaf took over the object of an old one in the same block. */
  long leafReuses() {
    return body.fatZap().leafReuses();
  }

  /**
   * Ends the use of the map. Cursors are to be closed on their own. Closing it twice does nothing.
   */
  public void close() {
    closed = true;
    body.micro().forget();
  }

  /**
   * Whether the use of the map has ended.
   *
   * @return true once {@link #close} was called
   */
  public boolean isClosed() {
    return closed;
  }

  void checkOpen(boolean cursorClosed) {
    if (closed || cursorClosed) {
      throw new ClosedException(
          "object=" + object.objectId() + ": the " + (closed ? "map" : "cursor") + " is closed");
    }
    body.checkWhole();
  }

  /** How keys become names. */
  ZapNames names() {
    return names;
  }

  /** Refuses an operation that only makes sense with keys that are strings. */
  void checkStringKeys(String what) {
    if (names.hasWords()) {
      throw new IllegalArgumentException(
          "object=" + object.objectId() + ": " + what + "; the keys of this map are 64-bit words");
    }
  }

  private ZapName name(byte[] key) {
    checkOpen(false);
    return names.exact(key);
  }
}
