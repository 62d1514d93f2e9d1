// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import java.util.UUID;
import org.zapkv.cache.memory.XxHash64;

/**
 * The checksum of everything in an intent log: XXH64. The seed says what the bytes are and where.
 */
final class LogChecksum {
  /* An odd constant without a pattern, the fractional part of the golden ratio: it keeps the seeds
  of neighbouring places apart. */
  private static final long MIX_OFFSET = 0x9E3779B97F4A7C15L;

  private LogChecksum() {}

  static long of(long address, long lengthBytes, long seed) {
    return XxHash64.ofMemory(address, lengthBytes, seed);
  }

  /** What stands for a store in the seeds of its log. */
  static long storeSeed(UUID storeId) {
    return storeId.getMostSignificantBits()
        ^ Long.rotateLeft(storeId.getLeastSignificantBits(), 32);
  }

  /** The seed of the checksum of a block's header alone. */
  static long headerSeed(long storeSeed, long offsetBytes) {
    return storeSeed ^ offsetBytes * MIX_OFFSET;
  }
}
