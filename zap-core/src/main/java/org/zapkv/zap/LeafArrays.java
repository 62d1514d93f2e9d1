// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LeafLayout.ARRAY_PAYLOAD_BYTES;
import static org.zapkv.zap.LeafLayout.ARRAY_PAYLOAD_OFFSET;
import static org.zapkv.zap.LeafLayout.LINK_OFFSET;
import static org.zapkv.zap.LittleEndian.LONGS;

import org.zapkv.cache.Buffer;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;

/** The chunks of a leaf, and what arrays in them hold. Changes nothing. */
abstract sealed class LeafArrays permits LeafBlock {
  /*
   * Implementation notes.
   *
   * The chunks of an array follow one another in memory as a rule. So an array is first read along
   * the row, and each link only compared with what it should be: a branch, which the processor
   * foretells, so that it asks for all lines of memory at once. Following the links it would wait
   * for each line before it asks for the next. From the first other link on they are followed.
   *
   * It takes a loop of its own: of "link == chunk + 1 ? chunk + 1 : link" the compiler makes the
   * link.
   */

  // A chunk's payload of 21 bytes, moved as three overlapping words.
  private static final int SECOND_WORD = 8;
  private static final int THIRD_WORD = ARRAY_PAYLOAD_BYTES - Long.BYTES;

  final Buffer buffer;
  final long address;
  final LeafLayout layout;
  final int chunkCount;

  LeafArrays(Buffer buffer, LeafLayout layout) {
    this.buffer = buffer;
    this.address = buffer.address();
    this.layout = layout;
    this.chunkCount = layout.chunkCount();
  }

  Buffer buffer() {
    return buffer;
  }

  LeafLayout layout() {
    return layout;
  }

  CorruptException corrupt(long offsetBytes, String problem) {
    return new CorruptException(buffer.objectId(), buffer.blockId(), offsetBytes, problem);
  }

  /** The address of a chunk whose id came out of the block. */
  final long at(int chunk) {
    if (chunk >= chunkCount) {
      throw corrupt(CorruptException.NONE, "chunk=" + chunk + " of " + chunkCount);
    }
    return address + layout.chunkOffset(chunk);
  }

  /** The next chunk of an array or of the free list. */
  int link(int chunk) {
    return NativeMemory.getUnsignedShort(at(chunk) + LINK_OFFSET);
  }

  /** Fills a chunk's payload, with zeros behind the end of the source. */
  static void writePayload(long to, byte[] source, int from) {
    if (source.length - from >= ARRAY_PAYLOAD_BYTES) {
      NativeMemory.putLong(to, (long) LONGS.get(source, from));
      NativeMemory.putLong(to + SECOND_WORD, (long) LONGS.get(source, from + SECOND_WORD));
      NativeMemory.putLong(to + THIRD_WORD, (long) LONGS.get(source, from + THIRD_WORD));
      return;
    }
    NativeMemory.putLong(to, wordOrLess(source, from));
    NativeMemory.putLong(to + SECOND_WORD, wordOrLess(source, from + SECOND_WORD));
    NativeMemory.putLong(to + THIRD_WORD, wordOrLess(source, from + THIRD_WORD));
  }

  /** Eight bytes of an array as a word, with zeros for those behind its end. */
  private static long wordOrLess(byte[] source, int from) {
    int left = source.length - from;
    if (left >= Long.BYTES) {
      return (long) LONGS.get(source, from);
    }
    if (left <= 0) {
      return 0;
    }
    if (source.length >= Long.BYTES) {
      long last = (long) LONGS.get(source, source.length - Long.BYTES);
      return last >>> ((Long.BYTES - left) * Byte.SIZE);
    }
    long word = 0;
    for (int i = source.length - 1; i >= from; i--) {
      word = (word << Byte.SIZE) | (source[i] & 0xFF);
    }
    return word;
  }

  /** Reads an array; the destination is filled. */
  void readArray(int head, byte[] destination) {
    readArray(head, destination, 0, destination.length);
  }

  /** Reads the beginning of an array, which is at least that long. */
  void readArray(int head, byte[] destination, int offset, int length) {
    int to = offset;
    int end = offset + length;
    int chunk = head;
    // As long as chunks are in a row. Whole chunks only, and only those that are in the block.
    int row = Math.min(length / ARRAY_PAYLOAD_BYTES, chunkCount - head);
    long at = address + layout.chunkOffset(head);
    for (int i = 0; i < row; i++, at += LeafLayout.CHUNK_BYTES) {
      readPayload(at + ARRAY_PAYLOAD_OFFSET, destination, to);
      to += ARRAY_PAYLOAD_BYTES;
      chunk++;
      int link = NativeMemory.getUnsignedShort(at + LINK_OFFSET);
      if (link != chunk && end > to) {
        chunk = link;
        break;
      }
    }
    for (; end - to >= ARRAY_PAYLOAD_BYTES; to += ARRAY_PAYLOAD_BYTES) {
      at = at(chunk);
      chunk = NativeMemory.getUnsignedShort(at + LINK_OFFSET);
      readPayload(at + ARRAY_PAYLOAD_OFFSET, destination, to);
    }
    if (to < end) {
      readTail(at(chunk) + ARRAY_PAYLOAD_OFFSET, destination, to, end, to > offset);
    }
  }

