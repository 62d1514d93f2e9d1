// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Keys that collide, as anybody can make them: the hash is linear, so that eight bytes at the end
 * of a key lead to any hash that is wanted, and keys of one length that collide under one salt
 * collide under every salt.
 */
public final class Collisions {
  private static final long POLYNOMIAL = 0xC96C5795D7870F42L;

  private Collisions() {}

  /**
   * The key of a number whose 64-bit CRC is the same as that of every other number.
   *
   * @param group keys of different groups have different hashes
   * @return 16 bytes
   */
  public static byte[] key(long group, long number) {
    return keyWithHash(1, group * 0x9E3779B97F4A7C15L, number);
  }

  /**
   * A key with a hash.
   *
   * @param salt the map's
   * @param hash the CRC, all 64 bits
   * @param number what tells it from others with this hash
   * @return 16 bytes
   */
  static byte[] keyWithHash(long salt, long hash, long number) {
    ByteBuffer key = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(number);
    long before = ZapHash.crc64(salt, key.array(), 0, 8);
    return key.putLong(before ^ unhash(hash)).array();
  }

  /** What has the given CRC after eight more bytes of zero. */
  private static long unhash(long hash) {
    long state = hash;
    for (int bit = 0; bit < 64; bit++) {
      state = state < 0 ? (state ^ POLYNOMIAL) << 1 | 1 : state << 1;
    }
    return state;
  }
}
