// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferUser;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;

/**
 * The header of a fat map, block 0, or of its overflow: attached to its buffer once its fields were
 * checked. The fields themselves stay in the block, which is their only copy.
 *
 * <p>All fields are guarded by the map's structure lock, but the number of entries by its header
 * lock.
 */
final class FatHeader implements BufferUser {
  /** What this object takes of the heap: 64-bit JVM, compressed references. */
  static final int HEAP_BYTES = 56;

  private final Buffer buffer;
  private final long address;
  private final int blockShift;
  private final long salt;
  private final long flags;

  /** Written with the structure lock held exclusively, read with or without it. */
  private volatile boolean foreign;

  /** What mirrors the embedded table. Written with the structure lock held, by several. */
  private volatile LeafMirror.@Nullable Part part;

  private FatHeader(Buffer buffer) {
    this.buffer = buffer;
    this.address = buffer.address();
    this.blockShift = Integer.numberOfTrailingZeros(buffer.sizeBytes());
    this.salt = word(FatHeaderLayout.SALT_OFFSET);
    this.flags = word(FatHeaderLayout.FLAGS_OFFSET);
  }

  /**
   * Reads a header.
   *
   * @param buffer block 0, held
   * @param blockCount the length of the object in blocks
   * @param foreign whether the block was in the other byte order, from which it has been swapped
   * @throws CorruptException if a field cannot be right
   */
  static FatHeader read(Buffer buffer, long blockCount, boolean foreign) {
    int size = buffer.sizeBytes();
    if (Integer.bitCount(size) != 1
        || size < 1 << LeafLayout.MIN_BLOCK_SHIFT
        || size > 1 << LeafLayout.MAX_BLOCK_SHIFT) {
      throw new CorruptException(
          buffer.objectId(),
          buffer.blockId(),
          FatHeaderLayout.TYPE_OFFSET,
          "a fat map with blocks of " + size + " bytes");
    }
    FatHeader header = new FatHeader(buffer);
    header.foreign = foreign;
    header.check(blockCount);
    return header;
  }

  /** Makes a block the header of a fat map with one leaf, in block 1. The block is dirty. */
  static FatHeader create(Buffer buffer, long salt, long normflags, long flags) {
    NativeMemory.fill(buffer.address(), buffer.sizeBytes(), (byte) 0);
    NativeMemory.putLong(buffer.address() + FatHeaderLayout.SALT_OFFSET, salt);
    NativeMemory.putLong(buffer.address() + FatHeaderLayout.NORMFLAGS_OFFSET, normflags);
    NativeMemory.putLong(buffer.address() + FatHeaderLayout.FLAGS_OFFSET, flags);
    FatHeader header = new FatHeader(buffer);
    header.setFreeBlock(FatHeaderLayout.FIRST_LEAF_BLOCK + 1);
    header.complete(FatHeaderLayout.MAGIC, FatHeaderLayout.FIRST_LEAF_BLOCK);
    return header;
  }

  /**
   * Makes a block the header of an overflow with one leaf. The block is dirty.
   *
   * @param flags those of the main header
   * @param key0 the first half of the secret key that names are hashed with
   * @param key1 the second half
   * @param leafBlock where the leaf is
   */
  static FatHeader createOverflow(Buffer buffer, long flags, long key0, long key1, long leafBlock) {
    NativeMemory.fill(buffer.address(), buffer.sizeBytes(), (byte) 0);
    NativeMemory.putLong(buffer.address() + FatHeaderLayout.FLAGS_OFFSET, flags);
    FatHeader header = new FatHeader(buffer);
    header.setWord(FatHeaderLayout.HASH_KEY_0_OFFSET, key0);
    header.setWord(FatHeaderLayout.HASH_KEY_1_OFFSET, key1);
    header.complete(FatHeaderLayout.OVERFLOW_MAGIC, leafBlock);
    return header;
  }

