// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

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
}
