// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LeafLayout.ARRAY_PAYLOAD_BYTES;
import static org.zapkv.zap.LeafLayout.ARRAY_PAYLOAD_OFFSET;
import static org.zapkv.zap.LeafLayout.CHAIN_END;
import static org.zapkv.zap.LeafLayout.LINK_OFFSET;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;

/**
 * The bytes of a leaf: header fields, buckets, chunks, the free list, and arrays of chunks. Knows
 * nothing of entries' meaning and takes no lock; {@link Leaf} does both.
 *
 * <p>Every chunk id that comes out of the block is checked before it is used, so no access leaves
 * the block. A chain is walked for as many steps as its length says, never until its end.
 */
final class LeafBlock {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  // A chunk's payload of 21 bytes, moved as three overlapping words.
  private static final int SECOND_WORD = 8;
  private static final int THIRD_WORD = ARRAY_PAYLOAD_BYTES - Long.BYTES;

  private final Buffer buffer;
  private final long address;
  private final LeafLayout layout;
  private final int chunkCount;

  /** Whether bytes may change; guarded by the leaf's lock. */
  private boolean changing;

  LeafBlock(Buffer buffer, LeafLayout layout) {
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

  // Changes.

  /** Begins a change, unless one has begun. The block is dirty. */
  void beginChange() {
    if (!changing) {
      buffer.beginChange();
      changing = true;
    }
  }

  /** Ends the change, if one has begun. */
  void endChange() {
    if (changing) {
      changing = false;
      buffer.endChange();
    }
  }

  /** Every change begins with one of those that call this. */
  private void checkChanging() {
    if (!changing) {
      throw new IllegalStateException(buffer + ": a leaf changes without beginChange");
    }
  }

  // Header.

  boolean isLeaf() {
    return NativeMemory.getLong(address + LeafLayout.TYPE_OFFSET) == LeafLayout.BLOCK_TYPE;
  }

  /** Makes a leaf of the other byte order one of ours; anything else stays as it is. */
  void makeNative() {
    if (ByteSwap.isForeign(buffer, LeafLayout.BLOCK_TYPE)
        && magic() == Integer.reverseBytes(LeafLayout.MAGIC)) {
      ByteSwap.leaf(buffer, layout);
    }
  }

  int magic() {
    return NativeMemory.getInt(address + LeafLayout.MAGIC_OFFSET);
  }

  long prefix() {
    return NativeMemory.getLong(address + LeafLayout.PREFIX_OFFSET);
  }

  int prefixLength() {
    return NativeMemory.getUnsignedShort(address + LeafLayout.PREFIX_LENGTH_OFFSET);
  }

  void setPrefix(long prefix, int prefixLength) {
    checkChanging();
    NativeMemory.putLong(address + LeafLayout.PREFIX_OFFSET, prefix);
    NativeMemory.putShort(address + LeafLayout.PREFIX_LENGTH_OFFSET, prefixLength);
  }

  int freeCount() {
    return NativeMemory.getUnsignedShort(address + LeafLayout.FREE_COUNT_OFFSET);
  }

  private void setFreeCount(int count) {
    NativeMemory.putShort(address + LeafLayout.FREE_COUNT_OFFSET, count);
  }

  int entryCount() {
    return NativeMemory.getUnsignedShort(address + LeafLayout.ENTRY_COUNT_OFFSET);
  }

  void addEntries(int delta) {
    checkChanging();
    NativeMemory.putShort(address + LeafLayout.ENTRY_COUNT_OFFSET, entryCount() + delta);
  }

  int freeListHead() {
    return NativeMemory.getUnsignedShort(address + LeafLayout.FREE_LIST_OFFSET);
  }

  private void setFreeListHead(int chunk) {
    NativeMemory.putShort(address + LeafLayout.FREE_LIST_OFFSET, chunk);
  }

  int flags() {
    return NativeMemory.getUnsignedByte(address + LeafLayout.FLAGS_OFFSET);
  }

  void setFlags(int flags) {
    checkChanging();
    NativeMemory.putByte(address + LeafLayout.FLAGS_OFFSET, flags);
  }

  void addFlags(int flags) {
    setFlags(flags() | flags);
  }

  /** Zeroes the block: it is no leaf any more. */
  void erase() {
    checkChanging();
    NativeMemory.fill(address, layout.blockSizeBytes(), (byte) 0);
  }

  /**
   * Makes the block an empty leaf. What it held before does not show: all of it is zeroed first.
   */
  void initialise(long prefix, int prefixLength, int flags) {
    checkChanging();
    NativeMemory.fill(address, layout.blockSizeBytes(), (byte) 0);
    clearBuckets();
    for (int chunk = 0; chunk < chunkCount; chunk++) {
      long at = address + layout.chunkOffset(chunk);
      NativeMemory.putByte(at, LeafLayout.TYPE_FREE);
      NativeMemory.putShort(at + LINK_OFFSET, chunk + 1 == chunkCount ? CHAIN_END : chunk + 1);
    }
    setFreeCount(chunkCount);
    setPrefix(prefix, prefixLength);
    setFlags(flags);
    NativeMemory.putInt(address + LeafLayout.MAGIC_OFFSET, LeafLayout.MAGIC);
    NativeMemory.putLong(address + LeafLayout.TYPE_OFFSET, LeafLayout.BLOCK_TYPE);
  }

  // Buckets.

  int bucketHead(int bucket) {
    return NativeMemory.getUnsignedShort(address + layout.bucketOffset(bucket));
  }

  /** Copies the whole block to the beginning of an array. */
  void copyTo(byte[] destination) {
    NativeMemory.copyToArray(address, destination, 0, layout.blockSizeBytes());
  }

  /** Lists the first entries of the buckets from one on, but the empty ones; returns how many. */
  int bucketHeads(int from, int[] heads) {
    long end = address + layout.bucketOffset(layout.bucketCount());
    int count = 0;
    for (long at = address + layout.bucketOffset(from); at < end; at += Short.BYTES) {
      int head = NativeMemory.getUnsignedShort(at);
      heads[count] = head;
      // Without a branch, which would be foretold wrongly at most entries: 1 but for CHAIN_END.
      count += (head - CHAIN_END) >>> 31;
    }
    return count;
  }

  void setBucketHead(int bucket, int chunk) {
    checkChanging();
    NativeMemory.putShort(address + layout.bucketOffset(bucket), chunk);
  }

  void clearBuckets() {
    checkChanging();
    NativeMemory.fill(
        address + LeafLayout.BUCKETS_OFFSET,
        (long) layout.bucketCount() * Short.BYTES,
        (byte) 0xFF);
  }

  // Chunks.

  /** The address of a chunk whose id came out of the block. */
  private long at(int chunk) {
    if (chunk >= chunkCount) {
      throw corrupt(CorruptException.NONE, "chunk=" + chunk + " of " + chunkCount);
    }
    return address + layout.chunkOffset(chunk);
  }

  int chunkType(int chunk) {
    return NativeMemory.getUnsignedByte(at(chunk));
  }

  /** The next chunk of an array or of the free list. */
  int link(int chunk) {
    return NativeMemory.getUnsignedShort(at(chunk) + LINK_OFFSET);
  }

  int integerBytes(int entry) {
    return integerField(entry) & LeafLayout.INTEGER_BYTES_MASK;
  }

  /** What an entry's value is marked with: 0 but where there is an overflow. */
  int mark(int entry) {
    return integerField(entry) & ~LeafLayout.INTEGER_BYTES_MASK;
  }

  private int integerField(int entry) {
    return NativeMemory.getUnsignedByte(at(entry) + LeafLayout.ENTRY_INTEGER_BYTES_OFFSET);
  }

  int next(int entry) {
    return NativeMemory.getUnsignedShort(at(entry) + LeafLayout.ENTRY_NEXT_OFFSET);
  }

  void setNext(int entry, int chunk) {
    checkChanging();
    NativeMemory.putShort(at(entry) + LeafLayout.ENTRY_NEXT_OFFSET, chunk);
  }

  int nameChunk(int entry) {
    return NativeMemory.getUnsignedShort(at(entry) + LeafLayout.ENTRY_NAME_CHUNK_OFFSET);
  }

  void setNameChunk(int entry, int chunk) {
    NativeMemory.putShort(at(entry) + LeafLayout.ENTRY_NAME_CHUNK_OFFSET, chunk);
  }

  int nameLength(int entry) {
    return NativeMemory.getUnsignedShort(at(entry) + LeafLayout.ENTRY_NAME_LENGTH_OFFSET);
  }

  int valueChunk(int entry) {
    return NativeMemory.getUnsignedShort(at(entry) + LeafLayout.ENTRY_VALUE_CHUNK_OFFSET);
  }

  int valueCount(int entry) {
    return NativeMemory.getUnsignedShort(at(entry) + LeafLayout.ENTRY_VALUE_COUNT_OFFSET);
  }

  int valueBytes(int entry) {
    return valueCount(entry) * integerBytes(entry);
  }

  void setValue(int entry, int chunk, int count, int integerBytes, int mark) {
    checkChanging();
    long at = at(entry);
    NativeMemory.putShort(at + LeafLayout.ENTRY_VALUE_CHUNK_OFFSET, chunk);
    setValueShape(at, count, integerBytes | mark);
  }

  private static void setValueShape(long at, int count, int integerField) {
    NativeMemory.putShort(at + LeafLayout.ENTRY_VALUE_COUNT_OFFSET, count);
    NativeMemory.putByte(at + LeafLayout.ENTRY_INTEGER_BYTES_OFFSET, integerField);
  }

  void setValueChunk(int entry, int chunk) {
    NativeMemory.putShort(at(entry) + LeafLayout.ENTRY_VALUE_CHUNK_OFFSET, chunk);
  }

  long cd(int entry) {
    return NativeMemory.getUnsignedInt(at(entry) + LeafLayout.ENTRY_CD_OFFSET);
  }

  long hash(int entry) {
    return NativeMemory.getLong(at(entry) + LeafLayout.ENTRY_HASH_OFFSET);
  }

  /** Eight bytes of an entry. */
  long entryWord(int entry, int offset) {
    return NativeMemory.getLong(at(entry) + offset);
  }

  /** Turns an allocated chunk into an entry that has no arrays yet. */
  void putEntry(int chunk, int nameLength, long cd, long hash) {
    long at = at(chunk);
    NativeMemory.putLong(at, LeafLayout.TYPE_ENTRY);
    NativeMemory.putShort(at + LeafLayout.ENTRY_NAME_LENGTH_OFFSET, nameLength);
    NativeMemory.putInt(at + LeafLayout.ENTRY_CD_OFFSET, (int) cd);
    NativeMemory.putLong(at + LeafLayout.ENTRY_HASH_OFFSET, hash);
    NativeMemory.putShort(at + LeafLayout.ENTRY_VALUE_CHUNK_OFFSET, CHAIN_END);
    setValueShape(at, 0, 1);
  }

  /** Copies a whole chunk from another leaf. */
  void copyChunk(int chunk, LeafBlock from, int fromChunk) {
    NativeMemory.copy(from.at(fromChunk), at(chunk), LeafLayout.CHUNK_BYTES);
  }

  void setLink(int chunk, int next) {
    NativeMemory.putShort(at(chunk) + LINK_OFFSET, next);
  }

  // The free list.

  /** Takes the head of the free list; the caller has made sure that there is one. */
  int allocateChunk() {
    checkChanging();
    int chunk = freeListHead();
    setFreeListHead(link(chunk));
    setFreeCount(freeCount() - 1);
    return chunk;
  }

  void freeChunk(int chunk) {
    freed(chunk, freeListHead());
    setFreeListHead(chunk);
    setFreeCount(freeCount() + 1);
  }

  /** Puts a whole array, in its order, in front of the free list. */
  void freeArray(int head, int bytes) {
    int chunks = LeafLayout.arrayChunks(bytes);
    if (chunks == 0) {
      return;
    }
    int chunk = head;
    for (int left = chunks; left > 0; left--) {
      int next = link(chunk);
      freed(chunk, left == 1 ? freeListHead() : next);
      chunk = next;
    }
    setFreeListHead(head);
    setFreeCount(freeCount() + chunks);
  }

  private void freed(int chunk, int nextFree) {
    checkChanging();
    long at = at(chunk);
    NativeMemory.putLong(at, LeafLayout.TYPE_FREE);
    NativeMemory.putLong(at + Long.BYTES, 0);
    NativeMemory.putLong(at + 2 * Long.BYTES, (long) nextFree << 48);
  }

  // Arrays.

  /**
   * Writes an array into chunks from the free list.
   *
   * @param source the bytes
   * @param bytes how many are stored: the source's, or one more for a NUL behind them
   * @return the first chunk, or CHAIN_END for an empty array
   */
  int writeArray(byte[] source, int bytes) {
    if (bytes == 0) {
      return CHAIN_END;
    }
    int head = freeListHead();
    for (int done = 0; done < bytes; done += ARRAY_PAYLOAD_BYTES) {
      int chunk = allocateChunk();
      long at = at(chunk);
      NativeMemory.putByte(at, LeafLayout.TYPE_ARRAY);
      writePayload(at + ARRAY_PAYLOAD_OFFSET, source, done, bytes - done);
      // A chunk off the free list links to the one that is allocated next, if there is another.
      if (bytes - done <= ARRAY_PAYLOAD_BYTES) {
        NativeMemory.putShort(at + LINK_OFFSET, CHAIN_END);
      }
    }
    return head;
  }

  private static void writePayload(long to, byte[] source, int from, int left) {
    int here = Math.min(source.length - from, ARRAY_PAYLOAD_BYTES);
    if (here == ARRAY_PAYLOAD_BYTES) {
      NativeMemory.putLong(to, (long) LONGS.get(source, from));
      NativeMemory.putLong(to + SECOND_WORD, (long) LONGS.get(source, from + SECOND_WORD));
      NativeMemory.putLong(to + THIRD_WORD, (long) LONGS.get(source, from + THIRD_WORD));
      return;
    }
    NativeMemory.copyFromArray(source, from, to, here);
    if (here < left) {
      NativeMemory.putByte(to + here, 0);
    }
  }

  /** Reads an array; the destination is filled. */
  void readArray(int head, byte[] destination) {
    int chunk = head;
    int done = 0;
    for (; done + ARRAY_PAYLOAD_BYTES <= destination.length; done += ARRAY_PAYLOAD_BYTES) {
      long at = at(chunk);
      chunk = NativeMemory.getUnsignedShort(at + LINK_OFFSET);
      long from = at + ARRAY_PAYLOAD_OFFSET;
      LONGS.set(destination, done, NativeMemory.getLong(from));
      LONGS.set(destination, done + SECOND_WORD, NativeMemory.getLong(from + SECOND_WORD));
      LONGS.set(destination, done + THIRD_WORD, NativeMemory.getLong(from + THIRD_WORD));
    }
    if (done < destination.length) {
      NativeMemory.copyToArray(
          at(chunk) + ARRAY_PAYLOAD_OFFSET, destination, done, destination.length - done);
    }
  }

  /** Where the bytes of an array that has one chunk are in the block, also in a copy of it. */
  int arrayOffset(int head) {
    if (head >= chunkCount) {
      throw corrupt(CorruptException.NONE, "chunk=" + head + " of " + chunkCount);
    }
    return layout.chunkOffset(head) + ARRAY_PAYLOAD_OFFSET;
  }

  /** Reads an array out of a copy of the block; there is room for it. */
  void readArray(byte[] copy, int head, byte[] destination, int offset, int length) {
    int chunk = head;
    int to = offset;
    int left = length;
    for (; left >= ARRAY_PAYLOAD_BYTES; left -= ARRAY_PAYLOAD_BYTES) {
      int from = arrayOffset(chunk);
      int link = (short) SHORTS.get(copy, from + ARRAY_PAYLOAD_BYTES) & 0xFFFF;
      LONGS.set(destination, to, (long) LONGS.get(copy, from));
      LONGS.set(destination, to + SECOND_WORD, (long) LONGS.get(copy, from + SECOND_WORD));
      LONGS.set(destination, to + THIRD_WORD, (long) LONGS.get(copy, from + THIRD_WORD));
      to += ARRAY_PAYLOAD_BYTES;
      // The same either way; but where chunks follow one another the processor need not wait for
      // the link.
      chunk = link == chunk + 1 ? chunk + 1 : link;
    }
    if (left >= Long.BYTES) {
      int from = arrayOffset(chunk);
      int middle = Math.min(SECOND_WORD, left - Long.BYTES);
      int last = left - Long.BYTES;
      LONGS.set(destination, to, (long) LONGS.get(copy, from));
      LONGS.set(destination, to + middle, (long) LONGS.get(copy, from + middle));
      LONGS.set(destination, to + last, (long) LONGS.get(copy, from + last));
    } else if (left > 0) {
      System.arraycopy(copy, arrayOffset(chunk), destination, to, left);
    }
  }

  /** Whether an array of the key's length (and a NUL, which needs no look) holds the key. */
  boolean arrayEquals(int head, byte[] key) {
    int chunk = head;
    int done = 0;
    for (; done + ARRAY_PAYLOAD_BYTES <= key.length; done += ARRAY_PAYLOAD_BYTES) {
      long at = at(chunk);
      chunk = NativeMemory.getUnsignedShort(at + LINK_OFFSET);
      if (!payloadEquals(at + ARRAY_PAYLOAD_OFFSET, key, done)) {
        return false;
      }
    }
    if (done == key.length) {
      return true;
    }
    long from = at(chunk) + ARRAY_PAYLOAD_OFFSET;
    for (int i = done; i < key.length; i++) {
      if (NativeMemory.getByte(from + (i - done)) != key[i]) {
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

  int chunkOffset(int chunk) {
    return layout.chunkOffset(chunk);
  }
}
