// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.error.CorruptException;

/**
 * Entries that a cursor has copied out of a block at once, in the order of (hash, cd), so that it
 * can hand them out without touching the block: all of a leaf, or some of a micro map. For one
 * thread at a time.
 */
final class EntryBatch {
  /*
   * Implementation notes.
   *
   * Filled under the lock of the leaf, or the structure lock of a micro map. The stamp of the buffer
   * says later whether the block still is what was copied: no byte has changed, and it is in memory
   * under its identity. So an entry is handed out only if that very moment's entry is the same.
   *
   * Keys and values are in one array, one after another. Chunks are copied whole: hence the slack.
   */

  /** How many bytes at the end of the array may be written beyond what is kept there. */
  private static final int SLACK = LeafLayout.ARRAY_PAYLOAD_BYTES;

  /** So many entries of a micro map are copied at once. */
  private static final int MICRO_ENTRIES = 256;

  // The numbers of an entry, one after another.
  private static final int KEY = 0;
  private static final int VALUE = 1;
  private static final int END = 2;
  private static final int CD = 3;
  private static final int SHAPE = 4;
  private static final int NUMBERS = 5;

  private byte[] bytes = new byte[0];
  private int used;
  private long[] hashes = new long[0];
  private int[] numbers = new int[0];
  private int count;

  /** The chunks of a leaf's entries in their order. */
  private int[] order = new int[0];

  /** The entry that was last asked for: there is none before it that is asked for again. */
  private int at;

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

  /** The first entry at or after a position, not before the one found last; -1 if there is none. */
  int seek(long hash, long cd) {
    while (at < count && isBefore(at, hash, cd)) {
      at++;
    }
    return at < count ? at : -1;
  }

  private boolean isBefore(int entry, long hash, long cd) {
    int byHash = Long.compareUnsigned(hashes[entry], hash);
    return byHash < 0 || (byHash == 0 && cd(entry) < cd);
  }

  // Filling.

  private void begin(@Nullable Buffer from) {
    source = from;
    stamp = 0;
    count = 0;
    used = 0;
    at = 0;
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
    System.arraycopy(key, 0, bytes, 0, key.length);
    System.arraycopy(valueBytes, 0, bytes, key.length, valueBytes.length);
    add(hash, cd, key.length, valueBytes.length, value.integerBytes());
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
      int length = MicroEntry.copyKey(address, slot, bytes, used);
      BigEndianWords.put(bytes, used + length, MicroEntry.value(address, slot));
      add(index.hash(i), index.cd(i), length, Long.BYTES, Long.BYTES);
    }
    end(block0);
  }

  /** Takes the entries of a leaf, which is locked, in the bucket of a hash and all that follow. */
  void fill(Leaf leaf, long hash) {
    begin(leaf.buffer());
    LeafBlock block = leaf.block();
    int chosen = 0;
    int bucket = block.usedBucket(leaf.bucket(hash));
    for (; bucket < block.layout().bucketCount(); bucket = block.usedBucket(bucket + 1)) {
      int first = chosen;
      for (int entry = block.bucketHead(bucket); entry != Leaf.NONE; entry = block.next(entry)) {
        if (chosen == leaf.chunkCount()) {
          throw block.corrupt(CorruptException.NONE, "a hash chain does not end");
        }
        place(leaf, first, chosen++, entry);
      }
    }
    for (int i = 0; i < chosen; i++) {
      if (!leaf.isValueOfOther(order[i])) {
        copy(leaf, order[i]);
      }
    }
    end(leaf.buffer());
  }

  /** Puts an entry to where it belongs among those of its bucket, nearly always the end. */
  private void place(Leaf leaf, int first, int end, int entry) {
    if (end == order.length) {
      order = Arrays.copyOf(order, Math.max(64, 2 * end));
    }
    if (end == first || leaf.compare(order[end - 1], entry) < 0) {
      order[end] = entry;
      return;
    }
    int low = first;
    int high = end - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (leaf.compare(order[middle], entry) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    System.arraycopy(order, low, order, low + 1, end - low);
    order[low] = entry;
  }

  private void copy(Leaf leaf, int entry) {
    LeafBlock block = leaf.block();
    int keyBytes = leaf.keyBytes(entry);
    int valueBytes = block.valueBytes(entry);
    makeRoom(keyBytes + valueBytes);
    block.copyArray(block.nameChunk(entry), bytes, used, keyBytes);
    block.copyArray(block.valueChunk(entry), bytes, used + keyBytes, valueBytes);
    int shape = block.integerBytes(entry) | block.mark(entry);
    add(block.hash(entry), block.cd(entry), keyBytes, valueBytes, shape);
  }

  private void makeRoom(int more) {
    if (used + more + SLACK > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, used + more + SLACK));
    }
    if (count == hashes.length) {
      int length = Math.max(1, 2 * count);
      hashes = Arrays.copyOf(hashes, length);
      numbers = Arrays.copyOf(numbers, length * NUMBERS);
    }
  }

  private void add(long hash, long cd, int keyBytes, int valueBytes, int shape) {
    int number = count * NUMBERS;
    numbers[number + KEY] = used;
    numbers[number + VALUE] = used + keyBytes;
    numbers[number + END] = used + keyBytes + valueBytes;
    numbers[number + CD] = (int) cd;
    numbers[number + SHAPE] = shape;
    hashes[count++] = hash;
    used += keyBytes + valueBytes;
  }

  // The entries, by the number that seek gives.

  private int number(int entry, int which) {
    return numbers[entry * NUMBERS + which];
  }

  long hash(int entry) {
    return hashes[entry];
  }

  long cd(int entry) {
    return Integer.toUnsignedLong(number(entry, CD));
  }

  /** Whether the value is elsewhere. */
  boolean isApart(int entry) {
    return (number(entry, SHAPE) & ~LeafLayout.INTEGER_BYTES_MASK) != 0;
  }

  int integerBytes(int entry) {
    return number(entry, SHAPE) & LeafLayout.INTEGER_BYTES_MASK;
  }

  int keyBytes(int entry) {
    return number(entry, VALUE) - number(entry, KEY);
  }

  int valueBytes(int entry) {
    return number(entry, END) - number(entry, VALUE);
  }

  /** Copies the key; there is room for it. */
  void copyKey(int entry, byte[] destination, int offset) {
    System.arraycopy(bytes, number(entry, KEY), destination, offset, keyBytes(entry));
  }

  /** Copies the value; there is room for it. */
  void copyValue(int entry, byte[] destination, int offset) {
    System.arraycopy(bytes, number(entry, VALUE), destination, offset, valueBytes(entry));
  }

  /** The first eight bytes of the value; it has them. */
  long firstWord(int entry) {
    return BigEndianWords.get(bytes, number(entry, VALUE));
  }
}
