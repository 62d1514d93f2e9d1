// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.util.List;

/** Where the cache gets a block from that it does not have. Called with no cache lock held. */
@FunctionalInterface
public interface BlockSource {
  /**
   * Writes all bytes of a block.
   *
   * @param objectId the object
   * @param blockId the block of the object
   * @param address where the bytes go; what is there now means nothing
   * @param sizeBytes how many, every one of which must be written
   * @throws org.zapkv.error.ZapException if the block cannot be had; everyone who waits for it gets
   *     this very exception
   */
  void read(long objectId, long blockId, long address, int sizeBytes);

  /**
   * Reads several blocks of an object ahead of those who will want them, on a thread of the cache.
   * Each ends on its own, by {@link BlockRead#done} or {@link BlockRead#failed}, before this
   * returns: one that cannot be had must not keep the others from being read. A source that can
   * read neighbours at once does it here; this one reads one block after the other.
   *
   * <p>Somebody may wait for any of the blocks already. As {@link #read}, it must not wait for
   * anything that such a one may have to do first.
   *
   * @param reads the blocks, all different, in the order of the hint
   */
  default void readAll(List<BlockRead> reads) {
    for (BlockRead read : reads) {
      try {
        read(read.objectId(), read.blockId(), read.address(), read.sizeBytes());
      } catch (RuntimeException | Error e) {
        read.failed(e);
        continue;
      }
      read.done();
    }
  }
}
