// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LeafLayout.ARRAY_PAYLOAD_BYTES;
import static org.zapkv.zap.LeafLayout.ARRAY_PAYLOAD_OFFSET;
import static org.zapkv.zap.LeafLayout.CHAIN_END;
import static org.zapkv.zap.LeafLayout.LINK_OFFSET;

import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;

/**
 * The bytes of a leaf: header fields, buckets, entries, the free list, and changes of arrays. Knows
 * nothing of entries' meaning and takes no lock; {@link Leaf} does both.
 *
 * <p>Every chunk id that comes out of the block is checked before it is used, so no access leaves
 * the block. A chain is walked for as many steps as its length says, never until its end.
 */
final class LeafBlock extends LeafArrays {
  // A chunk as three aligned words.
  private static final int WORD_1 = Long.BYTES;
  private static final int WORD_2 = 2 * Long.BYTES;
  private static final int LINK_SHIFT = 48;
  private static final long BUT_LINK = -1L >>> Short.SIZE;

  // The word that ends with the first byte, the type, of the chunk behind.
  private static final int LINK_AND_TYPE_OFFSET = LeafLayout.CHUNK_BYTES + 1 - Long.BYTES;
  private static final int LINK_SHIFT_BEFORE_TYPE = 40;
  private static final long FREE_TYPE_OF_NEXT = (long) LeafLayout.TYPE_FREE << 56;

  // Where fields of 16 bits are in the words of an entry.
  private static final int NEXT_SHIFT = 16;
  private static final int NAME_CHUNK_SHIFT = 32;
  private static final int NAME_LENGTH_SHIFT = 48;
  private static final int VALUE_COUNT_SHIFT = 16;
  private static final int ID_MASK = 0xFFFF;

  /** No chunk in either half. */
  static final int NO_CHUNKS = -1;

  private static final int CACHE_LINE_BYTES = 64;
  private static final int PAGE_BYTES = 4096;

  /** An entry with a name of two chunks and a value of 100 bytes has 192. */
  private static final int TOUCHED_BYTES = 192;

  /** What the addresses of blocks are multiples of. */
  private static final long ADDRESS_UNIT = 64;

  /** Which reads ask whether an index is worth while: those of one bucket in 16. */
  private static final int SAMPLE_MASK = 15;

  /** With a mask of 0 this is what no hash is. */
  private static final long COVERS_NOTHING = 1;

  /** Whether bytes may change; guarded by the leaf's lock. */
  private boolean changing;

  /** Whether the header has changed; guarded by the leaf's lock. */
  private boolean headerChanged;

  // What the header says, for those who read without a lock: so they need not wait for that line
  // of memory, too. Written under the leaf's exclusive lock, before anybody can find the leaf or
  // between beginChange and endChange; read with it, or like the bytes.

  /** The hashes that the leaf covers begin with this, as far as the mask says; 1: none. */
  private long covered = COVERS_NOTHING;

  private long coveredMask;

  /** See {@link #way}. */
  private long way;

  /** Whether a key that is not here may be in the overflow. */
  private boolean further;

  // The index, for those who read without a lock. It is good as long as its stamp is that of the
  // buffer: whatever changes the bytes ends that, and the array stays until there is another. The
  // stamp is written last and read first, each with a fence: with a good stamp goes that index or a
  // later one, and if a later one, then the reader's stamp is no longer valid.
  //
  // It takes the time of some tens of searches without one. So it is made once two of the reads
  // that ask for it found the same stamp: some 32 reads without a change in between. Where there
  // are more changes, hardly any is made in vain, and few reads write to this object.

  /** Written under the leaf's exclusive lock. */
  private char[] index = LeafIndex.NONE;

  /** Written under the leaf's exclusive lock; 0: there is no index. */
  private long indexStamp;

  /** Of the last read that asked for an index. A benign race: one of several is as good. */
  private long sampledStamp;