  private static void readPayload(long from, byte[] destination, int to) {
    LONGS.set(destination, to, NativeMemory.getLong(from));
    LONGS.set(destination, to + SECOND_WORD, NativeMemory.getLong(from + SECOND_WORD));
    LONGS.set(destination, to + THIRD_WORD, NativeMemory.getLong(from + THIRD_WORD));
  }

  /**
   * Reads the last bytes, fewer than a chunk has.
   *
   * @param follows whether there are those of a whole chunk before them
   */
  private static void readTail(long from, byte[] destination, int to, int end, boolean follows) {
    int left = end - to;
    if (left >= Long.BYTES) {
      LONGS.set(destination, to, NativeMemory.getLong(from));
      if (left > 2 * Long.BYTES) {
        LONGS.set(destination, to + SECOND_WORD, NativeMemory.getLong(from + SECOND_WORD));
      }
      long last = NativeMemory.getLong(from + left - Long.BYTES);
      LONGS.set(destination, end - Long.BYTES, last);
    } else if (follows) {
      int kept = Long.SIZE - left * Byte.SIZE;
      long before = (long) LONGS.get(destination, end - Long.BYTES) & (-1L >>> (Long.SIZE - kept));
      LONGS.set(destination, end - Long.BYTES, NativeMemory.getLong(from) << kept | before);
    } else {
      for (int i = 0; i < left; i++) {
        destination[to + i] = NativeMemory.getByte(from + i);
      }
    }
  }

  /** Whether an array of the key's length (and a NUL, which needs no look) holds the key. */
  boolean arrayEquals(int head, byte[] key) {
    if (key.length < ARRAY_PAYLOAD_BYTES) {
      return key.length == 0 || tailEquals(at(head) + ARRAY_PAYLOAD_OFFSET, key, 0);
    }
    int done = 0;
    int chunk = head;
    int row = Math.min(key.length / ARRAY_PAYLOAD_BYTES, chunkCount - head);
    long at = address + layout.chunkOffset(head);
    for (int i = 0; i < row; i++, at += LeafLayout.CHUNK_BYTES) {
      if (!payloadEquals(at + ARRAY_PAYLOAD_OFFSET, key, done)) {
        return false;
      }
      done += ARRAY_PAYLOAD_BYTES;
      chunk++;
      int link = NativeMemory.getUnsignedShort(at + LINK_OFFSET);
      if (link != chunk && key.length > done) {
        chunk = link;
        break;
      }
    }
    for (; done + ARRAY_PAYLOAD_BYTES <= key.length; done += ARRAY_PAYLOAD_BYTES) {
      at = at(chunk);
      chunk = NativeMemory.getUnsignedShort(at + LINK_OFFSET);
      if (!payloadEquals(at + ARRAY_PAYLOAD_OFFSET, key, done)) {
        return false;
      }
    }
    return done == key.length || tailEquals(at(chunk) + ARRAY_PAYLOAD_OFFSET, key, done);
  }

  /** Whether the last bytes of a key, fewer than a chunk has, are at an address. */
  private static boolean tailEquals(long from, byte[] key, int offset) {
    int left = key.length - offset;
    if (left >= Long.BYTES) {
      long difference = NativeMemory.getLong(from) ^ (long) LONGS.get(key, offset);
      difference |=
          NativeMemory.getLong(from + left - Long.BYTES)
              ^ (long) LONGS.get(key, key.length - Long.BYTES);
      if (left > 2 * Long.BYTES) {
        difference |=
            NativeMemory.getLong(from + SECOND_WORD) ^ (long) LONGS.get(key, offset + SECOND_WORD);
      }
      return difference == 0;
    }
    if (key.length >= Long.BYTES) {
      // The last word of the key has them in its high bytes, the chunk in its low ones.
      int others = Long.SIZE - left * Byte.SIZE;
      long last = (long) LONGS.get(key, key.length - Long.BYTES);
      return (NativeMemory.getLong(from) ^ last >>> others) << others == 0;
    }
    for (int i = 0; i < left; i++) {
      if (NativeMemory.getByte(from + i) != key[offset + i]) {
        return false;
      }
    }
    return true;
  }

  private static boolean payloadEquals(long from, byte[] key, int offset) {
    long difference = NativeMemory.getLong(from) ^ (long) LONGS.get(key, offset);
    difference |=
        NativeMemory.getLong(from + SECOND_WORD) ^ (long) LONGS.get(key, offset + SECOND_WORD);
    difference |=
        NativeMemory.getLong(from + THIRD_WORD) ^ (long) LONGS.get(key, offset + THIRD_WORD);
    return difference == 0;
  }

  /** The last byte of an array: the NUL of a string. */
  int lastByte(int head, int bytes) {
    int chunk = head;
    int left = bytes;
    for (; left > ARRAY_PAYLOAD_BYTES; left -= ARRAY_PAYLOAD_BYTES) {
      chunk = link(chunk);
    }
    return NativeMemory.getUnsignedByte(at(chunk) + ARRAY_PAYLOAD_OFFSET + left - 1);
  }
}
