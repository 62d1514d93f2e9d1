// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.lang.System.Logger.Level;
import org.zapkv.cache.Buffer;
import org.zapkv.error.CacheFullException;

/** Counts the heap memory of what is attached to buffers against the budget of the cache. */
final class UserMemory {
  private static final System.Logger LOGGER = System.getLogger(UserMemory.class.getName());

  private UserMemory() {}

  /**
   * Counts a user that was just attached. May evict other blocks and wait for memory, as holding a
   * block may: so not under the content lock of a buffer.
   *
   * @param buffer where it is attached, held
   */
  static void count(Buffer buffer, long bytes) {
    try {
      buffer.userSizeBytes(bytes);
    } catch (CacheFullException e) {
      // Not counted then: it is there already, and goes with the block.
      LOGGER.log(Level.DEBUG, "object={0}: {1}", buffer.objectId(), e);
    }
  }
}
