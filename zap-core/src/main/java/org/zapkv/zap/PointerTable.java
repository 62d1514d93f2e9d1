// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.error.MapFullException;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/**
 * The pointer table of a fat map: the top bits of a hash to the block of its leaf. Embedded in the
 * header at first, then in blocks of its own, which grow twofold, one block of it at a step.
 *
 * <p>Everything here is called with the map's structure lock held: shared for reading, exclusive
 * for the rest.
 */
final class PointerTable {
  /** Up to here (1 MiB of pointers) a table may grow under MERGE however few leaves there are. */
  private static final int FREE_SHIFT = 17;

  /** Beyond that it may have 256 pointers for each leaf. */
  private static final int MOST_POINTERS_PER_LEAF_SHIFT = 8;

  private static final int MOST_BLOCKS_COMPARED = 16;

  private final BlockObject object;
  private final BlockNumbers numbers;
  private final ShrinkPolicy policy;

  PointerTable(BlockObject object, BlockNumbers numbers, ShrinkPolicy policy) {
    this.object = object;
    this.numbers = numbers;
    this.policy = policy;
  }

  /** The index of a hash. */
  static long index(FatHeader header, long hash) {
    return hash >>> (Long.SIZE - header.tableShift());
  }

  /**
   * The block of the leaf at an index.
   *
   * @throws CorruptException if it cannot be one
   */
  long get(FatHeader header, long index) {
    if (header.tableBlock() == 0) {
      long leafBlock =
          NativeMemory.getLong(
              header.embeddedTableAddress() + FatHeaderLayout.pointerOffset(index));
      return checked(header, index, leafBlock);
    }
    int perBlockShift = FatHeaderLayout.pointersPerBlockShift(header.blockShift());
    long inBlock = index & ((1L << perBlockShift) - 1);
    Buffer buffer = object.hold(header.tableBlock() + (index >>> perBlockShift), this);
    try {
      return checked(header, index, pointer(header, buffer, inBlock));
    } finally {
      buffer.release(this);
    }
  }

  /** Makes the part of a mirror for an index, if there is none. */
  void mirror(FatHeader header, long index, LeafMirror mirror) {
    if (!mirror.lacks(header, index)) {
      return;
    }
    if (header.tableBlock() == 0) {
      mirror.add(header, index, header.buffer());
      return;
    }
    int perBlockShift = FatHeaderLayout.pointersPerBlockShift(header.blockShift());
    Buffer buffer = object.hold(header.tableBlock() + (index >>> perBlockShift), this);
    try {
      mirror.add(header, index, buffer);
    } finally {
      buffer.release(this);
    }
  }

  /** A pointer in a block of an external table. */
  static long pointer(FatHeader header, Buffer buffer, long inBlock) {
    long word = NativeMemory.getLong(buffer.address() + FatHeaderLayout.pointerOffset(inBlock));
    return header.isForeign() ? Long.reverseBytes(word) : word;
  }

  /**
   * Makes an external table, and the larger one that is being built, ours if they are in the other
   * byte order. To be done before the header is dirtied for the first time: from then on the header
   * says that they are ours. All of the blocks are held at once, so that all are swapped or none.
   */
  void makeNative(FatHeader header, Transaction tx) {
    List<Buffer> held = new ArrayList<>();
    try {
      holdWritten(header.tableBlock(), header.tableBlockCount(), tx, held);
      if (header.isGrowing()) {
        holdWritten(header.growingBlock(), 2 * header.tableBlockCount(), tx, held);
      }
      object.dirty(header.buffer(), tx);
      held.forEach(ByteSwap::words);
      header.setNative();
    } finally {
      releaseAll(held);
    }
  }

  private void holdWritten(long first, long count, Transaction tx, List<Buffer> held) {
    for (long block = first; block < first + count; block++) {
      Buffer buffer = object.hold(block, this);
      held.add(buffer);
      // The parts of a larger table that were not copied yet may not even be in the object.
      if (!isZero(buffer)) {
        object.dirty(buffer, tx);
      }
    }
  }

  private static boolean isZero(Buffer buffer) {
    long bits = 0;
    for (int offset = 0; offset < buffer.sizeBytes(); offset += Long.BYTES) {
      bits |= NativeMemory.getLong(buffer.address() + offset);
    }
    return bits == 0;
  }

  private long checked(FatHeader header, long index, long leafBlock) {
    if (!mayBeLeaf(header, leafBlock)) {
      throw header.corrupt(
          header.tableBlock() == 0 ? header.buffer().blockId() : header.tableBlock(),
          CorruptException.NONE,
          "pointer " + index + " is to block " + leafBlock + " of " + endOfBlocks(header));
    }
    return leafBlock;
  }

