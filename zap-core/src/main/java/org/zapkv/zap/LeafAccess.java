// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.StampedLock;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.error.CorruptException;
import org.zapkv.error.ZapException;
import org.zapkv.object.BlockObject;

/** From a hash to its leaf, held and locked. */
final class LeafAccess {
  /*
   * Implementation notes.
   *
   * A leaf of the main table is mostly found by the mirror, which leads past the structure lock and
   * the table. Else it is found in two attempts.
   *
   *   1. structure lock (shared): pointer. Unlocked. Hold the block, which may be I/O. Lock the leaf.
   *      It may no longer be the leaf of this hash: then all is let go.
   *   2. structure lock (shared): pointer, hold, lock the leaf. Now it must be; if it is not, the
   *      image is damaged. The structure lock is let go, the leaf stays locked.
   *
   * So no I/O for a leaf happens under the structure lock but in the rare second attempt, and a
   * pointer to a wrong leaf is an error rather than an endless search.
   *
   * A leaf that was read takes the second attempt too, once: there all the pointers that its prefix
   * speaks of are seen to lead to it. From then on they do, as they and the prefix only change
   * together. So a leaf and a lookup never disagree about what the leaf covers.
   *
   * The order of locks allows a leaf's to be taken under the structure lock, never the other way
   * round: whoever finds under a leaf's lock that the structure has to change lets the leaf go,
   * takes the structure lock and begins again.
   */

  private final BlockObject object;
  private final StampedLock structure;
  private final HeaderAccess headers;
  private final PointerTable table;

  /** Knows the leaves that were found here; null for an overflow, which is not read that way. */
  private final @Nullable LeafMirror mirror;

  LeafAccess(
      BlockObject object,
      StampedLock structure,
      HeaderAccess headers,
      PointerTable table,
      @Nullable LeafMirror mirror) {
    this.object = object;
    this.structure = structure;
    this.headers = headers;
    this.table = table;
    this.mirror = mirror;
  }

  /** Holds the header; let it go with {@link #release(FatHeader)}. */
  FatHeader holdHeader() {
    return headers.hold();
  }

  void release(FatHeader header) {
    headers.release(header);
  }

  /** The leaf of a hash, held and locked for reading. */
  Leaf lockShared(FatHeader header, long hash) {
    return lock(header, hash, false);
  }

  /** The leaf of a hash, held and locked for writing. */
  Leaf lockExclusive(FatHeader header, long hash) {
    return lock(header, hash, true);
  }

  /** Looks for a name without a lock, before {@link #lockExclusive(FatHeader, long, LeafSight)}. */
  @Nullable LeafSight look(ZapName name) {
    return mirror == null ? null : LeafSight.of(mirror, name);
  }

  /**
   * The leaf of a hash, held and locked for writing.
   *
   * @param seen what was seen of it before
   */
  Leaf lockExclusive(FatHeader header, long hash, @Nullable LeafSight seen) {
    // As for tryLockMirrored: if the mirror is of a former table somebody has to go the other way.
    Leaf leaf =
        seen != null && mirror != null && mirror.isOf(header) ? seen.tryLock(hash, this) : null;
    return leaf != null ? leaf : lock(header, hash, true);
  }

  private Leaf lock(FatHeader header, long hash, boolean exclusive) {
    Leaf known = tryLockMirrored(header, hash, exclusive);
    if (known != null) {
      return known;
    }
    long stamp = structure.readLock();
    long blockId;
    try {
      long index = PointerTable.index(header, hash);
      blockId = table.get(header, index);
      if (mirror != null) {
        table.mirror(header, index, mirror);
      }
    } finally {
      structure.unlockRead(stamp);
    }
    Leaf leaf = tryLock(header, blockId, hash, exclusive);
    if (leaf != null && leaf.isPlaced()) {
      return mirrored(hash, leaf);
    }
    if (leaf != null) {
      unlock(leaf, exclusive);
    }
    stamp = structure.readLock();
    try {
      return mirrored(hash, lockUnderStructure(header, hash, exclusive));
    } finally {
      structure.unlockRead(stamp);
    }
  }

