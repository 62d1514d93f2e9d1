// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;

/**
 * Entries that a cursor has copied out of a block at once, in the order of (hash, cd), so that it
 * can hand them out without touching the block: all of a leaf, or some of a micro map. For one
 * thread at a time.
 */
final class EntryBatch {
  /*
   * Implementation notes.
   *
   * Filled under the lock of the leaf, or the structure lock of a micro map; or without a lock, as
   * UnheldReader reads a leaf. The stamp of the buffer says then and later whether the block still is
   * what was copied: no byte has changed, and it is in memory under its identity. So an entry is
   * handed out only if that very moment's entry is the same.
   *
   * Of a leaf there is a copy of all its bytes. Of other entries keys and values are copied one after
   * another.
   */

  /** So many entries of a micro map are copied at once. */
  private static final int MICRO_ENTRIES = 256;

  // The numbers of an entry that is not in a leaf, one after another.
  private static final int PIECE = 0;
  private static final int KEY_BYTES = 1;
  private static final int VALUE_BYTES = 2;
  private static final int CD = 3;
  private static final int INTEGER_BYTES = 4;
  private static final int NUMBERS = 5;

  private final LeafCopy copy = new LeafCopy();

  /** Whether keys are integers of 64 bits; of a leaf only. */
  private boolean uint64Keys;

  /** Whether the entries are in the copy of a leaf, not in the pieces. */
  private boolean ofLeaf;

  // The pieces: keys and values, each value behind its key.
  private byte[] pieces = new byte[0];
  private int used;
  private long[] hashes = new long[0];
  private int[] numbers = new int[0];

  private int count;

  /** The first entry that was not sought yet. */
  private int next;

  // The entry that was sought last. Its fields are found out once, as most are asked for often.
  private long hash;
  private long cd;
  private int shape;
  private int keyBytes;
  private int valueBytes;

  /** The first chunk of its key, or where its key is in the pieces. */
  private int keyAt;

  /** The same of the value. */
  private int valueAt;

  /** The block that the entries are from; null when they are not from one block. */
  private @Nullable Buffer source;

  private long stamp;

  /** The block of the entries; null when they are no longer good for the next step anyway. */
  @Nullable Buffer source() {
    return source;
  }

  /** Whether the block has not changed since the entries were copied. */
  boolean isCurrent() {
    Buffer from = source;
    return from != null && stamp != 0 && from.isValid(stamp);
  }

  /**
   * Goes to the first entry at or after a position, which is after the entry that was sought last.
   *
   * @return whether there is one
   */
  boolean seek(long fromHash, long fromCd) {
    while (next < count) {
      load(next);
      next++;
      int byHash = Long.compareUnsigned(hash, fromHash);
      if (byHash > 0 || (byHash == 0 && cd >= fromCd)) {
        return true;
      }
    }
    return false;
  }

  private void load(int entry) {
    if (ofLeaf) {
      long first = copy.firstWord(entry);
      long second = copy.secondWord(entry);
      hash = copy.hash(entry);
      cd = LeafCopy.cd(second);
      shape = LeafCopy.shape(first);
      keyAt = LeafCopy.nameChunk(first);
      keyBytes = Leaf.keyBytes(LeafCopy.nameLength(first), uint64Keys);
      valueAt = LeafCopy.valueChunk(second);
      valueBytes = LeafCopy.valueCount(second) * (shape & LeafLayout.INTEGER_BYTES_MASK);
    } else {
      int number = entry * NUMBERS;
      hash = hashes[entry];
      cd = Integer.toUnsignedLong(numbers[number + CD]);
      shape = numbers[number + INTEGER_BYTES];
      keyAt = numbers[number + PIECE];
      keyBytes = numbers[number + KEY_BYTES];
      valueAt = keyAt + keyBytes;
      valueBytes = numbers[number + VALUE_BYTES];
    }
  }

  /** The first hash after those that the block can have; 0 if there is none, or it has any. */
  long hashAfter() {
    return ofLeaf ? copy.hashAfter() : 0;
  }

  // Filling.

  private void begin(@Nullable Buffer from) {
    source = from;
    ofLeaf = false;
    stamp = 0;
    count = 0;
    used = 0;
    next = 0;
  }

  /** All entries are copied, and the block is still locked. */
  private void end(Buffer from) {
    stamp = from.readStamp();
  }

  /** Holds nothing any more. */
  void clear() {
    begin(null);
  }