  /** Whether a block is before those that can be given to somebody else. */
  boolean isGivenOut(long block) {
    return block < numbers.end();
  }

  /** The first block that was not given out: only the main header knows it. */
  long endOfBlocks(FatHeader header) {
    return header.isOverflow() ? object.blockCount() : header.nextBlock();
  }

  /** Whether a block is one that a leaf can be in: given out, and not for a table. */
  boolean mayBeLeaf(FatHeader header, long block) {
    if (block < FatHeaderLayout.FIRST_LEAF_BLOCK || block >= endOfBlocks(header)) {
      return false;
    }
    long table = header.tableBlock();
    return table == 0
        || ((block < table || block >= table + header.tableBlockCount())
            && (block < header.growingBlock() || block >= header.growingEnd()));
  }

  /**
   * Whether a run of pointers leads to a block, in the larger table too as far as that is copied.
   * Of a run that is longer than some blocks only its beginning and its last block are looked at:
   * it may be half of a table that is larger than memory.
   */
  boolean leadsTo(FatHeader header, long first, long count, long leafBlock) {
    if (header.tableBlock() == 0) {
      long from = header.embeddedTableAddress() + FatHeaderLayout.pointerOffset(first);
      return allAre(from, count, leafBlock);
    }
    if (!leadsTo(header, header.tableBlock(), first, count, leafBlock)) {
      return false;
    }
    long perBlock = 1L << FatHeaderLayout.pointersPerBlockShift(header.blockShift());
    long copied = Math.min(count, header.growingCopied() * perBlock - first);
    return copied <= 0 || leadsTo(header, header.growingBlock(), 2 * first, 2 * copied, leafBlock);
  }

  private boolean leadsTo(
      FatHeader header, long tableBlock, long first, long count, long leafBlock) {
    int perBlockShift = FatHeaderLayout.pointersPerBlockShift(header.blockShift());
    long perBlock = 1L << perBlockShift;
    long lastBlock = (first + count - 1) >>> perBlockShift;
    long stored = header.isForeign() ? Long.reverseBytes(leafBlock) : leafBlock;
    for (long block = first >>> perBlockShift; block <= lastBlock; block++) {
      long from = Math.max(first, block << perBlockShift);
      long end = Math.min(first + count, (block + 1) << perBlockShift);
      Buffer buffer = object.hold(tableBlock + block, this);
      try {
        long address = buffer.address() + FatHeaderLayout.pointerOffset(from & (perBlock - 1));
        if (!allAre(address, end - from, stored)) {
          return false;
        }
      } finally {
        buffer.release(this);
      }
      if (block - (first >>> perBlockShift) == MOST_BLOCKS_COMPARED) {
        block = Math.max(block, lastBlock - 1);
      }
    }
    return true;
  }

  private static boolean allAre(long address, long count, long leafBlock) {
    for (long i = 0; i < count; i++) {
      if (NativeMemory.getLong(address + FatHeaderLayout.pointerOffset(i)) != leafBlock) {
        return false;
      }
    }
    return true;
  }

  /**
   * Makes a run of pointers ready to be changed: all that can fail happens here. Until the growth
   * of a table is done, each pointer is in the larger table too, twice.
   *
   * @param first the index of the first pointer
   * @param count how many
   */
  Run prepare(FatHeader header, long first, long count, Transaction tx) {
    Run run = new Run();
    try {
      if (header.tableBlock() == 0) {
        long from = header.embeddedTableAddress() + FatHeaderLayout.pointerOffset(first);
        object.dirty(header.buffer(), tx);
        run.add(from, count);
      } else {
        run.addBlocks(header, header.tableBlock(), first, count, tx);
      }
      run.currentParts = run.parts.size();
      if (header.isGrowing()) {
        run.addBlocks(header, header.growingBlock(), 2 * first, 2 * count, tx);
      }
      return run;
    } catch (RuntimeException | Error e) {
      run.close();
      throw e;
    }
  }

  /** Pointers that are held and dirty. */
  final class Run implements AutoCloseable {
    private final List<Buffer> held = new ArrayList<>();
    private final List<long[]> parts = new ArrayList<>();
    private int currentParts;

    private void add(long address, long count) {
      parts.add(new long[] {address, count});
    }

