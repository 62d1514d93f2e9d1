// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/**
 * The numbers of an object's blocks: which are given to the next leaf or pointer table. Everything
 * here is called with the map's structure lock held exclusively.
 */
final class BlockNumbers {
  /*
   * Implementation notes.
   *
   * The format knows one number only, the next free block; all after it are free. Under
   * FORMAT_FAITHFUL that is all there is. Under MERGE the free numbers before it are given out
   * again, the lowest first, so that a map that has shrunk moves to the front of its object.
   *
   * They are kept in memory only. Until somebody wants a number they are not known (null); then the
   * counters of the header tell whether there can be any, and only if so the pointer tables are
   * walked. From then on they are kept up to date. The last number before the next free block is
   * never among them: it becomes the next free block itself.
   */

  /** Numbers from here on are not kept: they are given out only from the end. */
  private static final int LIMIT = Integer.MAX_VALUE;

  /** Something that uses blocks of the object: a table of leaves with its header. */
  interface User {
    /** How many blocks it uses, as far as its header says. */
    long blockCount();

    /** Names every block that it uses. */
    void visit(RangeVisitor visitor);
  }

  /** Is told of blocks that are in use. */
  @FunctionalInterface
  interface RangeVisitor {
    void inUse(long first, long count);
  }

  private final BlockObject object;
  private final HeaderAccess headers;
  private final ShrinkPolicy policy;
  private final List<User> users = new ArrayList<>();

  /** Free numbers before the next free block; null when they are not known. */
  private @Nullable BitSet free;

  /** Whether the last block in use was freed and the next free block was not lowered yet. */
  private boolean lastFreed;

  /**
   * The numbers of an object.
   *
   * @param headers the header that has the next free block
   */
  BlockNumbers(BlockObject object, HeaderAccess headers, ShrinkPolicy policy) {
    this.object = object;
    this.headers = headers;
    this.policy = policy;
  }

  /** Adds somebody whose blocks are not to be given out. */
  void addUser(User user) {
    users.add(user);
    forget();
  }

  /** Forgets which numbers are free; it will be found out again. */
  void forget() {
    free = null;
    lastFreed = false;
  }

  /** The first number after all those that were given out. */
  long end() {
    FatHeader header = headers.hold();
    try {
      return header.nextBlock();
    } finally {
      headers.release(header);
    }
  }

  /**
   * Finds free numbers, all that can fail included. They stay free until {@link Claim#take}.
   *
   * @param count how many, one after another; 0 for a change that only frees blocks
   */
  Claim claim(long count, Transaction tx) {
    FatHeader header = headers.hold();
    boolean done = false;
    try {
      object.dirty(header.buffer(), tx);
      Claim claim = new Claim(header, find(header, count), count);
      done = true;
      return claim;
    } finally {
      if (!done) {
        headers.release(header);
      }
    }
  }

  private long find(FatHeader header, long count) {
    if (policy == ShrinkPolicy.FORMAT_FAITHFUL || count == 0) {
      return header.nextBlock();
    }
    BitSet numbers = known(header);
    int from = numbers.nextSetBit(0);
    while (from >= 0) {
      int to = numbers.nextClearBit(from);
      if (to - from >= count) {
        return from;
      }
      from = numbers.nextSetBit(to);
    }
    return header.nextBlock();
  }

  private BitSet known(FatHeader header) {
    BitSet known = free;
    if (known == null) {
      known = scan(header.nextBlock());
      free = known;
      lower(header, header.nextBlock());
    }
    return known;
  }

  private BitSet scan(long end) {
    BitSet numbers = new BitSet();
    long used = 0;
    for (User user : users) {
      used += user.blockCount();
    }
    if (used < end) {
      numbers.set(0, limited(end));
      for (User user : users) {
        user.visit((first, count) -> numbers.clear(limited(first), limited(first + count)));
      }
    }
    return numbers;
  }

  private static int limited(long block) {
    return (int) Math.min(block, LIMIT);
  }

  /** Lowers the next free block: from a number on, and maybe from before it, all are free. */
  private void lower(FatHeader header, long end) {
    long lowest = end;
    if (free != null && end <= LIMIT) {
      lowest = free.previousClearBit((int) end - 1) + 1L;
      free.clear((int) lowest, (int) end);
    }
    header.setFreeBlock(lowest);
  }

  /**
   * Ends a shrink. Under FORMAT_FAITHFUL the next free block is lowered only here, and only if the
   * last block in use was freed. If this fails the next shrink makes up for it.
   */
  void endShrink(Transaction tx) {
    if (!lastFreed) {
      return;
    }
    FatHeader header = headers.hold();
    try {
      object.dirty(header.buffer(), tx);
      long[] end = {0};
      for (User user : users) {
        user.visit((first, count) -> end[0] = Math.max(end[0], first + count));
      }
      header.setFreeBlock(end[0]);
      lastFreed = false;
    } finally {
      headers.release(header);
    }
  }

  /** Numbers that can be taken, and others that can be given back. The header is dirty. */
  final class Claim implements AutoCloseable {
    private final FatHeader header;
    private final long first;
    private final long count;

    private Claim(FatHeader header, long first, long count) {
      this.header = header;
      this.first = first;
      this.count = count;
    }

    /** The first of the numbers. */
    long first() {
      return first;
    }

    /** Takes the numbers. Cannot fail. */
    void take() {
      if (first < header.nextBlock() && free != null) {
        free.clear((int) first, (int) (first + count));
      } else {
        header.setFreeBlock(first + count);
      }
    }

    /** Makes sure that blocks that are in use are before the next free one. Cannot fail. */
    void raise(long end) {
      // An image by another writer can have its next free block inside its growing table.
      if (header.freeBlock() < end) {
        header.setFreeBlock(end);
      }
    }

    /** Says that blocks are no longer in use. Cannot fail. */
    void freed(long firstFreed, long freedCount) {
      long end = firstFreed + freedCount;
      if (policy == ShrinkPolicy.FORMAT_FAITHFUL) {
        lastFreed |= end >= header.freeBlock();
      } else if (end >= header.freeBlock()) {
        lower(header, Math.min(firstFreed, header.freeBlock()));
      } else if (free != null) {
        free.set(limited(firstFreed), limited(end));
      }
    }

    @Override
    public void close() {
      headers.release(header);
    }
  }
}
