// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Arrays;
import java.util.Objects;
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
   * A leaf is copied whole, as fast as memory can be read, and keys and values are put together from
   * their chunks when they are asked for, to where they are wanted. Of other entries keys and values
   * are copied one after another.
   */

  /** So many entries of a micro map are copied at once. */
  private static final int MICRO_ENTRIES = 256;

  // The numbers of an entry, one after another.
  private static final int KEY = 0;
  private static final int KEY_BYTES = 1;
  private static final int VALUE = 2;
  private static final int VALUE_BYTES = 3;
  private static final int CD = 4;
  private static final int SHAPE = 5;
  private static final int NUMBERS = 6;

  /** The bytes of a leaf, or keys and values. */
  private byte[] bytes = new byte[0];

  private int used;

  /** The leaf that was copied whole; null: keys and values are in one piece each. */
  private @Nullable LeafBlock leafBlock;

  private long[] hashes = new long[0];
  private int[] numbers = new int[0];
  private int count;

  /** The first entries of a leaf's buckets; kept only for the array. */
  private int[] heads = new int[0];

  /** The entries of one bucket in their order; kept only for the array. */
  private int[] chain = new int[0];

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
    leafBlock = null;
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
      int length = MicroEntry.copyKey(address, slot, bytes, used);
      BigEndianWords.put(bytes, used + length, MicroEntry.value(address, slot));
      addPiece(index.hash(i), index.cd(i), length, Long.BYTES, Long.BYTES);
    }
    end(block0);
  }

  /** Takes the entries of a leaf, which is locked, in the bucket of a hash and all that follow. */
  void fill(Leaf leaf, long hash) {
    begin(leaf.buffer());
    LeafBlock block = leaf.block();
    leafBlock = block;
    int blockBytes = block.layout().blockSizeBytes();
    if (bytes.length < blockBytes) {
      bytes = new byte[blockBytes];
    }
    block.copyTo(bytes);
    int buckets = block.layout().bucketCount();
    if (heads.length < buckets) {
      heads = new int[buckets];
    }
    int headCount = block.bucketHeads(leaf.bucket(hash), heads);
    int steps = 0;
    for (int i = 0; i < headCount; i++) {
      int entry = heads[i];
      int next = block.next(entry);
      if (next == Leaf.NONE) {
        add(leaf, entry);
      } else {
        steps = copyChain(leaf, entry, steps);
      }
    }
    end(leaf.buffer());
  }

  /**
   * Takes the entries of a bucket that has several; returns how many it has and there were before.
   */
  private int copyChain(Leaf leaf, int head, int before) {
    LeafBlock block = leaf.block();
    int length = 0;
    for (int entry = head; entry != Leaf.NONE; entry = block.next(entry)) {
      if (before + length == leaf.chunkCount()) {
        throw block.corrupt(CorruptException.NONE, "a hash chain does not end");
      }
      place(leaf, length++, entry);
    }
    for (int i = 0; i < length; i++) {
      add(leaf, chain[i]);
    }
    return before + length;
  }

  /** Puts an entry to where it belongs among those of its bucket, often the end. */
  private void place(Leaf leaf, int end, int entry) {
    if (end == chain.length) {
      chain = Arrays.copyOf(chain, Math.max(16, 2 * end));
    }
    if (end == 0 || leaf.compare(chain[end - 1], entry) < 0) {
      chain[end] = entry;
      return;
    }
    int low = 0;
    int high = end - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (leaf.compare(chain[middle], entry) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    System.arraycopy(chain, low, chain, low + 1, end - low);
    chain[low] = entry;
  }

  private void add(Leaf leaf, int entry) {
    LeafBlock block = leaf.block();
    // Its 24 bytes as three words: see LeafLayout.
    long first = block.entryWord(entry, 0);
    long second = block.entryWord(entry, Long.BYTES);
    int shape = (int) (first >>> (8 * LeafLayout.ENTRY_INTEGER_BYTES_OFFSET)) & 0xFF;
    if ((shape & LeafLayout.MARK_VALUE_OF_OTHER) != 0) {
      return;
    }
    int nameLength = (int) (first >>> (8 * LeafLayout.ENTRY_NAME_LENGTH_OFFSET)) & 0xFFFF;
    int valueCount =
        (int) (second >>> (8 * (LeafLayout.ENTRY_VALUE_COUNT_OFFSET - Long.BYTES))) & 0xFFFF;
    int number = newNumber(block.hash(entry), second >>> (8 * (LeafLayout.ENTRY_CD_OFFSET - 8)));
    numbers[number + KEY] = (int) (first >>> (8 * LeafLayout.ENTRY_NAME_CHUNK_OFFSET)) & 0xFFFF;
    numbers[number + KEY_BYTES] = leaf.keyBytes(nameLength);
    numbers[number + VALUE] = (int) second & 0xFFFF;
    numbers[number + VALUE_BYTES] = valueCount * (shape & LeafLayout.INTEGER_BYTES_MASK);
    numbers[number + SHAPE] = shape;
  }

  private void makeRoom(int more) {
    if (used + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, used + more));
    }
  }

  private void addPiece(long hash, long cd, int keyBytes, int valueBytes, int integerBytes) {
    int number = newNumber(hash, cd);
    numbers[number + KEY] = used;
    numbers[number + KEY_BYTES] = keyBytes;
    numbers[number + VALUE] = used + keyBytes;
    numbers[number + VALUE_BYTES] = valueBytes;
    numbers[number + SHAPE] = integerBytes;
    used += keyBytes + valueBytes;
  }

  /** There is one more entry; returns where its numbers go, of which the cd is there. */
  private int newNumber(long hash, long cd) {
    if (count == hashes.length) {
      int length = Math.max(1, 2 * count);
      hashes = Arrays.copyOf(hashes, length);
      numbers = Arrays.copyOf(numbers, length * NUMBERS);
    }
    int number = count * NUMBERS;
    numbers[number + CD] = (int) cd;
    hashes[count++] = hash;
    return number;
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
    return number(entry, KEY_BYTES);
  }

  int valueBytes(int entry) {
    return number(entry, VALUE_BYTES);
  }

  void copyKey(int entry, byte[] destination, int offset) {
    copy(number(entry, KEY), keyBytes(entry), destination, offset);
  }

  void copyValue(int entry, byte[] destination, int offset) {
    copy(number(entry, VALUE), valueBytes(entry), destination, offset);
  }

  private void copy(int from, int length, byte[] destination, int offset) {
    Objects.checkFromIndexSize(offset, length, destination.length);
    LeafBlock block = leafBlock;
    if (block == null) {
      System.arraycopy(bytes, from, destination, offset, length);
    } else {
      block.readArray(bytes, from, destination, offset, length);
    }
  }

  /** The value, which has eight bytes. */
  long word(int entry) {
    LeafBlock block = leafBlock;
    int from = number(entry, VALUE);
    return BigEndianWords.get(bytes, block == null ? from : block.arrayOffset(from));
  }
}