  /**
   * The leaf of a hash by the mirror, held and locked, without a look at the table: a placed leaf
   * that covers the hash is the one, however it was found. Null if it is not found so, or if the
   * mirror is of a former table, so that somebody goes the other way and brings it up to date.
   */
  private @Nullable Leaf tryLockMirrored(FatHeader header, long hash, boolean exclusive) {
    if (mirror == null || !mirror.isOf(header)) {
      return null;
    }
    LeafBlock block = mirror.leaf(hash);
    if (block == null || !block.buffer().tryHold(this)) {
      return null;
    }
    Buffer buffer = block.buffer();
    boolean locked = false;
    try {
      if (buffer.user() instanceof Leaf leaf && leaf.isPlaced()) {
        locked = exclusive ? leaf.lockExclusive(hash, false) : leaf.lockShared(hash, false);
        return locked ? leaf : null;
      }
      return null;
    } finally {
      if (!locked) {
        buffer.release(this);
      }
    }
  }

  /** The leaf that was last seen to cover a hash, neither held nor locked; null: none is known. */
  @Nullable LeafBlock mirrored(long hash) {
    return mirror == null ? null : mirror.leaf(hash);
  }

  private Leaf mirrored(long hash, Leaf leaf) {
    if (mirror != null) {
      mirror.put(hash, leaf);
    }
    return leaf;
  }

  /**
   * Another leaf covers some hashes from now on. Both are locked for writing.
   *
   * @param firstHash the first of them
   * @param prefixLength how many bits they have in common
   */
  void handOver(long firstHash, int prefixLength, Leaf before, Leaf after) {
    if (mirror != null) {
      mirror.replace(firstHash, prefixLength, before, after);
      mirror.renew(before.block().isLeaf() ? before : after);
    }
  }

  /** The blocks were taken away: no leaf is to be found any more. */
  void forget() {
    if (mirror != null) {
      mirror.clear();
    }
  }

  /** The leaf of a hash, held and locked, for those who hold the structure lock. */
  Leaf lockUnderStructure(FatHeader header, long hash, boolean exclusive) {
    long blockId = table.get(header, PointerTable.index(header, hash));
    Leaf leaf = tryLock(header, blockId, hash, exclusive);
    if (leaf == null) {
      throw misplaced(header, blockId, hash);
    }
    boolean placed = false;
    try {
      place(header, leaf);
      placed = true;
    } finally {
      if (!placed) {
        unlock(leaf, exclusive);
      }
    }
    return leaf;
  }

  private void place(FatHeader header, Leaf leaf) {
    if (leaf.isPlaced()) {
      return;
    }
    int length = leaf.prefixLength();
    if (length > header.tableShift()) {
      throw header.corrupt(
          leaf.blockId(),
          LeafLayout.PREFIX_LENGTH_OFFSET,
          "prefixLength=" + length + " is above the table's shift=" + header.tableShift());
    }
    if (!table.isGivenOut(leaf.blockId())) {
      throw header.corrupt(
          leaf.blockId(), CorruptException.NONE, "this leaf is in a block that was not given out");
    }
    long count = 1L << (header.tableShift() - length);
    if (!table.leadsTo(header, leaf.prefix() * count, count, leaf.blockId())) {
      throw header.corrupt(
          leaf.blockId(),
          LeafLayout.PREFIX_LENGTH_OFFSET,
          "prefixLength=" + length + ", but not all those pointers lead here");
    }
    leaf.setPlaced();
  }

  /** Begins to read the leaf of a hash. */
  void prefetch(FatHeader header, long hash) {
    long blockId;
    long stamp = structure.readLock();
    try {
      blockId = table.get(header, PointerTable.index(header, hash));
    } finally {
      structure.unlockRead(stamp);
    }
    object.prefetch(new long[] {blockId});
  }