  /** All pointers to the one leaf, and what makes the block a header. */
  private void complete(long magic, long leafBlock) {
    int shift = FatHeaderLayout.embeddedShift(blockShift);
    setWord(FatHeaderLayout.TABLE_SHIFT_OFFSET, shift);
    setWord(FatHeaderLayout.LEAF_COUNT_OFFSET, 1);
    for (long index = 0; index < 1L << shift; index++) {
      NativeMemory.putLong(
          embeddedTableAddress() + FatHeaderLayout.pointerOffset(index), leafBlock);
    }
    setWord(FatHeaderLayout.MAGIC_OFFSET, magic);
    setWord(FatHeaderLayout.TYPE_OFFSET, FatHeaderLayout.BLOCK_TYPE);
  }

  @Override
  public void evictSync() {
    LeafMirror.Part mirrored = part;
    if (mirrored != null) {
      mirrored.evictSync();
    }
  }

  /** What mirrors the embedded table, and goes with this; null: nothing. */
  void setPart(LeafMirror.@Nullable Part newPart) {
    part = newPart;
  }

  boolean hasPart() {
    return part != null;
  }

  /**
   * Checks every field.
   *
   * @throws CorruptException if one cannot be right
   */
  void check(long blockCount) {
    require(
        word(FatHeaderLayout.TYPE_OFFSET) == FatHeaderLayout.BLOCK_TYPE,
        FatHeaderLayout.TYPE_OFFSET,
        "block type");
    require(
        word(FatHeaderLayout.MAGIC_OFFSET)
            == (isOverflow() ? FatHeaderLayout.OVERFLOW_MAGIC : FatHeaderLayout.MAGIC),
        FatHeaderLayout.MAGIC_OFFSET,
        "fat header magic");
    require(
        (flags & ~ZapName.ALL_FLAGS) == 0
            && (ZapName.isUint64(flags) || (flags & ZapName.FLAG_PRE_HASHED_KEY) == 0),
        FatHeaderLayout.FLAGS_OFFSET,
        "flags");
    require(
        ZapNames.areNormflags(normflags(), flags), FatHeaderLayout.NORMFLAGS_OFFSET, "normflags");
    checkTable(blockCount);
    checkGrowth(blockCount);
    require(
        !isGrowing()
            || growingBlock() >= tableBlock() + tableBlockCount()
            || growingEnd() <= tableBlock(),
        FatHeaderLayout.GROWING_BLOCK_OFFSET,
        "growing table: first block, inside the table at " + tableBlock());
    require(entryCount() >= 0, FatHeaderLayout.ENTRY_COUNT_OFFSET, "number of entries");
    if (isOverflow()) {
      checkOverflow(blockCount);
    } else {
      checkMain(blockCount);
    }
  }

  private void checkOverflow(long blockCount) {
    require(
        leafCount() >= 1 && leafCount() < blockCount,
        FatHeaderLayout.LEAF_COUNT_OFFSET,
        "number of leaves");
    require(
        apartCount() >= 0 && apartCount() <= entryCount(),
        FatHeaderLayout.APART_COUNT_OFFSET,
        "number of values kept for the main table");
  }

  private void checkMain(long blockCount) {
    require(salt != 0, FatHeaderLayout.SALT_OFFSET, "salt");
    long free = freeBlock();
    require(
        free > FatHeaderLayout.FIRST_LEAF_BLOCK && free <= Math.max(blockCount, growingEnd()),
        FatHeaderLayout.FREE_BLOCK_OFFSET,
        "next free block (blockCount=" + blockCount + ")");
    require(
        tableBlock() + tableBlockCount() <= nextBlock(),
        FatHeaderLayout.TABLE_BLOCK_OFFSET,
        "table: first block (next free block=" + free + ")");
    require(
        leafCount() >= 1 && leafCount() < free && leafCount() <= 1L << tableShift(),
        FatHeaderLayout.LEAF_COUNT_OFFSET,
        "number of leaves (next free block=" + free + ")");
    require(
        entryCount() / leafLayout().chunkCount() < free,
        FatHeaderLayout.ENTRY_COUNT_OFFSET,
        "number of entries (next free block=" + free + ")");
    require(
        overflowBlock() >= 0 && overflowBlock() < nextBlock(),
        FatHeaderLayout.OVERFLOW_BLOCK_OFFSET,
        "header of the overflow: block (next free block=" + free + ")");
  }

