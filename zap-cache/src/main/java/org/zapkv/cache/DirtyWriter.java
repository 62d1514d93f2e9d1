// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

/** Where dirty blocks go when memory is needed and nothing clean is left to evict. */
@FunctionalInterface
public interface DirtyWriter {
  /**
   * Writes a dirty buffer out, early, so that it can be evicted. The buffer's state is {@link
   * BufferState#EVICTING}: nobody holds it, and whoever wants it waits for this call.
   *
   * <p>Called on the thread that needs memory, whatever locks of its own that thread holds, and no
   * lock of the cache. It must not want this very block, and must not wait for the thread that
   * syncs. If that thread could be at this buffer at the same time, return false.
   *
   * <p>Memory that it takes from the cache is made by eviction of clean buffers only, never by
   * another call of this on the same thread: so it should come from {@link BufferCache#allocateIo}
   * or {@link BufferCache#holdReserved}, which have the reserve. It must not wait for another dirty
   * block either: that one may be in the hands of a thread that waits for this block.
   *
   * @param buffer the buffer; {@link Buffer#copyOut} and {@link Buffer#address} are allowed for the
   *     time of this call
   * @param group the only group that it is dirty in
   * @return true when the bytes are written: the cache drops the dirty record and destroys the
   *     buffer, and a later read of the block must find them; false to leave it as it is
   */
  boolean writeOut(Buffer buffer, long group);

  /**
   * Whether nothing dirty will ever be written again, so that nobody waits long for the memory of
   * dirty blocks. Any thread.
   *
   * @return false, unless something has failed for good
   */
  default boolean hasFailed() {
    return false;
  }

  /**
   * Whether dirty blocks cannot be written just now because what they are written to is full, so
   * that nobody waits long for their memory; asked after {@link #writeOut} has refused some. Any
   * thread.
   *
   * @return false, unless the last attempt to write found no room
   */
  default boolean hasNoRoom() {
    return false;
  }
}
