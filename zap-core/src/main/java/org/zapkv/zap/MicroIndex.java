// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferUser;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;

/**
 * The entries of a micro map in the order of (hash, cd): the user of buffer 0. It lives as long as
 * the block is in memory and is built from the block's bytes when it is read.
 *
 * <p>An entry is one word, so that the order is that of unsigned words:
 *
 * <pre>
 * 63            36 35        20 19         0
 * +---------------+------------+------------+
 * | hash, 28 bits | cd, 16     | slot, 20   |
 * +---------------+------------+------------+
 * </pre>
 *
 * <p>A directory leads from the first bits of a hash to its place, as a binary search is wrong at
 * every other step. Each of its buckets has one or two entries while the hashes are as good as
 * random; a bucket that was made long on purpose is searched as a whole.
 *
 * <p>Guarded by the map's structure lock. {@link #slotOf} is called without it too: what changes
 * here changes between {@link Buffer#beginChange} and {@link Buffer#endChange} of the block.
 */
final class MicroIndex implements BufferUser {
  /** This object, 48, and the headers of its arrays, 32: 64-bit JVM, compressed references. */
  private static final int HEAP_BYTES = 80;

  /** A bucket of the directory with more entries than this is searched, not walked over. */
  private static final int LONG_BUCKET = 8;

  private static final int SLOT_BITS = 20;
  private static final int CD_BITS = 16;
  private static final long SLOT_MASK = (1L << SLOT_BITS) - 1;
  private static final long BELOW_HASH = (1L << (SLOT_BITS + CD_BITS)) - 1;

  private final ZapNames names;
  private int slotCount;
  private long[] entries;
  private int size;

  /** Where the entries of each bucket begin; one more at the end, which is the size. */
  private int[] starts;

  /** Where the search for a free slot begins. Only kept in memory. */
  private int nextSlot;

  /** Whose readers know this index; null: none. */
  private volatile @Nullable MicroZap reader;

  private MicroIndex(ZapNames names, int slotCount) {
    this.names = names;
    this.slotCount = slotCount;
    this.entries = new long[Math.max(slotCount, 8)];
    this.starts = new int[Integer.highestOneBit(entries.length) + 1];
  }

  /**
   * Reads a micro block.
   *
   * @param buffer block 0, held
   * @throws CorruptException if it is no micro block, or has an entry that cannot be right
   */
  static MicroIndex read(Buffer buffer) {
    long address = buffer.address();
    int size = buffer.sizeBytes();
    if (NativeMemory.getLong(address + MicroLayout.TYPE_OFFSET) != MicroLayout.BLOCK_TYPE) {
      throw corrupt(buffer, MicroLayout.TYPE_OFFSET, "the block type is not that of a micro map");
    }
    long salt = NativeMemory.getLong(address + MicroLayout.SALT_OFFSET);
    if (salt == 0) {
      throw corrupt(buffer, MicroLayout.SALT_OFFSET, "salt=0");
    }
    long normflags = NativeMemory.getLong(address + MicroLayout.NORMFLAGS_OFFSET);
    if (!ZapNames.areNormflags(normflags, 0)) {
      throw corrupt(
          buffer, MicroLayout.NORMFLAGS_OFFSET, "normflags=0x" + Long.toHexString(normflags));
    }
    ZapNames names = ZapNames.of(salt, 0, normflags);
    MicroIndex index = new MicroIndex(names, MicroLayout.slotCount(size));
    for (int slot = 0; slot < index.slotCount; slot++) {
      if (MicroEntry.isUsed(address, slot)) {
        index.read(buffer, slot);
      }
    }
    index.sort(buffer);
    index.fillStarts();
    return index;
  }

  private void read(Buffer buffer, int slot) {
    long address = buffer.address();
    int offset = MicroLayout.entryOffset(slot);
    long cd = MicroEntry.cd(address, slot);
    if (cd > MicroLayout.MAX_CD) {
      throw corrupt(buffer, offset + MicroLayout.ENTRY_CD_OFFSET, "cd=" + cd + " is too large");
    }
    byte[] key = MicroEntry.key(address, slot);
    if (key.length > MicroLayout.MAX_NAME_BYTES) {
      throw corrupt(buffer, offset + MicroLayout.ENTRY_NAME_OFFSET, "a name does not end with NUL");
    }
    int nameOffset = offset + MicroLayout.ENTRY_NAME_OFFSET;
    ZapName name =
        names.stored(key, MatchType.EXACT, buffer.objectId(), buffer.blockId(), nameOffset);
    entries[size++] = pack(name.hash(), cd, slot);
  }

