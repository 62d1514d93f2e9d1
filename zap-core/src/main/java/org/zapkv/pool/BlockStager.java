// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import java.util.ArrayList;
import java.util.List;
import org.zapkv.cache.Buffer;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.ZapException;

/**
 * Writes the blocks of the group being synced: gathers blocks that lie one after the other and
 * writes them at once. Used by the syncing thread alone.
 */
public final class BlockStager {

  /*
   * Implementation notes
   *
   * A block is copied as of its group, and the copy is checksummed and written: what changes in the
   * buffer meanwhile, for the next group, reaches neither. Its pointer is known, and goes into its
   * parent, before it is on the device. That is safe because the buffer stays dirty until then: it
   * is in the cache and nobody looks for its pointer. After the write it is clean and may go.
   *
   * Indirect blocks are made dirty by the syncing thread itself, if need be in the cache's reserve,
   * which is small: when some wait here the run is written early, so that they can go.
   */

  /**
   * With so many bytes of indirect blocks in it a run is written: a quarter of the least reserve.
   */
  private static final int MAX_INDIRECT_BYTES = 256 << 10;

  private final Pool pool;
  private final long address;
  private final int capacityBytes;
  private final List<Staged> run = new ArrayList<>();
  private long runOffset;
  private int runBytes;
  private int indirectBytes;

  private record Staged(Buffer buffer, long group) {}

  BlockStager(Pool pool, long address, int capacityBytes) {
    this.pool = pool;
    this.address = address;
    this.capacityBytes = capacityBytes;
  }

  /**
   * Takes a dirty block to be written: now or with later ones, at the latest in {@link #flush}. It
   * is cleaned when it is written.
   *
   * @param buffer the block, dirty in the group
   * @param group the group being synced
   * @param objectId the object it belongs to
   * @param index its number within its level
   * @param level its level
   * @return where it is, or will be
   */
  public BlockPointer stage(Buffer buffer, long group, long objectId, long index, int level) {
    int sizeBytes = buffer.sizeBytes();
    long offset = pool.space().allocate(sizeBytes, group);
    long copy = place(offset, sizeBytes);
    buffer.copyOut(group, copy);
    run.add(new Staged(buffer, group));
    runBytes += sizeBytes;
    indirectBytes += level > 0 ? sizeBytes : 0;
    return Pool.pointerTo(offset, copy, sizeBytes, group, objectId, index, level);
  }

  /**
   * Takes a stored block to be written once more, elsewhere.
   *
   * @param pointer where it is; what it holds stays the same
   * @param group the group being synced
   * @param objectId the object it belongs to
   * @param index its number within its level
   * @return where it is, or will be
   * @throws CorruptException if it is damaged or cannot be read
   */
  public BlockPointer copy(BlockPointer pointer, long group, long objectId, long index) {
    int sizeBytes = pointer.physicalBytes();
    long offset = pool.space().allocate(sizeBytes, group);
    long copy = place(offset, sizeBytes);
    BlockPointer copied = pointer.movedTo(offset, group);
    try {
      pool.read(pointer, copy, objectId, index, pointer.level());
    } catch (DeviceException e) {
      /* Not a failed write, which would be for good. */
      pool.free(copied, group);
      throw new CorruptException(
          objectId, index, CorruptException.NONE, "cannot be read: " + e.getMessage());
    } catch (ZapException e) {
      pool.free(copied, group);
      throw e;
    }
    runBytes += sizeBytes;
    return copied;
  }

  /** Makes room at the end of the run, or in a new one; gives the address. */
  private long place(long offset, int sizeBytes) {
    if (offset != runOffset + runBytes
        || runBytes + sizeBytes > capacityBytes
        || indirectBytes >= MAX_INDIRECT_BYTES) {
      flush();
      runOffset = offset;
    }
    return address + runBytes;
  }

  /** Writes what was staged. */
  public void flush() {
    if (runBytes > 0) {
      pool.writeBytes(runOffset, address, runBytes);
    }
    runBytes = 0;
    indirectBytes = 0;
    for (Staged staged : run) {
      staged.buffer.clean(staged.group);
    }
    run.clear();
  }
}