  LeafBlock(Buffer buffer, LeafLayout layout) {
    super(buffer, layout);
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
      if (headerChanged) {
        headerChanged = false;
        noteHeader();
      }
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

  private void checkHeaderChanging() {
    checkChanging();
    headerChanged = true;
  }

  /** The header is a checked one, or zero: those who read without a lock may know what it says. */
  void noteHeader() {
    int length = prefixLength();
    if (!isLeaf() || (flags() & LeafLayout.FLAG_IN_OVERFLOW) != 0) {
      coveredMask = 0;
      covered = COVERS_NOTHING;
    } else {
      coveredMask = length == 0 ? 0 : -1L << (Long.SIZE - length);
      covered = length == 0 ? 0 : prefix() << (Long.SIZE - length);
    }
    way = address | layout.bucketShift(length);
    further = (flags() & LeafLayout.FLAG_OVERFLOW) != 0;
  }

  /** The same in the middle of a change, for a leaf that others may find already. */
  void noteHeaderAgain() {
    checkChanging();
    noteHeader();
  }

  /**
   * The first hash after those that the leaf covers; 0 if there is none. To be read like the bytes.
   */
  long hashAfter() {
    return covered + (coveredMask & -coveredMask);
  }

  // For LeafTouch: without a lock. The bytes may be those of another block, or half changed.

  /** Reads from the objects that a lock of the leaf is about. */
  int touchOwner() {
    return buffer.user() instanceof Leaf leaf ? leaf.touchLock() : 0;
  }

  /**
   * Reads from the header, and from a bucket.
   *
   * @return the ids of the bucket's first entry and of the first free chunk, if they are such
   */
  int touchHeader(long hash) {
    if (buffer.readStamp() == 0) {
      return NO_CHUNKS;
    }
    // A shift takes the low six bits only.
    int bucket = (int) (hash >>> way) & layout.bucketMask();
    return bucketHead(bucket) | (freeListHead() << Short.SIZE);
  }

  /**
   * Reads from an entry and its arrays, and from the free chunks, in so far as they are in a row.
   */
  int touchChunks(int heads) {
    return touchChunk(heads & 0xFFFF) + touchChunk(heads >>> Short.SIZE);
  }

  /** Reads from what a stamp is made of, and from each page of the bytes. */
  int touchAll() {
    long stamp = buffer.readStamp();
    int sum = 0;
    for (int offset = 0; stamp != 0 && offset < layout.blockSizeBytes(); offset += PAGE_BYTES) {
      sum += NativeMemory.getByte(address + offset);
    }
    return buffer.isValid(stamp) ? sum : 0;
  }

  private int touchChunk(int chunk) {
    int sum = 0;
    if (chunk < chunkCount) {
      int from = layout.chunkOffset(chunk);
      int end = Math.min(layout.blockSizeBytes(), from + TOUCHED_BYTES);
      for (int offset = from; offset < end; offset += CACHE_LINE_BYTES) {
        sum += NativeMemory.getByte(address + offset);
      }
    }
    return sum;
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
    checkHeaderChanging();
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
    checkHeaderChanging();
    NativeMemory.putByte(address + LeafLayout.FLAGS_OFFSET, flags);
  }

  void addFlags(int flags) {
    setFlags(flags() | flags);
  }

  /** Zeroes the block: it is no leaf any more. */
  void erase() {
    checkHeaderChanging();
    NativeMemory.fill(address, layout.blockSizeBytes(), (byte) 0);
  }

  /**
   * Makes the block an empty leaf. What it held before does not show: all of it is zeroed first.
   */
  void initialise(long prefix, int prefixLength, int flags) {
    checkHeaderChanging();
    NativeMemory.fill(address, layout.blockSizeBytes(), (byte) 0);
    clearBuckets();
    // One word has a chunk's link and, behind it, the type of the next chunk; the rest is zero.
    long word = address + layout.chunkOffset(0) + LINK_AND_TYPE_OFFSET;
    NativeMemory.putByte(address + layout.chunkOffset(0), LeafLayout.TYPE_FREE);
    for (int next = 1; next < chunkCount; next++) {
      NativeMemory.putLong(word, FREE_TYPE_OF_NEXT | ((long) next << LINK_SHIFT_BEFORE_TYPE));
      word += LeafLayout.CHUNK_BYTES;
    }
    NativeMemory.putShort(address + layout.chunkOffset(chunkCount - 1) + LINK_OFFSET, CHAIN_END);
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

  int chunkType(int chunk) {
    return NativeMemory.getUnsignedByte(at(chunk));
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

  /**
   * Adds an entry with its arrays, in chunks from the free list, of which there are enough. No
   * bucket leads to it yet.
   *
   * @param name the name's bytes
   * @param nameBytes how many are stored: the name's, or one more for a NUL behind them
   * @param nameLength the length that is stored with the name
   * @return the entry
   */
  int addEntry(
      byte[] name, int nameBytes, int nameLength, long cd, long hash, ZapValue value, int mark) {
    checkChanging();
    int entry = freeListHead();
    long at = at(entry);
    setFreeListHead(NativeMemory.getUnsignedShort(at + LINK_OFFSET));
    setFreeCount(freeCount() - 1);
    long nameChunk = writeArray(name, nameBytes);
    long valueChunk = writeArray(value.bytes(), value.bytes().length);
    NativeMemory.putLong(
        at,
        LeafLayout.TYPE_ENTRY
            | ((long) (value.integerBytes() | mark) << 8)
            | ((long) CHAIN_END << 16)
            | (nameChunk << 32)
            | ((long) nameLength << 48));
    NativeMemory.putLong(at + WORD_1, valueChunk | ((long) value.count() << 16) | (cd << 32));
    NativeMemory.putLong(at + WORD_2, hash);
    addEntries(1);
    return entry;
  }

  /**
   * Copies an entry with its arrays from another leaf into chunks from the free list. No bucket
   * leads to it yet.
   *
   * @return the copy
   */
  int copyEntry(LeafBlock from, int entry, int nameBytes) {
    checkChanging();
    long source = from.at(entry);
    int copy = freeListHead();
    long at = at(copy);
    setFreeListHead(NativeMemory.getUnsignedShort(at + LINK_OFFSET));
    setFreeCount(freeCount() - 1);
    NativeMemory.putLong(at, NativeMemory.getLong(source));
    NativeMemory.putLong(at + WORD_1, NativeMemory.getLong(source + WORD_1));
    NativeMemory.putLong(at + WORD_2, NativeMemory.getLong(source + WORD_2));
    setNameChunk(copy, copyArray(from, from.nameChunk(entry), nameBytes));
    setValueChunk(copy, copyArray(from, from.valueChunk(entry), from.valueBytes(entry)));
    addEntries(1);
    return copy;
  }

  private int copyArray(LeafBlock from, int head, int bytes) {
    int chunks = LeafLayout.arrayChunks(bytes);
    if (chunks == 0) {
      return CHAIN_END;
    }
    int first = freeListHead();
    int copy = first;
    int chunk = head;
    for (int left = chunks; left > 0; left--) {
      long source = from.at(chunk);
      long at = at(copy);
      copy = NativeMemory.getUnsignedShort(at + LINK_OFFSET);
      long last = NativeMemory.getLong(source + WORD_2);
      chunk = (int) (last >>> LINK_SHIFT);
      long link = left == 1 ? CHAIN_END : copy;
      NativeMemory.putLong(at, NativeMemory.getLong(source));
      NativeMemory.putLong(at + WORD_1, NativeMemory.getLong(source + WORD_1));
      NativeMemory.putLong(at + WORD_2, (last & BUT_LINK) | (link << LINK_SHIFT));
    }
    setFreeListHead(copy);
    setFreeCount(freeCount() - chunks);
    return first;
  }

  /** Frees an entry, to which no bucket leads any more, and its arrays. */
  void freeEntry(int entry, int nameBytes) {
    checkChanging();
    freeArray(valueChunk(entry), valueBytes(entry));
    freeArray(nameChunk(entry), nameBytes);
    freed(entry, freeListHead());
    setFreeListHead(entry);
    setFreeCount(freeCount() + 1);
    addEntries(-1);
  }

  // The free list.

  /** Puts a whole array, in its order, in front of the free list. */
  private void freeArray(int head, int bytes) {
    freeChunks(head, LeafLayout.arrayChunks(bytes));
  }

  private void freeChunks(int head, int chunks) {
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
    long at = at(chunk);
    NativeMemory.putLong(at, LeafLayout.TYPE_FREE);
    NativeMemory.putLong(at + WORD_1, 0);
    NativeMemory.putLong(at + WORD_2, (long) nextFree << LINK_SHIFT);
  }

  // Arrays.

  /**
   * Writes an array into chunks from the free list.
   *
   * @param source the bytes
   * @param bytes how many are stored: the source's, or one more for a NUL behind them
   * @return the first chunk, or CHAIN_END for an empty array
   */
  private int writeArray(byte[] source, int bytes) {
    if (bytes == 0) {
      return CHAIN_END;
    }
    int head = freeListHead();
    int chunk = head;
    for (int done = 0; done < bytes; done += ARRAY_PAYLOAD_BYTES) {
      long at = at(chunk);
      chunk = NativeMemory.getUnsignedShort(at + LINK_OFFSET);
      NativeMemory.putByte(at, LeafLayout.TYPE_ARRAY);
      writePayload(at + ARRAY_PAYLOAD_OFFSET, source, done);
      // A chunk off the free list links to the one that is taken next, if there is another.
      if (bytes - done <= ARRAY_PAYLOAD_BYTES) {
        NativeMemory.putShort(at + LINK_OFFSET, CHAIN_END);
      }
    }
    setFreeListHead(chunk);
    setFreeCount(freeCount() - LeafLayout.arrayChunks(bytes));
    return head;
  }

  /**
   * Replaces an entry's value; there are enough free chunks for a longer one. Chunks that are put
   * in front of the free list come back in the same order, so as many as before are written in
   * place: the bytes are those of OpenZFS, which frees and takes them in either case.
   */
  void replaceValue(int entry, ZapValue value, int mark) {
    checkChanging();
    byte[] bytes = value.bytes();
    int before = LeafLayout.arrayChunks(valueBytes(entry));
    int after = LeafLayout.arrayChunks(bytes.length);
    int head = valueChunk(entry);
    if (before == after) {
      overwrite(head, bytes);
    } else {
      freeChunks(head, before);
      head = writeArray(bytes, bytes.length);
    }
    setValue(entry, head, value.count(), value.integerBytes(), mark);
  }

  private void overwrite(int head, byte[] source) {
    int chunk = head;
    for (int done = 0; done < source.length; done += ARRAY_PAYLOAD_BYTES) {
      long at = at(chunk);
      chunk = NativeMemory.getUnsignedShort(at + LINK_OFFSET);
      writePayload(at + ARRAY_PAYLOAD_OFFSET, source, done);
    }
  }

  int chunkOffset(int chunk) {
    return layout.chunkOffset(chunk);
  }

  // What the mirror has to know when the block is gone.

  boolean coversAnything() {
    return covered != COVERS_NOTHING;
  }

  long firstCovered() {
    return covered;
  }

  int coveredBits() {
    return Long.bitCount(coveredMask);
  }

  // For those who read without a lock (see UnheldReader): nothing that is found here may be true,
  // nothing is thrown for it, and nothing outside the block is read.

  /**
   * Where the bytes are, and in the low bits how far a hash is shifted to the right to have the
   * number of its bucket in front. Who knows it from elsewhere, and sees that it is still this,
   * need not wait for this object to come from memory before he asks for the bytes.
   */
  long way() {
    return way;
  }

  /** A stamp for reading the bytes; 0: they are changing, or this is no leaf of the hash. */
  long readStamp(long hash) {
    long stamp = buffer.readStamp();
    return (hash & coveredMask) == covered ? stamp : 0;
  }

  /** Whether what was seen since the stamp is true. */
  boolean isValid(long stamp) {
    return buffer.isValid(stamp);
  }

  /**
   * Tells the cache that the block is in use, and makes an index if that is worth while.
   *
   * @param hash what was looked for
   * @param stamp with which it was read
   */
  void noteRead(long hash, long stamp) {
    buffer.noteUse();
    if (indexStamp != stamp && (hash >>> way & SAMPLE_MASK) == 0) {
      if (sampledStamp == stamp) {
        requestIndex();
      }
      sampledStamp = stamp;
    }
  }

  private void requestIndex() {
    if (buffer.tryHold(this)) {
      try {
        if (buffer.user() instanceof Leaf leaf && leaf.block() == this) {
          leaf.tryIndex();
        }
      } finally {
        buffer.release(this);
      }
    }
  }

  /** What the index takes; that of a moment ago, to who has not locked the leaf. */
  int indexHeapBytes() {
    char[] now = index;
    return now == LeafIndex.NONE ? 0 : LeafIndex.heapBytes(now.length);
  }

  /** Makes the index; the leaf is locked for writing. Its length was counted. */
  void makeIndex(int maxLength) {
    long stamp = buffer.readStamp();
    char[] made = stamp == 0 ? null : LeafIndex.of(this, maxLength);
    if (made != null) {
      // A reader with an older stamp may find this one: it has to be whole, or a search would leave
      // its bounds, which is an exception and no retry.
      VarHandle.releaseFence();
      index = made;
      VarHandle.releaseFence();
      indexStamp = stamp;
    }
  }

  /**
   * Finds the entry of a key: its chunk, {@link UnheldReader#ABSENT} or UNKNOWN.
   *
   * @param layout that of all leaves of the map
   * @param knownWay what {@link #way} was
   * @param stamp with which the bytes are read
   */
  int findUnheld(long hash, byte[] key, LeafLayout layout, long knownWay, long stamp) {
    if (way != knownWay) {
      return UnheldReader.UNKNOWN;
    }
    long from = knownWay & -ADDRESS_UNIT;
    int chunkCount = layout.chunkCount();
    int chunk;
    if (indexStamp == stamp) {
      VarHandle.acquireFence();
      chunk = LeafIndex.find(index, hash, knownWay, layout);
    } else {
      // A shift takes the low six bits only.
      int bucket = (int) (hash >>> knownWay) & layout.bucketMask();
      chunk = NativeMemory.getUnsignedShort(from + layout.bucketOffset(bucket));
    }
    for (int left = chunkCount; chunk < chunkCount && left > 0; left--) {
      long at = from + layout.chunkOffset(chunk);
      long word = NativeMemory.getLong(at);
      if (NativeMemory.getLong(at + WORD_2) == hash
          && (int) (word >>> NAME_LENGTH_SHIFT) == key.length + 1
          && isNameUnheld(chunk, (int) (word >>> NAME_CHUNK_SHIFT) & ID_MASK, key)) {
        return chunk;
      }
      chunk = (int) (word >>> NEXT_SHIFT) & ID_MASK;
    }
    return chunk == CHAIN_END && !further ? UnheldReader.ABSENT : UnheldReader.UNKNOWN;
  }

  private boolean isNameUnheld(int entry, int head, byte[] key) {
    try {
      // Most often the chunks of an entry follow each other. Two branches, as in readArray.
      return head == entry + 1 ? arrayEquals(entry + 1, key) : arrayEquals(head, key);
    } catch (CorruptException e) {
      // Sound leaves have no such links: this one is changing.
      return false;
    }
  }

  /** The size of the integers of an entry's value; 0 if it is kept elsewhere. */
  int integerBytesUnheld(int entry) {
    int field = integerField(entry);
    return (field & ~LeafLayout.INTEGER_BYTES_MASK) == 0 ? field : 0;
  }

  /** The value of an entry; null if that cannot be read. */
  byte @Nullable [] valueUnheld(int entry, int nameLength, int integerBytes) {
    int shape = (int) NativeMemory.getLong(at(entry) + WORD_1);
    int length = (shape >>> VALUE_COUNT_SHIFT) * integerBytes;
    if (length > layout.blockSizeBytes()) {
      return null;
    }
    byte[] value = new byte[length];
    return readUnheld(entry, shape & ID_MASK, nameLength, value, 0, length) ? value : null;
  }

  /** Copies the value of an entry of bytes, as far as there is room; how long it is, or UNKNOWN. */
  int readUnheld(int entry, int nameLength, byte[] destination, int offset) {
    int value = (int) NativeMemory.getLong(at(entry) + WORD_1);
    int length = value >>> VALUE_COUNT_SHIFT;
    int here = Math.min(length, destination.length - offset);
    return readUnheld(entry, value & ID_MASK, nameLength, destination, offset, here)
        ? length
        : UnheldReader.UNKNOWN;
  }

  private boolean readUnheld(
      int entry, int head, int nameLength, byte[] destination, int offset, int length) {
    int guess = entry + 1 + LeafLayout.arrayChunks(nameLength);
    try {
      if (head == guess) {
        readArray(guess, destination, offset, length);
      } else {
        readArray(head, destination, offset, length);
      }
      return true;
    } catch (CorruptException e) {
      return false;
    }
  }

  /** The value of an entry, if it is one integer of 64 bits. */
  long integerUnheld(int entry, long unknown) {
    int chunk = valueChunk(entry);
    if (integerField(entry) != Long.BYTES || valueCount(entry) != 1 || chunk >= chunkCount) {
      return unknown;
    }
    return Long.reverseBytes(NativeMemory.getLong(at(chunk) + ARRAY_PAYLOAD_OFFSET));
  }
}