  /** Sorts what was read, and checks that no two entries are at one position or have one name. */
  private void sort(Buffer buffer) {
    for (int i = 0; i < size; i++) {
      entries[i] ^= Long.MIN_VALUE;
    }
    Arrays.sort(entries, 0, size);
    for (int i = 0; i < size; i++) {
      entries[i] ^= Long.MIN_VALUE;
    }
    for (int i = 1; i < size; i++) {
      if (entries[i] >>> SLOT_BITS == entries[i - 1] >>> SLOT_BITS) {
        throw corrupt(
            buffer,
            MicroLayout.entryOffset(slot(i)) + MicroLayout.ENTRY_CD_OFFSET,
            "two entries with hash=0x" + Long.toHexString(hash(i)) + " cd=" + cd(i));
      }
    }
    int first = 0;
    for (int i = 1; i <= size; i++) {
      if (i == size || hash(i) != hash(first)) {
        checkNames(buffer, first, i);
        first = i;
      }
    }
  }

  /** Entries with one hash have different names. There may be many: they are not all compared. */
  private void checkNames(Buffer buffer, int from, int to) {
    if (to - from < 2) {
      return;
    }
    byte[][] keys = new byte[to - from][];
    for (int i = from; i < to; i++) {
      keys[i - from] = MicroEntry.key(buffer.address(), slot(i));
    }
    Arrays.sort(keys, Arrays::compare);
    for (int i = 1; i < keys.length; i++) {
      if (Arrays.equals(keys[i - 1], keys[i])) {
        throw corrupt(
            buffer,
            MicroLayout.entryOffset(slot(from)) + MicroLayout.ENTRY_NAME_OFFSET,
            "this entry or one with the same hash has the same name as another");
      }
    }
  }

  private static CorruptException corrupt(Buffer buffer, int offset, String problem) {
    return new CorruptException(buffer.objectId(), buffer.blockId(), offset, problem);
  }

  /** Nobody is to keep this in memory. */
  @Override
  public void evictSync() {
    MicroZap known = reader;
    if (known != null) {
      known.forget(this);
    }
  }

  void setReader(MicroZap zap) {
    reader = zap;
  }

  /** How much of the heap this takes, about, when all slots are in use. */
  long sizeBytes() {
    int length = slotCount > entries.length ? grownLength() : entries.length;
    return HEAP_BYTES
        + (long) length * Long.BYTES
        + (long) Integer.highestOneBit(length) * Integer.BYTES;
  }

  private int grownLength() {
    return Math.max(entries.length + entries.length / 2, slotCount);
  }

  private static long pack(long hash, long cd, int slot) {
    return hash | cd << SLOT_BITS | slot;
  }

  /** How keys become names, of any length that can be stored. */
  ZapNames names() {
    return names;
  }

  int size() {
    return size;
  }

  int slotCount() {
    return slotCount;
  }

  /** The block has grown. */
  void setSlotCount(int count) {
    slotCount = count;
  }

  boolean isFull() {
    return size == slotCount;
  }

  int slot(int position) {
    return (int) (entries[position] & SLOT_MASK);
  }

  long hash(int position) {
    return entries[position] & ~BELOW_HASH;
  }

  long cd(int position) {
    return (entries[position] & BELOW_HASH) >>> SLOT_BITS;
  }

  /** The first position whose (hash, cd) is at or after the given one; the size when none is. */
  int atOrAfter(long hash, long cd) {
    // A cd that no entry can have is after all those with that hash.
    return lowerBound(cd > MicroLayout.MAX_CD ? hash | BELOW_HASH : pack(hash, cd, 0));
  }

  private int lowerBound(long entry) {
    int[] directory = starts;
    int bucket = bucket(directory, entry);
    return lowerBound(entries, directory[bucket], directory[bucket + 1], entry);
  }

