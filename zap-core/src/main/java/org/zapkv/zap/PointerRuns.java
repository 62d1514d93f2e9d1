// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.jspecify.annotations.Nullable;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.error.ZapException;
import org.zapkv.object.BlockObject;

/**
 * The runs of equal pointers in a pointer table, one after another, whatever they are. Each block
 * of the table is held once. The structure lock is held.
 */
final class PointerRuns implements AutoCloseable {
  /** A hostile table can be one long hole: a run of what leads nowhere is cut to this length. */
  private static final long LONGEST_ASTRAY = 1 << 16;

  private final BlockObject object;
  private final PointerTable table;
  private final FatHeader header;
  private final int perBlockShift;
  private final long length;

  private long first;
  private long end;
  private long pointer;

  private @Nullable Buffer held;

  PointerRuns(BlockObject object, PointerTable table, FatHeader header) {
    this.object = object;
    this.table = table;
    this.header = header;
    this.perBlockShift = FatHeaderLayout.pointersPerBlockShift(header.blockShift());
    this.length = 1L << header.tableShift();
  }

  /**
   * Goes to the next run.
   *
   * @return false when there is none
   * @throws ZapException if a block of the table cannot be read; the next call goes on after it
   */
  boolean next() {
    first = end;
    if (first == length) {
      return false;
    }
    try {
      pointer = get(first);
      long longest = table.mayBeLeaf(header, pointer) ? length : LONGEST_ASTRAY;
      do {
        end++;
      } while (end < length && end - first < longest && get(end) == pointer);
    } catch (ZapException e) {
      end = Math.min(length, ((end >>> perBlockShift) + 1) << perBlockShift);
      throw e;
    }
    return true;
  }

  private long get(long index) {
    if (header.tableBlock() == 0) {
      return NativeMemory.getLong(
          header.embeddedTableAddress() + FatHeaderLayout.pointerOffset(index));
    }
    long inBlock = index & ((1L << perBlockShift) - 1);
    return PointerTable.pointer(header, block(index), inBlock);
  }

  private Buffer block(long index) {
    long block = blockOf(index);
    Buffer buffer = held;
    if (buffer == null || buffer.blockId() != block) {
      close();
      buffer = object.hold(block, this);
      held = buffer;
    }
    return buffer;
  }

  private long blockOf(long index) {
    return header.tableBlock() == 0
        ? header.buffer().blockId()
        : header.tableBlock() + (index >>> perBlockShift);
  }

  /** The index of the first pointer of the run. */
  long first() {
    return first;
  }

  /** How many pointers the run has. */
  long count() {
    return end - first;
  }

  /** What they are: the block of a leaf, if they are right. */
  long pointer() {
    return pointer;
  }

  /** The block that the first pointer is in. */
  long blockId() {
    return blockOf(first);
  }

  /** The offset of the first pointer in that block, in bytes. */
  long offsetBytes() {
    return header.tableBlock() == 0
        ? FatHeaderLayout.embeddedTableOffset(header.blockShift())
            + FatHeaderLayout.pointerOffset(first)
        : FatHeaderLayout.pointerOffset(first & ((1L << perBlockShift) - 1));
  }

  @Override
  public void close() {
    Buffer buffer = held;
    if (buffer != null) {
      held = null;
      buffer.release(this);
    }
  }
}
