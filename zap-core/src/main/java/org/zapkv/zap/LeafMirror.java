// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferUser;

/**
 * The pointer table of a fat map once more, on the heap: from a hash to its leaf, as far as the
 * leaf is in memory. A hint: what it leads to may be any leaf of the map, and says itself what it
 * covers.
 */
final class LeafMirror {
  /*
   * Implementation notes.
   *
   * A part for each block of the pointer table, attached to that block's buffer, counted there, and
   * gone with it; the part of an embedded table goes with the header. Parts are made under the
   * shared structure lock, which keeps the table as it is, with the block held, which keeps the
   * part where it is. A table that is replaced gets a new root, when the first comes who misses a
   * leaf; until then the old one serves, as nobody relies on it.
   *
   * A slot is filled by whoever holds and has locked a leaf of the hash. So a leaf is only in slots
   * of the hashes that it covers: a split or a merge, with both leaves locked for writing, puts the
   * other leaf into those that change hands. Hence a leaf that is evicted knows where it may be, and
   * empties those slots; else objects of leaves that are long gone would fill the heap. An old root
   * may keep some, and goes itself: nothing leads to it but parts whose blocks were freed.
   */

  /** A table of more blocks has no mirror: 2^20 of 16 KiB are pointers for 2^31 leaves. */
  private static final int MOST_PARTS = 1 << 20;

  private volatile @Nullable Root root;

  /**
   * The leaf that was last seen to cover a hash; null when there is none. Takes no lock, and writes
   * nothing shared.
   */
  @Nullable LeafBlock leaf(long hash) {
    Root now = root;
    if (now == null) {
      return null;
    }
    long index = hash >>> now.hashShift;
    Part part = now.part((int) (index >>> now.partShift));
    if (part == null) {
      return null;
    }
    part.table.noteUse();
    return part.leafAcquire((int) index & now.partMask);
  }

  /** Puts a leaf where it is found from a hash that it covers. It is held, locked, and placed. */
  void put(long hash, Leaf leaf) {
    Root now = root;
    if (now == null) {
      return;
    }
    long index = hash >>> now.hashShift;
    Part part = now.part((int) (index >>> now.partShift));
    int slot = (int) index & now.partMask;
    if (part != null && part.leafAcquire(slot) != leaf.block()) {
      leaf.setMirror(this);
      part.setLeafRelease(slot, leaf.block());
    }
  }

  /**
   * Puts one leaf in the place of another. Both are locked for writing.
   *
   * @param firstHash the first of the hashes that change hands
   * @param prefixLength how many bits they have in common
   * @param before the leaf that covered them
   * @param after the leaf that does now
   */
  void replace(long firstHash, int prefixLength, Leaf before, Leaf after) {
    after.setMirror(this);
    replace(firstHash, prefixLength, before.block(), after.block());
  }

  /** Takes a leaf out, whose block is going. */
  void remove(LeafBlock leaf) {
    if (leaf.coversAnything()) {
      replace(leaf.firstCovered(), leaf.coveredBits(), leaf, null);
    }
  }

  private void replace(
      long firstHash, int prefixLength, LeafBlock before, @Nullable LeafBlock after) {
    Root now = root;
    if (now == null) {
      return;
    }
    // The table may have become larger than that of this root: then all are in one slot.
    long count = 1L << Math.max(0, Long.SIZE - now.hashShift - prefixLength);
    long index = firstHash >>> now.hashShift;
    long last = index + count;
    while (index < last) {
      long end = Math.min(last, (index | now.partMask) + 1);
      Part part = now.part((int) (index >>> now.partShift));
      for (; part != null && index < end; index++) {
        int slot = (int) index & now.partMask;
        if (part.leafAcquire(slot) == before) {
          part.setLeafRelease(slot, after);
        }
      }
      index = end;
    }
  }

  /** Forgets everything: the blocks were taken away. */
  void clear() {
    root = null;
  }