  private void checkTable(long blockCount) {
    long count = tableBlockCount();
    if (tableBlock() == 0 || count == 0) {
      require(tableBlock() == 0, FatHeaderLayout.TABLE_BLOCK_OFFSET, "table: first block");
      require(count == 0, FatHeaderLayout.TABLE_BLOCK_COUNT_OFFSET, "table: blocks");
      require(
          word(FatHeaderLayout.TABLE_SHIFT_OFFSET) == FatHeaderLayout.embeddedShift(blockShift),
          FatHeaderLayout.TABLE_SHIFT_OFFSET,
          "shift of the embedded table");
      return;
    }
    require(
        Long.bitCount(count) == 1 && count > 0 && count <= blockCount,
        FatHeaderLayout.TABLE_BLOCK_COUNT_OFFSET,
        "table: blocks");
    require(
        tableBlock() > 0 && tableBlock() <= blockCount - count,
        FatHeaderLayout.TABLE_BLOCK_OFFSET,
        "table: first block (blockCount=" + blockCount + ")");
    require(
        word(FatHeaderLayout.TABLE_SHIFT_OFFSET)
                == FatHeaderLayout.pointersPerBlockShift(blockShift)
                    + Long.numberOfTrailingZeros(count)
            && tableShift() <= hashBits(),
        FatHeaderLayout.TABLE_SHIFT_OFFSET,
        "table shift");
  }

  private void checkGrowth(long blockCount) {
    long growing = growingBlock();
    long copied = growingCopied();
    require(
        growing == 0 || (tableBlock() != 0 && growing > 0 && growing <= blockCount),
        FatHeaderLayout.GROWING_BLOCK_OFFSET,
        "growing table: first block (blockCount=" + blockCount + ")");
    require(
        growing == 0 ? copied == 0 : copied >= 0 && copied < tableBlockCount(),
        FatHeaderLayout.GROWING_COPIED_OFFSET,
        "growing table: blocks copied");
  }

  private void require(boolean right, int offset, String field) {
    if (!right) {
      throw new CorruptException(
          buffer.objectId(),
          buffer.blockId(),
          offset,
          field + "=0x" + Long.toHexString(word(offset)));
    }
  }

  private long word(int offset) {
    return NativeMemory.getLong(address + offset);
  }

  private void setWord(int offset, long value) {
    NativeMemory.putLong(address + offset, value);
  }

  Buffer buffer() {
    return buffer;
  }

  /**
   * Whether the pointer table's blocks, which do not say so themselves, are in the other byte
   * order. As long as they are, this block must not be written in ours.
   */
  boolean isForeign() {
    return foreign;
  }

  /** The table's blocks have been swapped. */
  void setNative() {
    foreign = false;
  }

  int blockShift() {
    return blockShift;
  }

  long salt() {
    return salt;
  }

  long flags() {
    return flags;
  }

  /** How many bits the hashes of this table have. */
  int hashBits() {
    return isOverflow() ? Overflow.HASH_BITS : mainHashBits();
  }

  /** How many bits the hashes of the map's main table have. */
  int mainHashBits() {
    return ZapName.hashBits(flags);
  }

  long normflags() {
    return word(FatHeaderLayout.NORMFLAGS_OFFSET);
  }

  /** The flags of this table's leaves: their chains are sorted by cd where names are normalised. */
  int leafFlags() {
    return (normflags() == 0 ? 0 : LeafLayout.FLAG_CD_SORTED)
        | (isOverflow() ? LeafLayout.FLAG_IN_OVERFLOW : 0);
  }

  /** How keys become names, of any length that can be stored. */
  ZapNames names() {
    return ZapNames.of(salt, flags, normflags());
  }

