// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.ReentrantLock;
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
   * A slot has the way to the leaf's bytes beside the leaf, so that the processor can ask for both at
   * once. The two may be of different leaves for a moment; who reads compares (LeafBlock.way).
   *
   * A slot is filled by whoever holds and has locked a leaf of the hash. So a leaf is only in slots
   * of the hashes that it covers: a split or a merge, with both leaves locked for writing, puts the
   * other leaf into those that change hands. Hence a leaf that is evicted knows where it may be, and
   * empties those slots; else objects of leaves that are long gone would fill the heap. An old root
   * may keep some, and goes itself: nothing leads to it but parts whose blocks were freed.
   *
   * A smaller table may lie in blocks that were leaves, whose leaf objects are still attached: a
   * reader may stand on them, or come with an old pointer. The part takes the place of such an
   * object and keeps it, so that it is there again when the block becomes a leaf once more (see
   * ReusingLeafCreator for why it has to be the same).
   */

  /** A table of more blocks has no mirror: 2^20 of 16 KiB are pointers for 2^31 leaves. */
  private static final int MOST_PARTS = 1 << 20;

  private volatile @Nullable Root root;

  /** Guards the making of roots and parts: one that is not the attached one would never go. */
  private final ReentrantLock adding = new ReentrantLock();

  /**
   * The leaf that was last seen to cover a hash; null when there is none. Takes no lock, and writes
   * nothing shared.
   */
  @Nullable LeafBlock leaf(long hash) {
    Part part = part(hash);
    return part == null ? null : part.leaf(hash);
  }

  /** The part that may know the leaf of a hash, if there is one. Its block counts as used. */
  @Nullable Part part(long hash) {
    Root now = root;
    Part part = now == null ? null : now.part(now.number(hash));
    if (part != null) {
      part.table.noteUse();
    }
    return part;
  }

  /** Puts a leaf where it is found from a hash that it covers. It is held, locked, and placed. */
  void put(long hash, Leaf leaf) {
    Root now = root;
    if (now == null) {
      return;
    }
    Part part = now.part(now.number(hash));
    int slot = now.slot(hash);
    LeafBlock block = leaf.block();
    if (part != null && (part.leafAcquire(slot) != block || part.wayOpaque(slot) != block.way())) {
      leaf.setMirror(this);
      part.setLeafRelease(slot, block);
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
    before.block().noteHeaderAgain();
    after.block().noteHeaderAgain();
    after.setMirror(this);
    replace(firstHash, prefixLength, before.block(), after.block());
  }

  /** A leaf, which is locked for writing, has another prefix now: its slots get its new way. */
  void renew(Leaf leaf) {
    LeafBlock block = leaf.block();
    block.noteHeaderAgain();
    replace(block.firstCovered(), block.coveredBits(), block, block);
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
        if (after == null) {
          part.removeLeaf(slot, before);
        } else if (part.leafAcquire(slot) == before) {
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

  /**
   * Whether this mirrors the present table. A hint, to those who do not hold the structure lock.
   */
  boolean isOf(FatHeader header) {
    Root now = root;
    return now != null && now.isOf(header);
  }

  /** Whether there is no part for an index of the table. The structure lock is held. */
  boolean lacks(FatHeader header, long index) {
    Root now = root;
    return now == null || !now.isOf(header) || now.part((int) (index >>> now.partShift)) == null;
  }

  /**
   * Makes the part for an index of the table, unless somebody else is at it, or something that is
   * neither a part nor a leaf is attached to its block. The structure lock is held.
   *
   * @param table the block of the table, held; that of the header if the table is in it
   */
  void add(FatHeader header, long index, Buffer table) {
    if (!adding.tryLock()) {
      return;
    }
    Part made = null;
    try {
      Root now = lacks(header, index) ? rootOf(header) : null;
      if (now != null) {
        made = attach(now, header, (int) (index >>> now.partShift), table);
      }
    } finally {
      adding.unlock();
    }
    if (made != null) {
      long ofHeader = header.tableBlock() == 0 ? FatHeader.HEAP_BYTES : 0;
      UserMemory.count(table, ofHeader + made.heapBytes());
    }
  }

  /** The root for the present table, made if there is none; null if that has too many blocks. */
  private @Nullable Root rootOf(FatHeader header) {
    Root now = root;
    if (now != null && now.isOf(header)) {
      return now;
    }
    if (header.tableBlockCount() > MOST_PARTS) {
      return null;
    }
    now = new Root(header);
    root = now;
    if (header.tableBlock() != 0 && header.hasPart()) {
      header.setPart(null);
      UserMemory.count(header.buffer(), FatHeader.HEAP_BYTES);
    }
    return now;
  }

  /** Attaches a new part to its block, and enters it; null if something else is attached. */
  private static @Nullable Part attach(Root now, FatHeader header, int number, Buffer table) {
    BufferUser present = header.tableBlock() == 0 ? null : table.user();
    if (present != null && !(present instanceof Part || present instanceof Leaf)) {
      return null;
    }
    Part part = new Part(now, number, table, formerLeaf(present));
    if (header.tableBlock() == 0) {
      header.setPart(part);
    } else if (table.replaceUser(present, part) != present) {
      return null;
    }
    now.setPart(number, part);
    return part;
  }

  private static @Nullable Leaf formerLeaf(@Nullable BufferUser user) {
    return user instanceof Leaf leaf ? leaf : user instanceof Part part ? part.former : null;
  }

  /**
   * The block of a table becomes a leaf: its part goes, and the leaf object from before is back.
   */
  static void detach(Buffer block) {
    if (block.user() instanceof Part part
        && block.replaceUser(part, part.former) == part
        && part.former != null) {
      UserMemory.count(block, part.former.heapBytes());
    }
  }

  /** The parts of one table. */
  private static final class Root {
    private static final VarHandle PARTS = MethodHandles.arrayElementVarHandle(Part[].class);

    private final long tableBlock;
    private final int hashShift;
    private final int partShift;
    private final int partMask;
    private final LeafLayout layout;

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
      this.layout = header.leafLayout();
      this.parts = new Part[tableBlock == 0 ? 1 : (int) header.tableBlockCount()];
    }

    int number(long hash) {
      return (int) (hash >>> hashShift >>> partShift);
    }

    int slot(long hash) {
      return (int) (hash >>> hashShift) & partMask;
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

    private static final VarHandle WAYS = MethodHandles.arrayElementVarHandle(long[].class);

    /** What this object and the heads of its arrays take: 64-bit JVM, compressed references. */
    static final int HEAP_BYTES = 80;

    /** What a pointer of the table takes: a reference and a way. */
    static final int POINTER_BYTES = 12;

    private final Root root;
    private final int number;
    private final Buffer table;

    /** The leaf object that was attached to the block when it was a leaf, if it still was. */
    private final @Nullable Leaf former;

    // As in the root, which a reader then need not come to.
    private final int hashShift;
    private final int mask;
    private final LeafLayout layout;

    // Accessed by the methods below only.
    private final @Nullable LeafBlock[] leaves;
    private final long[] ways;

    private Part(Root root, int number, Buffer table, @Nullable Leaf former) {
      this.root = root;
      this.number = number;
      this.table = table;
      this.former = former;
      this.hashShift = root.hashShift;
      this.mask = root.partMask;
      this.layout = root.layout;
      this.leaves = new LeafBlock[mask + 1];
      this.ways = new long[leaves.length];
    }

    /** The leaf that was last seen to cover a hash of this part; null when there is none. */
    @Nullable LeafBlock leaf(long hash) {
      return leafAcquire(slot(hash));
    }

    /** The way of the leaf that {@link #leaf} gives, as a rule: it may be that of another. */
    long way(long hash) {
      return wayOpaque(slot(hash));
    }

    /** The layout of all leaves of the map. */
    LeafLayout layout() {
      return layout;
    }

    private int slot(long hash) {
      return (int) (hash >>> hashShift) & mask;
    }

    private @Nullable LeafBlock leafAcquire(int slot) {
      return (LeafBlock) LEAVES.getAcquire(leaves, slot);
    }

    private long wayOpaque(int slot) {
      return (long) WAYS.getOpaque(ways, slot);
    }

    private void setLeafRelease(int slot, LeafBlock leaf) {
      WAYS.setOpaque(ways, slot, leaf.way());
      LEAVES.setRelease(leaves, slot, leaf);
    }

    /**
     * Takes no lock: another leaf may be put here at the same time. That one stays then, and its
     * way, which is not touched: a leaf whose way is not beside it would be read under locks only.
     */
    private void removeLeaf(int slot, LeafBlock leaf) {
      if (leafAcquire(slot) == leaf) {
        LEAVES.compareAndSet(leaves, slot, leaf, (LeafBlock) null);
      }
    }

    long heapBytes() {
      long ofFormer = former == null ? 0 : former.heapBytes();
      return HEAP_BYTES + (long) POINTER_BYTES * leaves.length + ofFormer;
    }

    @Override
    public void evictSync() {
      root.removePart(number, this);
    }
  }
}
