// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.zapkv.cache.Buffer;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.object.BlockObject;
import org.zapkv.pool.Transaction;

/**
 * Gives a pointer table back that is far too large for its leaves: a smaller one, or the one
 * embedded in the header, takes its place. Called with the structure lock held exclusively.
 */
final class TableReduction {
  /*
   * Implementation notes.
   *
   * A smaller table is written to blocks of its own, one after the other, and then takes the place
   * of the larger one at once. Until then the larger one is untouched; should something fail what
   * was written is freed again. Nothing is held but two blocks, however large the table is.
   *
   * One bit more is kept than the leaves need, so that the next splits do not call for growth.
   *
   * The blocks of the larger table are freed last. Nobody holds one of them, as that takes the
   * structure lock; to free a block that nobody holds takes no memory.
   */

  /** A table with fewer pointers for each leaf than this is not too large. */
  private static final int POINTERS_PER_LEAF_SHIFT = 4;

  /**
   * An attempt reads the whole table: not more than 16384 pointers, some 50 microseconds, for each
   * leaf merged away since the last one.
   */
  private static final int POINTERS_PER_MERGE_SHIFT = 14;

  /** However large the table, the next attempt is made when there is an eighth fewer leaves. */
  private static final int FEWER_SHIFT = 3;

  private final BlockObject object;
  private final PointerTable table;
  private final BlockNumbers numbers;

  /** With no more leaves than this the next attempt is made. */
  private long attemptAt = Long.MAX_VALUE;

  TableReduction(BlockObject object, PointerTable table, BlockNumbers numbers) {
    this.object = object;
    this.table = table;
    this.numbers = numbers;
  }

  /** Makes the table smaller if it is far too large, and was not found to be needed lately. */
  void reduceIfDue(FatHeader header, Transaction tx) {
    long leaves = header.leafCount();
    long pointers = 1L << header.tableShift();
    if (header.tableBlock() == 0 || pointers >>> POINTERS_PER_LEAF_SHIFT < leaves) {
      return;
    }
    // Of a map that has grown since, what was found out is of no use.
    if (leaves <= attemptAt || leaves / 2 > attemptAt) {
      long merges = Math.min(pointers >>> POINTERS_PER_MERGE_SHIFT, leaves >>> FEWER_SHIFT);
      attemptAt = leaves - 1 - merges;
      reduce(header, tx);
    }
  }

  private void reduce(FatHeader header, Transaction tx) {
    int spare = spareBits(header);
    if (spare < 2) {
      return;
    }
    giveUpGrowth(header, tx);
    int embedded = FatHeaderLayout.embeddedShift(header.blockShift());
    int shift = header.tableShift() - spare + 1;
    if (shift <= embedded) {
      embed(header, embedded, tx);
    } else {
      replace(header, shift, tx);
    }
  }

  /** How many of the low bits of an index make no difference. */
  private int spareBits(FatHeader header) {
    int[] bits = {header.tableShift()};
    table.forEachRun(
        header,
        (index, leafBlock) -> {
          if (index != 0) {
            bits[0] = Math.min(bits[0], Long.numberOfTrailingZeros(index));
          }
        });
    return bits[0];
  }

  private void giveUpGrowth(FatHeader header, Transaction tx) {
    if (!header.isGrowing()) {
      return;
    }
    try (BlockNumbers.Claim freeing = numbers.claim(0, tx)) {
      object.dirty(header.buffer(), tx);
      long first = header.growingBlock();
      long count = 2 * header.tableBlockCount();
      header.setGrowth(0, 0);
      freeing.freed(first, count);
      object.freeRange(first, count, tx);
    }
  }

  private void embed(FatHeader header, int shift, Transaction tx) {
    try (BlockNumbers.Claim freeing = numbers.claim(0, tx)) {
      object.dirty(header.buffer(), tx);
      long[] pointers = new long[1 << shift];
      int skip = header.tableShift() - shift;
      try (PointerTable.Reader reader = table.new Reader(header)) {
        for (int i = 0; i < pointers.length; i++) {
          pointers[i] = reader.get((long) i << skip);
        }
      }
      long to = header.embeddedTableAddress();
      for (int i = 0; i < pointers.length; i++) {
        NativeMemory.putLong(to + FatHeaderLayout.pointerOffset(i), pointers[i]);
      }
      become(header, 0, 0, shift, freeing, tx);
    }
  }

  private void replace(FatHeader header, int shift, Transaction tx) {
    long count = 1L << (shift - FatHeaderLayout.pointersPerBlockShift(header.blockShift()));
    try (BlockNumbers.Claim claim = numbers.claim(count, tx)) {
      object.dirty(header.buffer(), tx);
      write(header, claim.first(), count, header.tableShift() - shift, tx);
      claim.take();
      become(header, claim.first(), count, shift, claim, tx);
    }
  }

  private void write(FatHeader header, long first, long count, int skip, Transaction tx) {
    try (PointerTable.Reader reader = table.new Reader(header)) {
      for (long block = 0; block < count; block++) {
        writeBlock(header, reader, first, block, skip, tx);
      }
    } catch (RuntimeException | Error e) {
      try {
        object.freeRange(first, count, tx);
      } catch (RuntimeException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private void writeBlock(
      FatHeader header,
      PointerTable.Reader reader,
      long first,
      long block,
      int skip,
      Transaction tx) {
    int perBlockShift = FatHeaderLayout.pointersPerBlockShift(header.blockShift());
    Buffer buffer = object.hold(first + block, this);
    try {
      object.dirty(buffer, tx);
      for (long i = 0; i < 1L << perBlockShift; i++) {
        long pointer = reader.get((block << perBlockShift | i) << skip);
        NativeMemory.putLong(buffer.address() + FatHeaderLayout.pointerOffset(i), pointer);
      }
    } finally {
      buffer.release(this);
    }
  }

  private void become(
      FatHeader header,
      long first,
      long count,
      int shift,
      BlockNumbers.Claim claim,
      Transaction tx) {
    long oldFirst = header.tableBlock();
    long oldCount = header.tableBlockCount();
    header.setTable(first, count, shift);
    claim.freed(oldFirst, oldCount);
    object.freeRange(oldFirst, oldCount, tx);
  }
}