  LeafLayout leafLayout() {
    return LeafLayout.of(blockShift);
  }

  long embeddedTableAddress() {
    return address + FatHeaderLayout.embeddedTableOffset(blockShift);
  }

  /** The first block of the pointer table, 0 when it is embedded. */
  long tableBlock() {
    return word(FatHeaderLayout.TABLE_BLOCK_OFFSET);
  }

  long tableBlockCount() {
    return word(FatHeaderLayout.TABLE_BLOCK_COUNT_OFFSET);
  }

  int tableShift() {
    return (int) word(FatHeaderLayout.TABLE_SHIFT_OFFSET);
  }

  void setTable(long block, long blockCount, int shift) {
    setWord(FatHeaderLayout.TABLE_BLOCK_OFFSET, block);
    setWord(FatHeaderLayout.TABLE_BLOCK_COUNT_OFFSET, blockCount);
    setWord(FatHeaderLayout.TABLE_SHIFT_OFFSET, shift);
  }

  /** The first block of the larger table that is being built, 0 when none is. */
  long growingBlock() {
    return word(FatHeaderLayout.GROWING_BLOCK_OFFSET);
  }

  long growingCopied() {
    return word(FatHeaderLayout.GROWING_COPIED_OFFSET);
  }

  void setGrowth(long block, long copied) {
    setWord(FatHeaderLayout.GROWING_BLOCK_OFFSET, block);
    setWord(FatHeaderLayout.GROWING_COPIED_OFFSET, copied);
  }

  boolean isGrowing() {
    return growingBlock() != 0;
  }

  /** The block after the larger table that is being built, 0 when none is. */
  long growingEnd() {
    return isGrowing() ? growingBlock() + 2 * tableBlockCount() : 0;
  }

  long freeBlock() {
    return word(FatHeaderLayout.FREE_BLOCK_OFFSET);
  }

  void setFreeBlock(long block) {
    setWord(FatHeaderLayout.FREE_BLOCK_OFFSET, block);
  }

  /**
   * The block that is given out next. An image by another writer can have its free block inside the
   * table that is being built; those blocks are taken whatever it says.
   */
  long nextBlock() {
    return Math.max(freeBlock(), growingEnd());
  }

  long leafCount() {
    return word(FatHeaderLayout.LEAF_COUNT_OFFSET);
  }

  void addLeaves(int delta) {
    setWord(FatHeaderLayout.LEAF_COUNT_OFFSET, leafCount() + delta);
  }

  long entryCount() {
    return word(FatHeaderLayout.ENTRY_COUNT_OFFSET);
  }

  void addEntries(int delta) {
    setWord(FatHeaderLayout.ENTRY_COUNT_OFFSET, entryCount() + delta);
  }

  /** Whether this is the header of an overflow rather than of a map. */
  boolean isOverflow() {
    return buffer.blockId() != 0;
  }

  /** The block of the overflow's header; 0 when there is no overflow. */
  long overflowBlock() {
    return word(FatHeaderLayout.OVERFLOW_BLOCK_OFFSET);
  }

  void setOverflowBlock(long block) {
    setWord(FatHeaderLayout.OVERFLOW_BLOCK_OFFSET, block);
  }

  /** The first half of an overflow's hash key. */
  long hashKey0() {
    return word(FatHeaderLayout.HASH_KEY_0_OFFSET);
  }

  /** The second half of an overflow's hash key. */
  long hashKey1() {
    return word(FatHeaderLayout.HASH_KEY_1_OFFSET);
  }

  /** How many entries of an overflow are only values of entries of the main table. */
  long apartCount() {
    return word(FatHeaderLayout.APART_COUNT_OFFSET);
  }

  void addApart(int delta) {
    setWord(FatHeaderLayout.APART_COUNT_OFFSET, apartCount() + delta);
  }

  CorruptException corrupt(long blockId, long offsetBytes, String problem) {
    return new CorruptException(buffer.objectId(), blockId, offsetBytes, problem);
  }
}
