// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LeafLayout.ARRAY_PAYLOAD_BYTES;
import static org.zapkv.zap.LeafLayout.ARRAY_PAYLOAD_OFFSET;
import static org.zapkv.zap.LeafLayout.CHAIN_END;
import static org.zapkv.zap.LittleEndian.INTS;
import static org.zapkv.zap.LittleEndian.LONGS;
import static org.zapkv.zap.LittleEndian.SHORTS;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.CorruptException;

/**
 * A leaf copied to the heap, and which entries it has in the order of (hash, cd). For one thread at
 * a time; used again for one leaf after another.
 */
final class LeafCopy {
  /*
   * Implementation notes.
   *
   * A leaf is copied whole, as fast as memory can be read, and everything else reads the copy, which
   * is in the processor's cache then. Only where the entries are is found out at once; their fields
   * are read, and keys and values put together from their chunks, when they are asked for.
   *
   * Chunk ids are checked as LeafBlock does, and chains of entries have no more steps than there are
   * chunks. Lengths are those of the entries: who asks for an array makes room for them first.
   */

  // A chunk's payload of 21 bytes, moved as three overlapping words.
  private static final int SECOND_WORD = Long.BYTES;
  private static final int THIRD_WORD = ARRAY_PAYLOAD_BYTES - Long.BYTES;

  /** The leaf; null before the first. */
  private @Nullable LeafBlock block;

  private LeafLayout layout = LeafLayout.of(LeafLayout.MIN_BLOCK_SHIFT);
  private byte[] bytes = new byte[0];

  /** Where the entries are in the bytes, in their order. */
  private int[] entries = new int[0];

  private int count;

  /** The first entries of the buckets; kept only for the array. */
  private int[] heads = new int[0];

  /** Copies a leaf. If the bytes were read without a lock, nothing else is done before a check. */
  void copy(LeafBlock from) {
    block = from;
    layout = from.layout();
    if (bytes.length < layout.blockSizeBytes()) {
      bytes = new byte[layout.blockSizeBytes()];
    }
    from.copyTo(bytes);
    count = 0;
  }

  /**
   * Finds the entries from the bucket of a hash on, but those that are only values of others.
   *
   * @return how many there are
   */
  int list(long hash) {
    int headCount = bucketHeads(layout.bucket(hash, prefixLength()));
    int steps = 0;
    for (int i = 0; i < headCount; i++) {
      int entry = at(heads[i]);
      int next = next(entry);
      if (next == CHAIN_END) {
        add(entry);
      } else {
        steps = addChain(entry, next, steps);
      }
    }
    return count;
  }

  /** Lists the first entries of the buckets from one on, but the empty ones; returns how many. */
  private int bucketHeads(int from) {
    if (heads.length < layout.bucketCount()) {
      heads = new int[layout.bucketCount()];
    }
    int end = layout.bucketOffset(layout.bucketCount());
    int found = 0;
    for (int at = layout.bucketOffset(from); at < end; at += Short.BYTES) {
      int head = (short) SHORTS.get(bytes, at) & 0xFFFF;
      heads[found] = head;
      // Without a branch, which would be foretold wrongly at most entries: 1 but for CHAIN_END.
      found += (head - CHAIN_END) >>> 31;
    }
    return found;
  }

  /**
   * Adds the entries of a bucket that has several.
   *
   * @param before how many entries other such buckets had
   * @return how many they have with this
   */
  private int addChain(int head, int second, int before) {
    int first = count;
    int steps = before + 1;
    add(head);
    for (int next = second; next != CHAIN_END; ) {
      if (++steps > layout.chunkCount()) {
        throw corrupt("a hash chain does not end");
      }
      int entry = at(next);
      next = next(entry);
      if (add(entry)) {
        place(first);
      }
    }
    return steps;
  }

  private boolean add(int entry) {
    if ((shape((long) LONGS.get(bytes, entry)) & LeafLayout.MARK_VALUE_OF_OTHER) != 0) {
      return false;
    }
    if (count == entries.length) {
      entries = Arrays.copyOf(entries, Math.max(64, 2 * count));
    }
    entries[count++] = entry;
    return true;
  }

