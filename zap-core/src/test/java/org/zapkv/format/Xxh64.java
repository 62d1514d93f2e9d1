// SPDX-License-Identifier: Apache-2.0
package org.zapkv.format;

import java.nio.ByteBuffer;

/** XXH64, after its public description. */
final class Xxh64 {
  private static final long PRIME_1 = 0x9E3779B185EBCA87L;
  private static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
  private static final long PRIME_3 = 0x165667B19E3779F9L;
  private static final long PRIME_4 = 0x85EBCA77C2B2AE63L;
  private static final long PRIME_5 = 0x27D4EB2F165667C5L;

  private Xxh64() {}

  /** The hash of bytes of a little-endian buffer. */
  static long hash(ByteBuffer bytes, int from, int length, long seed) {
    int at = from;
    int end = from + length;
    long hash;
    if (length >= 32) {
      long v1 = seed + PRIME_1 + PRIME_2;
      long v2 = seed + PRIME_2;
      long v3 = seed;
      long v4 = seed - PRIME_1;
      for (; at + 32 <= end; at += 32) {
        v1 = round(v1, bytes.getLong(at));
        v2 = round(v2, bytes.getLong(at + 8));
        v3 = round(v3, bytes.getLong(at + 16));
        v4 = round(v4, bytes.getLong(at + 24));
      }
      hash =
          Long.rotateLeft(v1, 1)
              + Long.rotateLeft(v2, 7)
              + Long.rotateLeft(v3, 12)
              + Long.rotateLeft(v4, 18);
      hash = merge(merge(merge(merge(hash, v1), v2), v3), v4);
    } else {
      hash = seed + PRIME_5;
    }
    return finish(bytes, at, end, hash + length);
  }

  private static long finish(ByteBuffer bytes, int from, int end, long start) {
    int at = from;
    long hash = start;
    for (; at + 8 <= end; at += 8) {
      hash = Long.rotateLeft(hash ^ round(0, bytes.getLong(at)), 27) * PRIME_1 + PRIME_4;
    }
    if (at + 4 <= end) {
      hash ^= Integer.toUnsignedLong(bytes.getInt(at)) * PRIME_1;
      hash = Long.rotateLeft(hash, 23) * PRIME_2 + PRIME_3;
      at += 4;
    }
    for (; at < end; at++) {
      hash = Long.rotateLeft(hash ^ Byte.toUnsignedLong(bytes.get(at)) * PRIME_5, 11) * PRIME_1;
    }
    hash = (hash ^ hash >>> 33) * PRIME_2;
    hash = (hash ^ hash >>> 29) * PRIME_3;
    return hash ^ hash >>> 32;
  }

  private static long round(long value, long input) {
    return Long.rotateLeft(value + input * PRIME_2, 31) * PRIME_1;
  }

  private static long merge(long hash, long value) {
    return (hash ^ round(0, value)) * PRIME_1 + PRIME_4;
  }
}