    private void addBlocks(FatHeader header, long table, long first, long count, Transaction tx) {
      int perBlockShift = FatHeaderLayout.pointersPerBlockShift(header.blockShift());
      long index = first;
      while (index < first + count) {
        long blockEnd = ((index >>> perBlockShift) + 1) << perBlockShift;
        long here = Math.min(first + count, blockEnd) - index;
        Buffer buffer = holdDirty(table + (index >>> perBlockShift), tx, held);
        long inBlock = index & ((1L << perBlockShift) - 1);
        add(buffer.address() + FatHeaderLayout.pointerOffset(inBlock), here);
        index += here;
      }
    }

    /** Whether all of them, in the table that is in use, lead to a block. */
    boolean allLeadTo(long block) {
      for (long[] part : parts.subList(0, currentParts)) {
        if (!allAre(part[0], part[1], block)) {
          return false;
        }
      }
      return true;
    }

    /** Points all of them to a block. */
    void fill(long block) {
      for (long[] part : parts) {
        for (long i = 0; i < part[1]; i++) {
          NativeMemory.putLong(part[0] + FatHeaderLayout.pointerOffset(i), block);
        }
      }
    }

    @Override
    public void close() {
      releaseAll(held);
    }
  }

  private Buffer hold(long block, List<Buffer> held) {
    Buffer buffer = object.hold(block, this);
    held.add(buffer);
    return buffer;
  }

  private Buffer holdDirty(long block, Transaction tx, List<Buffer> held) {
    Buffer buffer = hold(block, held);
    object.dirty(buffer, tx);
    return buffer;
  }

  private void releaseAll(List<Buffer> held) {
    for (Buffer buffer : held) {
      buffer.release(this);
    }
    held.clear();
  }

  /** Whether the table may become larger. */
  boolean mayGrow(FatHeader header) {
    return header.tableShift() < maxShift(header);
  }

  /** The largest shift that a table may reach now, or has reached. */
  int maxShift(FatHeader header) {
    // All of an overflow can be in a small part of its table (see Overflow.FORM_BITS).
    long leaves = header.isOverflow() ? 4 * header.leafCount() : header.leafCount();
    int shift = maxShift(header.hashBits(), leaves, policy);
    return Math.max(shift, header.tableShift());
  }

  /**
   * The largest shift that a table may reach. It never uses more bits than the hash has, and a map
   * that comes close is one whose leaves are full of equal hashes.
   */
  static int maxShift(int hashBits, long leafCount, ShrinkPolicy policy) {
    int shift = hashBits - 2;
    if (policy == ShrinkPolicy.MERGE) {
      // Else whoever chooses the keys chooses the size of the table, too: deep leaves need few
      // keys.
      int byLeaves = MOST_POINTERS_PER_LEAF_SHIFT + log2(leafCount);
      shift = Math.min(shift, Math.max(FREE_SHIFT, byLeaves));
    }
    return shift;
  }

  private static int log2(long value) {
    return Long.SIZE - 1 - Long.numberOfLeadingZeros(value);
  }

  /**
   * One step of growth. After it, the table is larger, or closer to that.
   *
   * @throws MapFullException if it may not grow
   */
  void grow(FatHeader header, Transaction tx) {
    if (!mayGrow(header)) {
      throw new MapFullException(
          "object="
              + object.objectId()
              + ": too many keys with one hash; the pointer table has 2^"
              + header.tableShift()
              + " entries and may not grow");
    }
    List<Buffer> held = new ArrayList<>();
    try {
      object.dirty(header.buffer(), tx);
      if (header.tableBlock() == 0) {
        growEmbedded(header, tx, held);
      } else {
        growExternal(header, tx, held);
      }
    } finally {
      releaseAll(held);
    }
  }

  private void growEmbedded(FatHeader header, Transaction tx, List<Buffer> held) {
    try (BlockNumbers.Claim claim = numbers.claim(1, tx)) {
      Buffer to = holdDirty(claim.first(), tx, held);
      claim.take();
      copyTwice(header.embeddedTableAddress(), to.address(), 1L << header.tableShift());
      header.setTable(claim.first(), 1, header.tableShift() + 1);
    }
  }

