// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.zapkv.cache.Buffer;

/** Counts the heap memory of what is attached to buffers against the budget of the cache. */
final class UserMemory {
  private UserMemory() {}

  /**
   * Counts a user that was just attached, if there is room: else it is there all the same, and goes
   * with its block. May evict clean blocks, so not under the content lock of a buffer; but never
   * waits: who counts may hold locks that those wait for who would make room, and where a device
   * has failed nobody makes any.
   *
   * @param buffer where it is attached, held
   */
  static void count(Buffer buffer, long bytes) {
    buffer.tryUserSizeBytes(bytes, true);
  }
}