  /** Begins to read all leaves. The pointer table is read, and waited for. */
  void prefetchAll(FatHeader header) {
    List<Long> leaves = new ArrayList<>();
    long stamp = structure.readLock();
    try {
      object.prefetch(
          LongStream.range(0, header.tableBlockCount())
              .map(block -> header.tableBlock() + block)
              .toArray());
      table.forEachRun(header, (firstIndex, leafBlock) -> leaves.add(leafBlock));
    } finally {
      structure.unlockRead(stamp);
    }
    object.prefetch(toArray(leaves));
  }

  /**
   * Begins to read the leaves that a walk comes to next, as far as it asks for them. Damage in the
   * table stops that quietly: the walk meets it when it is there.
   */
  void readAhead(FatHeader header, ReadAhead ahead, long hash) {
    if (!ahead.wants(hash)) {
      return;
    }
    List<Long> leaves = new ArrayList<>();
    long stamp = structure.readLock();
    try {
      int shift = Long.SIZE - header.tableShift();
      long first = PointerTable.index(header, ahead.from());
      long end = Math.min(first + ReadAhead.MAX_POINTERS, 1L << header.tableShift());
      long next = table.leavesFrom(header, first, end, leaves, ahead.count());
      ahead.asked(leaves.size(), next << shift);
    } catch (ZapException e) {
      ahead.stop();
    } finally {
      structure.unlockRead(stamp);
    }
    object.prefetch(toArray(leaves));
  }

  private static long[] toArray(List<Long> blocks) {
    return blocks.stream().mapToLong(Long::longValue).toArray();
  }

  private @Nullable Leaf tryLock(FatHeader header, long blockId, long hash, boolean exclusive) {
    Leaf leaf = holdIfLeaf(header, blockId);
    if (leaf == null) {
      return null;
    }
    boolean locked = false;
    try {
      boolean inOverflow = header.isOverflow();
      if (inOverflow && !leaf.isInOverflow()) {
        // Damage can lead from the overflow to the very leaf of the main table that is locked now.
        return null;
      }
      locked = exclusive ? leaf.lockExclusive(hash, inOverflow) : leaf.lockShared(hash, inOverflow);
    } finally {
      if (!locked) {
        release(leaf);
      }
    }
    return locked ? leaf : null;
  }

  private static CorruptException misplaced(FatHeader header, long blockId, long hash) {
    return header.corrupt(
        blockId,
        LeafLayout.PREFIX_OFFSET,
        "the pointer table leads hash=0x"
            + Long.toHexString(hash)
            + " here, but this is no leaf that covers it");
  }

  /** Holds a block that was a leaf when the pointer to it was read; null if it is another now. */
  private @Nullable Leaf holdIfLeaf(FatHeader header, long blockId) {
    Buffer buffer = object.hold(blockId, this);
    Leaf leaf = null;
    try {
      leaf = LeafCreator.attachIfLeaf(buffer, header);
      return leaf;
    } finally {
      if (leaf == null) {
        buffer.release(this);
      }
    }
  }

  /** Holds a block that is or was a leaf; let it go with {@link #release(Leaf)}. */
  Leaf hold(FatHeader header, long blockId) {
    Buffer buffer = object.hold(blockId, this);
    boolean done = false;
    try {
      Leaf leaf = LeafCreator.attach(buffer, header);
      done = true;
      return leaf;
    } finally {
      if (!done) {
        buffer.release(this);
      }
    }
  }

  void release(Leaf leaf) {
    leaf.buffer().release(this);
  }

  private void unlock(Leaf leaf, boolean exclusive) {
    if (exclusive) {
      unlockExclusive(leaf);
    } else {
      unlockShared(leaf);
    }
  }

  void unlockShared(Leaf leaf) {
    leaf.unlockShared();
    release(leaf);
  }

  void unlockExclusive(Leaf leaf) {
    leaf.unlockExclusive();
    release(leaf);
  }
}