  /** Whether there is no part for an index of the table. The structure lock is held. */
  boolean lacks(FatHeader header, long index) {
    Root now = root;
    return now == null || !now.isOf(header) || now.part((int) (index >>> now.partShift)) == null;
  }

  /**
   * Makes the part for an index of the table, unless something else is attached to its block still.
   * The structure lock is held.
   *
   * @param table the block of the table, held; that of the header if the table is in it
   */
  void add(FatHeader header, long index, Buffer table) {
    Root now = root;
    if (now == null || !now.isOf(header)) {
      if (header.tableBlockCount() > MOST_PARTS) {
        return;
      }
      now = new Root(header);
      root = now;
      if (header.tableBlock() != 0 && header.hasPart()) {
        header.setPart(null);
        UserMemory.count(header.buffer(), FatHeader.HEAP_BYTES);
      }
    }
    int number = (int) (index >>> now.partShift);
    Part part = new Part(now, number, table);
    if (header.tableBlock() == 0) {
      header.setPart(part);
      now.setPart(number, part);
      UserMemory.count(table, FatHeader.HEAP_BYTES + part.heapBytes());
      return;
    }
    BufferUser present = table.user();
    if (present instanceof Part other && other.root == now) {
      // Of somebody who came at the same time.
      now.setPart(number, other);
    } else if ((present == null || present instanceof Part)
        && table.replaceUser(present, part) == present) {
      now.setPart(number, part);
      UserMemory.count(table, part.heapBytes());
    }
  }

  /** The parts of one table. */
  private static final class Root {
    private static final VarHandle PARTS = MethodHandles.arrayElementVarHandle(Part[].class);

    private final long tableBlock;
    private final int hashShift;
    private final int partShift;
    private final int partMask;

    /** Accessed by the methods below only. */
    private final @Nullable Part[] parts;

    Root(FatHeader header) {
      this.tableBlock = header.tableBlock();
      this.hashShift = Long.SIZE - header.tableShift();
      this.partShift =
          tableBlock == 0
              ? header.tableShift()
              : FatHeaderLayout.pointersPerBlockShift(header.blockShift());
      this.partMask = (1 << partShift) - 1;
      this.parts = new Part[tableBlock == 0 ? 1 : (int) header.tableBlockCount()];
    }

    boolean isOf(FatHeader header) {
      return tableBlock == header.tableBlock() && Long.SIZE - hashShift == header.tableShift();
    }

    @Nullable Part part(int number) {
      return (Part) PARTS.getAcquire(parts, number);
    }

    void setPart(int number, Part part) {
      PARTS.setRelease(parts, number, part);
    }

    void removePart(int number, Part part) {
      PARTS.compareAndSet(parts, number, part, null);
    }
  }

  /** The leaves that the pointers in one block lead to. */
  static final class Part implements BufferUser {
    private static final VarHandle LEAVES = MethodHandles.arrayElementVarHandle(LeafBlock[].class);

    /** What this object and the head of its array take: 64-bit JVM, compressed references. */
    static final int HEAP_BYTES = 48;

    static final int REFERENCE_BYTES = 4;

    private final Root root;
    private final int number;
    private final Buffer table;

    /** Accessed by the methods below only. */
    private final @Nullable LeafBlock[] leaves;

    private Part(Root root, int number, Buffer table) {
      this.root = root;
      this.number = number;
      this.table = table;
      this.leaves = new LeafBlock[root.partMask + 1];
    }

    private @Nullable LeafBlock leafAcquire(int slot) {
      return (LeafBlock) LEAVES.getAcquire(leaves, slot);
    }

    private void setLeafRelease(int slot, @Nullable LeafBlock leaf) {
      LEAVES.setRelease(leaves, slot, leaf);
    }

    long heapBytes() {
      return HEAP_BYTES + (long) REFERENCE_BYTES * leaves.length;
    }

    @Override
    public void evictSync() {
      root.removePart(number, this);
    }
  }
}