  /** Moves the last entry to where it belongs among those of its bucket, often the end. */
  private void place(int first) {
    int end = count - 1;
    int entry = entries[end];
    if (end == first || compare(entries[end - 1], entry) < 0) {
      return;
    }
    int low = first;
    int high = end - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (compare(entries[middle], entry) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    System.arraycopy(entries, low, entries, low + 1, end - low);
    entries[low] = entry;
  }

  private int compare(int entry, int other) {
    int byHash = Long.compareUnsigned(hashAt(entry), hashAt(other));
    return byHash != 0 ? byHash : Long.compare(cdAt(entry), cdAt(other));
  }

  private int prefixLength() {
    return (short) SHORTS.get(bytes, LeafLayout.PREFIX_LENGTH_OFFSET) & 0xFFFF;
  }

  /** The first hash after those that the leaf covers; 0 if it covers the last. */
  long hashAfter() {
    int length = prefixLength();
    long prefix = (long) LONGS.get(bytes, LeafLayout.PREFIX_OFFSET);
    return length == 0 ? 0 : (prefix + 1) << (Long.SIZE - length);
  }

  // The fields of an entry that is at an offset.

  /** The offset of a chunk whose id came out of the leaf. */
  private int at(int chunk) {
    if (chunk >= layout.chunkCount()) {
      throw corrupt("chunk=" + chunk + " of " + layout.chunkCount());
    }
    return layout.chunkOffset(chunk);
  }

  private CorruptException corrupt(String problem) {
    return Objects.requireNonNull(block).corrupt(CorruptException.NONE, problem);
  }

  private int unsignedShort(int offset) {
    return (short) SHORTS.get(bytes, offset) & 0xFFFF;
  }

  private int next(int entry) {
    return unsignedShort(entry + LeafLayout.ENTRY_NEXT_OFFSET);
  }

  private long hashAt(int entry) {
    return (long) LONGS.get(bytes, entry + LeafLayout.ENTRY_HASH_OFFSET);
  }

  private long cdAt(int entry) {
    return Integer.toUnsignedLong((int) INTS.get(bytes, entry + LeafLayout.ENTRY_CD_OFFSET));
  }

  // The entries by their number: as three words, see LeafLayout, of which the third is the hash.

  long hash(int number) {
    return hashAt(entries[number]);
  }

  long firstWord(int number) {
    return (long) LONGS.get(bytes, entries[number]);
  }

  long secondWord(int number) {
    return (long) LONGS.get(bytes, entries[number] + Long.BYTES);
  }

  /** The size of the integers of the value, and marks. */
  static int shape(long firstWord) {
    return (int) (firstWord >>> (Byte.SIZE * LeafLayout.ENTRY_INTEGER_BYTES_OFFSET)) & 0xFF;
  }

  static int nameChunk(long firstWord) {
    return (int) (firstWord >>> (Byte.SIZE * LeafLayout.ENTRY_NAME_CHUNK_OFFSET)) & 0xFFFF;
  }

  /** How many integers the name has, with a NUL if it is bytes. */
  static int nameLength(long firstWord) {
    return (int) (firstWord >>> (Byte.SIZE * LeafLayout.ENTRY_NAME_LENGTH_OFFSET)) & 0xFFFF;
  }

  static int valueChunk(long secondWord) {
    return (int) secondWord & 0xFFFF;
  }

  static int valueCount(long secondWord) {
    return (int) secondWord >>> Short.SIZE;
  }

  static long cd(long secondWord) {
    return secondWord >>> Integer.SIZE;
  }

  /** An array of eight bytes as a number, the most significant byte first. */
  long word(int chunk) {
    return BigEndianWords.get(bytes, at(chunk) + ARRAY_PAYLOAD_OFFSET);
  }

  /** Copies the beginning of an array, for which there is room. */
  void copyArray(int head, byte[] destination, int offset, int length) {
    int chunk = head;
    int to = offset;
    int left = length;
    for (; left >= ARRAY_PAYLOAD_BYTES; left -= ARRAY_PAYLOAD_BYTES) {
      int from = at(chunk) + ARRAY_PAYLOAD_OFFSET;
      int link = unsignedShort(from + ARRAY_PAYLOAD_BYTES);
      LONGS.set(destination, to, (long) LONGS.get(bytes, from));
      LONGS.set(destination, to + SECOND_WORD, (long) LONGS.get(bytes, from + SECOND_WORD));
      LONGS.set(destination, to + THIRD_WORD, (long) LONGS.get(bytes, from + THIRD_WORD));
      to += ARRAY_PAYLOAD_BYTES;
      // The same either way; but where chunks follow one another the processor need not wait for
      // the link.
      chunk = link == chunk + 1 ? chunk + 1 : link;
    }
    if (left >= Long.BYTES) {
      int from = at(chunk) + ARRAY_PAYLOAD_OFFSET;
      int middle = Math.min(SECOND_WORD, left - Long.BYTES);
      int last = left - Long.BYTES;
      LONGS.set(destination, to, (long) LONGS.get(bytes, from));
      LONGS.set(destination, to + middle, (long) LONGS.get(bytes, from + middle));
      LONGS.set(destination, to + last, (long) LONGS.get(bytes, from + last));
    } else if (left > 0) {
      System.arraycopy(bytes, at(chunk) + ARRAY_PAYLOAD_OFFSET, destination, to, left);
    }
  }
}