  /** Copies one block of the table; the last one makes the larger table the one in use. */
  private void growExternal(FatHeader header, Transaction tx, List<Buffer> held) {
    long wanted = header.isGrowing() ? 0 : 2 * header.tableBlockCount();
    try (BlockNumbers.Claim claim = numbers.claim(wanted, tx)) {
      long newBlock = wanted == 0 ? header.growingBlock() : claim.first();
      long copied = header.growingCopied();
      if (wanted != 0) {
        // Most of them are not written for now, and have to read as zeros.
        object.freeRange(newBlock, wanted, tx);
      }
      Buffer from = hold(header.tableBlock() + copied, held);
      Buffer firstHalf = hold(newBlock + 2 * copied, held);
      Buffer secondHalf = hold(newBlock + 2 * copied + 1, held);
      object.dirty(firstHalf, tx);
      object.dirty(secondHalf, tx);
      if (wanted != 0) {
        if (header.isOverflow()) {
          // The main header says how long the object is, and does not know of this table.
          object.dirty(hold(newBlock + wanted - 1, held), tx);
        }
        claim.take();
      }
      copyBlock(header, from, firstHalf, secondHalf);
      if (copied + 1 < header.tableBlockCount()) {
        header.setGrowth(newBlock, copied + 1);
      } else {
        replaceBy(header, newBlock, claim, tx);
      }
    }
  }

  private static void copyBlock(
      FatHeader header, Buffer from, Buffer firstHalf, Buffer secondHalf) {
    int halfShift = FatHeaderLayout.pointersPerBlockShift(header.blockShift()) - 1;
    long half = 1L << halfShift;
    copyTwice(from.address(), firstHalf.address(), half);
    copyTwice(from.address() + FatHeaderLayout.pointerOffset(half), secondHalf.address(), half);
  }

  private void replaceBy(
      FatHeader header, long newBlock, BlockNumbers.Claim claim, Transaction tx) {
    long oldBlock = header.tableBlock();
    long oldCount = header.tableBlockCount();
    claim.raise(newBlock + 2 * oldCount);
    header.setTable(newBlock, 2 * oldCount, header.tableShift() + 1);
    header.setGrowth(0, 0);
    claim.freed(oldBlock, oldCount);
    // Last, so that a failure cannot leave the header pointing to a hole.
    object.freeRange(oldBlock, oldCount, tx);
  }

  private static void copyTwice(long from, long to, long count) {
    for (long i = 0; i < count; i++) {
      long pointer = NativeMemory.getLong(from + FatHeaderLayout.pointerOffset(i));
      NativeMemory.putLong(to + FatHeaderLayout.pointerOffset(2 * i), pointer);
      NativeMemory.putLong(to + FatHeaderLayout.pointerOffset(2 * i + 1), pointer);
    }
  }

  /** Reads pointers one by one, those of a block while it is held. */
  final class Reader implements AutoCloseable {
    private final FatHeader header;
    private @Nullable Buffer held;

    Reader(FatHeader header) {
      this.header = header;
    }

    /**
     * The block of the leaf at an index.
     *
     * @throws CorruptException if it cannot be one
     */
    long get(long index) {
      if (header.tableBlock() == 0) {
        return PointerTable.this.get(header, index);
      }
      int perBlockShift = FatHeaderLayout.pointersPerBlockShift(header.blockShift());
      Buffer buffer = block(header.tableBlock() + (index >>> perBlockShift));
      long inBlock = index & ((1L << perBlockShift) - 1);
      return checked(header, index, pointer(header, buffer, inBlock));
    }

    private Buffer block(long blockId) {
      Buffer buffer = held;
      if (buffer == null || buffer.blockId() != blockId) {
        close();
        buffer = object.hold(blockId, this);
        held = buffer;
      }
      return buffer;
    }

    @Override
    public void close() {
      if (held != null) {
        held.release(this);
        held = null;
      }
    }
  }

  /**
   * Finds the leaves that come next.
   *
   * @param first the index to begin with
   * @param leaves where the blocks of the leaves go
   * @param end never more than so many indexes are looked at: up to this one
   * @return the index of the first pointer that is to none of them, or the end
   */
  long leavesFrom(FatHeader header, long first, long end, List<Long> leaves, int most) {
    try (Reader reader = new Reader(header)) {
      long previous = 0;
      for (long index = first; index < end; index++) {
        long leafBlock = reader.get(index);
        if (leafBlock != previous) {
          if (leaves.size() == most) {
            return index;
          }
          leaves.add(leafBlock);
          previous = leafBlock;
        }
      }
    }
    return end;
  }

  /** Is told of the first of some pointers to the same block. */
  @FunctionalInterface
  interface RunVisitor {
    void run(long firstIndex, long leafBlock);
  }

  /** Reads the whole table: pointers that follow each other and are equal are one run. */
  void forEachRun(FatHeader header, RunVisitor visitor) {
    try (Reader reader = new Reader(header)) {
      long previous = 0;
      for (long index = 0; index < 1L << header.tableShift(); index++) {
        long leafBlock = reader.get(index);
        if (leafBlock != previous) {
          visitor.run(index, leafBlock);
          previous = leafBlock;
        }
      }
    }
  }
}
