// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.BlockRead;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.error.CorruptException;
import org.zapkv.error.ZapException;
import org.zapkv.pool.BlockPointer;
import org.zapkv.pool.Pool;

/** Reads several blocks of an object, those that lie next to each other on the device at once. */
final class NeighbourReads {

  /*
   * Implementation notes
   *
   * A run is read into memory of its own and its blocks are verified there, each for itself. What is
   * not as it should be (the device fails somewhere in the run, a checksum differs as the block was
   * freed meanwhile, there is no memory for the run) is read again alone, by ObjectNode.read: that
   * knows what to do, and fails for this one block only.
   */

  /** What lies between two blocks is read with them if it is no more than this. */
  private static final int MAX_GAP_BYTES = 16 << 10;

  private final ObjectNode node;
  private final BufferCache cache;
  private final Pool pool;

  private record Located(BlockRead read, BlockPointer pointer) {
    long offset() {
      return pointer.offsetBytes();
    }

    long end() {
      return pointer.offsetBytes() + pointer.physicalBytes();
    }
  }

  NeighbourReads(ObjectNode node, ObjectContext context) {
    this.node = node;
    this.cache = context.cache();
    this.pool = context.pool();
  }

  void read(List<BlockRead> reads) {
    List<Located> located = new ArrayList<>();
    for (BlockRead read : reads) {
      BlockPointer pointer = locate(read);
      if (pointer == null) {
        readAlone(read);
      } else {
        located.add(new Located(read, pointer));
      }
    }
    located.sort(Comparator.comparingLong(Located::offset));
    int from = 0;
    for (int to = 1; to <= located.size(); to++) {
      if (to == located.size() || !isOneRun(located, from, to)) {
        readRun(located.subList(from, to));
        from = to;
      }
    }
  }

  /** Where a block is; null: it has to be read alone. */
  private @Nullable BlockPointer locate(BlockRead read) {
    try {
      BlockPointer pointer = node.find(read.blockId());
      boolean plain = !pointer.isHole() && pointer.logicalBytes() == read.sizeBytes();
      return plain && pool.isReadable(pointer) ? pointer : null;
    } catch (ZapException e) {
      // Somebody may wait for the block: reading it alone meets the same failure, and says so.
      return null;
    }
  }

  /** Whether a block can be read with those before it. */
  private static boolean isOneRun(List<Located> located, int from, int next) {
    long gap = located.get(next).offset() - located.get(next - 1).end();
    long runBytes = located.get(next).end() - located.get(from).offset();
    return gap >= 0 && gap <= MAX_GAP_BYTES && runBytes <= Pool.MAX_BLOCK_BYTES;
  }

  private void readRun(List<Located> run) {
    long first = run.get(0).offset();
    int runBytes = (int) (run.get(run.size() - 1).end() - first);
    IoMemory memory = run.size() == 1 ? null : readTogether(first, runBytes);
    if (memory == null) {
      run.forEach(located -> readAlone(located.read));
      return;
    }
    try (memory) {
      for (Located located : run) {
        BlockRead read = located.read;
        long copy = memory.address() + (located.offset() - first);
        if (pool.isIntact(located.pointer, copy, node.objectId(), read.blockId())
            && isUnpacked(located, copy)) {
          read.done();
        } else {
          readAlone(read);
        }
      }
    }
  }

  private boolean isUnpacked(Located located, long copy) {
    BlockRead read = located.read;
    try {
      pool.unpack(located.pointer, copy, read.address(), node.objectId(), read.blockId());
      return true;
    } catch (CorruptException e) {
      // Reading it alone says so, if it still has to be read.
      return false;
    }
  }

  /** The bytes of a run, to be closed; null: no memory for that now, or it cannot be read. */
  private @Nullable IoMemory readTogether(long offset, int lengthBytes) {
    IoMemory memory = null;
    boolean isRead = false;
    try {
      memory = cache.allocateIoIfFree(lengthBytes);
      if (memory != null) {
        pool.readBytes(offset, memory.address(), lengthBytes);
        isRead = true;
      }
    } catch (ZapException e) {
      // Each block is tried alone then, and says what is wrong with it.
      isRead = false;
    } finally {
      if (!isRead && memory != null) {
        memory.close();
      }
    }
    return isRead ? memory : null;
  }

  private void readAlone(BlockRead read) {
    try {
      node.read(read.objectId(), read.blockId(), read.address(), read.sizeBytes());
    } catch (RuntimeException | Error e) {
      read.failed(e);
      return;
    }
    read.done();
  }
}
