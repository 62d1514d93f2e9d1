// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import org.zapkv.cache.Buffer;
import org.zapkv.pool.Transaction;

/**
 * A flat array of equally sized logical blocks: what a ZAP is built on. A block never written, or
 * freed, reads as zeros.
 *
 * <p>Safe for use from several threads; the content of a block is guarded by whoever uses the
 * object. Changing a block is: hold it, {@link #dirty} it, change its bytes, release it.
 */
public interface BlockObject {

  /**
   * The object's number, unique in its object set.
   *
   * @return the number, above 0
   */
  long objectId();

  /**
   * The size of every block.
   *
   * @return bytes, a multiple of 512
   */
  int blockSizeBytes();

  /**
   * The object's length.
   *
   * @return 1 + the highest block ever dirtied (freeing does not lower it), 0 for a new object
   */
  long blockCount();

  /**
   * Holds a block: its bytes are in memory at {@link Buffer#address()} until the matching {@link
   * Buffer#release}.
   *
   * @param blockId the block, 0 or above; one past the end of the object reads as zeros
   * @param tag who holds it, for leak reports; release takes the same tag
   * @return the held buffer, never null
   * @throws org.zapkv.error.CorruptException if the stored block is damaged
   * @throws org.zapkv.error.DeviceException if it cannot be read
   * @throws org.zapkv.error.CacheFullException if there is no memory for it
   */
  Buffer hold(long blockId, Object tag);

  /**
   * Says that blocks will be held soon: a hint. They are read while the caller goes on, as far as
   * there is memory for them; what goes wrong is told to whoever holds the block.
   *
   * @param blockIds the blocks, those wanted first in front; what is past the end is passed over
   */
  void prefetch(long[] blockIds);

  /**
   * Says that a held block is about to change in a transaction. To be called before the first byte
   * changes; calling it again in the same group costs little.
   *
   * @param buffer a buffer that the caller holds
   * @param tx the transaction that the change belongs to
   */
  void dirty(Buffer buffer, Transaction tx);

  /**
   * Changes the block size of an object that has block 0 only: blocks after it that were written
   * and freed again, both in the transaction's group, are forgotten, and {@link #blockCount} is 1
   * then. The content of block 0 is kept as far as it fits, the rest is zero. The new buffer is
   * dirty in the transaction; it carries no user. The old buffer is no longer part of the object:
   * its holders release it, its user goes with the last of them.
   *
   * @param block0 the present buffer of block 0, held by the caller and by nobody who could change
   *     it; the caller still has to release it
   * @param blockSizeBytes the new size in bytes, a multiple of 512
   * @param tx the transaction that the change belongs to
   * @param tag who holds the new buffer
   * @return the new buffer of block 0, held
   */
  Buffer resize(Buffer block0, int blockSizeBytes, Transaction tx, Object tag);

  /**
   * Turns blocks into a hole. What was changed in them in the open group is dropped; the bytes of a
   * block that somebody holds become zeros at once and its attached user stays (see {@code
   * BufferCache.freeRange}).
   *
   * @param firstBlock the first block
   * @param blockCount how many blocks, above 0
   * @param tx the transaction that the change belongs to
   */
  void freeRange(long firstBlock, long blockCount, Transaction tx);
}
