// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

/**
 * On-heap state that was made from a cached block and lives exactly as long as that block is
 * cached.
 *
 * <p>Each callback runs once per attachment, after the buffer has been detached from its user, and
 * never after {@link Buffer#removeUser} or {@link Buffer#replaceUser}. It must not use the buffer.
 * What it throws is logged and counted.
 */
public interface BufferUser {
  /**
   * The block is going. Runs on the thread that evicts, under no lock of the cache, but under
   * whatever locks the code above holds as it calls into the cache: so it must not take any of
   * those. Nobody holds the buffer meanwhile.
   *
   * <p>It may want the very block: that is another buffer by now. Not so for a user from {@link
   * Buffer#setUserImmediateEvict}, whose buffer stays: there others who want the block wait for
   * this call, so it must not wait for them, and to want the block here is a {@link
   * org.zapkv.error.BufferStateException}.
   */
  void evictSync();

  /**
   * Whether {@link #evictAsync} is to run as well. Asked once, after {@link #evictSync}.
   *
   * @return true to have it run
   */
  default boolean wantsEvictAsync() {
    return false;
  }

  /** The second part of an eviction, on the cache's own thread: it may take locks and its time. */
  default void evictAsync() {}
}