  /** Takes one entry, for which the block was asked. */
  void fill(byte[] key, ZapValue value, long hash, long cd) {
    begin(null);
    byte[] valueBytes = value.bytes();
    makeRoom(key.length + valueBytes.length);
    System.arraycopy(key, 0, pieces, 0, key.length);
    System.arraycopy(valueBytes, 0, pieces, key.length, valueBytes.length);
    addPiece(hash, cd, key.length, valueBytes.length, value.integerBytes());
  }

  /**
   * Takes the entries of a micro map from a position of its index on.
   *
   * @param block0 held, and guarded by the structure lock as the index is
   */
  void fill(Buffer block0, MicroIndex index, int position) {
    begin(block0);
    long address = block0.address();
    int end = Math.min(position + MICRO_ENTRIES, index.size());
    for (int i = position; i < end; i++) {
      makeRoom(MicroLayout.NAME_FIELD_BYTES + Long.BYTES);
      int slot = index.slot(i);
      int length = MicroEntry.copyKey(address, slot, pieces, used);
      BigEndianWords.put(pieces, used + length, MicroEntry.value(address, slot));
      addPiece(index.hash(i), index.cd(i), length, Long.BYTES, Long.BYTES);
    }
    end(block0);
  }

  /** Takes the entries of a leaf, which is locked, in the bucket of a hash and all that follow. */
  void fill(Leaf leaf, long hash) {
    Buffer buffer = leaf.buffer();
    begin(buffer);
    copy.copy(leaf.block());
    list(hash, leaf.uint64Keys());
    end(buffer);
  }

  /**
   * The same of a leaf that is neither locked nor held, if it is the one of the hash.
   *
   * @return false: it may be another leaf, or be changing; nothing was taken
   */
  boolean fillUnheld(LeafBlock leaf, long hash, boolean uint64) {
    long before = leaf.readStamp(hash);
    if (before == 0) {
      return false;
    }
    begin(leaf.buffer());
    copy.copy(leaf);
    if (!leaf.isValid(before)) {
      begin(null);
      return false;
    }
    leaf.buffer().noteUse();
    list(hash, uint64);
    stamp = before;
    return true;
  }

  private void list(long hash, boolean uint64) {
    uint64Keys = uint64;
    count = copy.list(hash);
    ofLeaf = true;
  }

  private void makeRoom(int more) {
    if (used + more > pieces.length) {
      pieces = Arrays.copyOf(pieces, Math.max(2 * pieces.length, used + more));
    }
  }

  private void addPiece(long hash, long cd, int keyBytes, int valueBytes, int integerBytes) {
    if (count == hashes.length) {
      int length = Math.max(1, 2 * count);
      hashes = Arrays.copyOf(hashes, length);
      numbers = Arrays.copyOf(numbers, length * NUMBERS);
    }
    int first = count * NUMBERS;
    hashes[count++] = hash;
    numbers[first + PIECE] = used;
    numbers[first + KEY_BYTES] = keyBytes;
    numbers[first + VALUE_BYTES] = valueBytes;
    numbers[first + CD] = (int) cd;
    numbers[first + INTEGER_BYTES] = integerBytes;
    used += keyBytes + valueBytes;
  }

  // The entry that was sought last.

  long hash() {
    return hash;
  }

  long cd() {
    return cd;
  }

  /** Whether the value is elsewhere. */
  boolean isApart() {
    return (shape & ~LeafLayout.INTEGER_BYTES_MASK) != 0;
  }

  int integerBytes() {
    return shape & LeafLayout.INTEGER_BYTES_MASK;
  }

  int keyBytes() {
    return keyBytes;
  }

  int valueBytes() {
    return valueBytes;
  }

  void copyKey(byte[] destination, int offset) {
    copy(keyAt, keyBytes, destination, offset);
  }

  void copyValue(byte[] destination, int offset) {
    copy(valueAt, valueBytes, destination, offset);
  }

  private void copy(int from, int length, byte[] destination, int offset) {
    Objects.checkFromIndexSize(offset, length, destination.length);
    if (ofLeaf) {
      copy.copyArray(from, destination, offset, length);
    } else {
      System.arraycopy(pieces, from, destination, offset, length);
    }
  }

  /** The value, which has eight bytes. */
  long word() {
    return ofLeaf ? copy.word(valueAt) : BigEndianWords.get(pieces, valueAt);
  }
}