  /** The first place within bounds where an entry is not below the given one. */
  private static int lowerBound(long[] sorted, int from, int to, long entry) {
    int low = from;
    int high = to;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(sorted[middle], entry) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The bucket of a hash, or of an entry, as the number of buckets is a power of 2. */
  private static int bucket(int[] directory, long hash) {
    return (int) (hash >>> (Integer.numberOfLeadingZeros(directory.length - 1) + 1 + Integer.SIZE));
  }

  private void fillStarts() {
    int[] directory = new int[Integer.highestOneBit(entries.length) + 1];
    for (int i = 0; i < size; i++) {
      directory[bucket(directory, entries[i]) + 1]++;
    }
    for (int i = 1; i < directory.length; i++) {
      directory[i] += directory[i - 1];
    }
    starts = directory;
  }

  /** There is one entry more, or less, with a hash. */
  private void countInStarts(long hash, int delta) {
    int[] directory = starts;
    for (int i = bucket(directory, hash) + 1; i < directory.length; i++) {
      directory[i] += delta;
    }
  }

  /**
   * The slot of a key. May be called while all this changes: what it returns or throws then means
   * nothing, but it ends, and reads nothing outside the block.
   *
   * @param address where the block is
   * @param slots how many slots that block has
   * @param hash the key's
   * @return the slot; below 0 if there is none
   */
  int slotOf(long address, int slots, long hash, byte[] key) {
    // Each array is read once: others may take their places meanwhile.
    long[] sorted = entries;
    int[] directory = starts;
    int bucket = bucket(directory, hash);
    int at = directory[bucket];
    int to = directory[bucket + 1];
    if (to - at > LONG_BUCKET) {
      at = lowerBound(sorted, at, to, hash);
    }
    for (; at < to; at++) {
      long entry = sorted[at];
      if ((entry & ~BELOW_HASH) == hash) {
        int slot = (int) (entry & SLOT_MASK);
        if (slot < slots && MicroEntry.isNamed(address, slot, key)) {
          return slot;
        }
      } else if (Long.compareUnsigned(entry, hash) > 0) {
        break;
      }
    }
    return -1;
  }

  /** The position of a name, or -1. */
  int find(long address, ZapName name) {
    for (int at = atOrAfter(name.hash(), 0); at < size && hash(at) == name.hash(); at++) {
      if (MicroEntry.isNamed(address, slot(at), name.key())) {
        return at;
      }
    }
    return -1;
  }

  /**
   * The position that a lookup is for: that of a name, or of its variants the one with the lowest
   * cd; -1 when there is none.
   */
  int match(long address, ZapName name) {
    NormalForm form = name.form();
    return form == null ? find(address, name) : findVariant(address, name.hash(), form, -1);
  }

  /** Whether another entry's key has a form, which that of the given position has. */
  boolean hasVariant(long address, int position, NormalForm form) {
    return findVariant(address, hash(position), form, position) >= 0;
  }

  private int findVariant(long address, long hash, NormalForm form, int except) {
    for (int at = atOrAfter(hash, 0); at < size && hash(at) == hash; at++) {
      if (at != except && form.isFormOf(MicroEntry.key(address, slot(at)))) {
        return at;
      }
    }
    return -1;
  }

  /** How many entries have a hash. */
  int countOf(long hash) {
    return atOrAfter(hash, MicroLayout.MAX_CD + 1L) - atOrAfter(hash, 0);
  }

  /** The lowest cd that no entry with this hash has. */
  long unusedCd(long hash) {
    long cd = 0;
    for (int at = atOrAfter(hash, 0); at < size && hash(at) == hash && cd(at) == cd; at++) {
      cd++;
    }
    return cd;
  }

  /** Takes a free slot; there is one. The search goes on from the last one taken. */
  int takeSlot(long address) {
    int slot = nextSlot;
    while (MicroEntry.isUsed(address, slot)) {
      slot = slot + 1 == slotCount ? 0 : slot + 1;
    }
    nextSlot = slot + 1 == slotCount ? 0 : slot + 1;
    return slot;
  }

  void insert(long hash, long cd, int slot) {
    if (size == entries.length) {
      entries = Arrays.copyOf(entries, grownLength());
      fillStarts();
    }
    long entry = pack(hash, cd, slot);
    int at = lowerBound(entry);
    System.arraycopy(entries, at, entries, at + 1, size - at);
    entries[at] = entry;
    size++;
    countInStarts(hash, 1);
  }

  void remove(int position) {
    countInStarts(entries[position], -1);
    System.arraycopy(entries, position + 1, entries, position, size - position - 1);
    size--;
  }

  boolean sameEntries(MicroIndex other) {
    return Arrays.equals(entries, 0, size, other.entries, 0, other.size);
  }
}
