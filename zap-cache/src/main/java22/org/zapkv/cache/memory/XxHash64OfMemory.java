// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

import java.lang.foreign.MemorySegment;

/**
 * XXH64 of native memory on JDK 22 and later. A slice is looked up once, and the compiler takes its
 * checks out of the loop: with {@link NativeMemory#getLong} for each word it takes three times as
 * long.
 */
final class XxHash64OfMemory {
  private XxHash64OfMemory() {}

  static long hash(long address, long lengthBytes, long seed) {
    if (lengthBytes == 0) {
      return XxHash64.avalanche(seed + XxHash64.PRIME_5);
    }
    MemorySegment slice = NativeMemory.slice(address, lengthBytes);
    int at = 0;
    int end = Math.toIntExact(lengthBytes);
    long hash = seed + XxHash64.PRIME_5;
    if (lengthBytes >= XxHash64.STRIPE_BYTES) {
      long a = seed + XxHash64.PRIME_1 + XxHash64.PRIME_2;
      long b = seed + XxHash64.PRIME_2;
      long c = seed;
      long d = seed - XxHash64.PRIME_1;
      for (; at <= end - XxHash64.STRIPE_BYTES; at += XxHash64.STRIPE_BYTES) {
        a = XxHash64.round(a, slice.get(NativeMemory.LONG, at));
        b = XxHash64.round(b, slice.get(NativeMemory.LONG, at + Long.BYTES));
        c = XxHash64.round(c, slice.get(NativeMemory.LONG, at + 2 * Long.BYTES));
        d = XxHash64.round(d, slice.get(NativeMemory.LONG, at + 3 * Long.BYTES));
      }
      hash = XxHash64.merge(a, b, c, d);
    }
    hash += lengthBytes;
    for (; at <= end - Long.BYTES; at += Long.BYTES) {
      hash = XxHash64.mixLong(hash, slice.get(NativeMemory.LONG, at));
    }
    if (at <= end - Integer.BYTES) {
      hash = XxHash64.mixInt(hash, slice.get(NativeMemory.INT, at) & 0xFFFF_FFFFL);
      at += Integer.BYTES;
    }
    for (; at < end; at++) {
      hash = XxHash64.mixByte(hash, slice.get(NativeMemory.BYTE, at) & 0xFF);
    }
    return XxHash64.avalanche(hash);
  }
}
