// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

/** XXH64 of native memory, read through {@link NativeMemory}. */
final class XxHash64OfMemory {
  private XxHash64OfMemory() {}

  static long hash(long address, long lengthBytes, long seed) {
    long at = address;
    long end = address + lengthBytes;
    long hash = seed + XxHash64.PRIME_5;
    if (lengthBytes >= XxHash64.STRIPE_BYTES) {
      long a = seed + XxHash64.PRIME_1 + XxHash64.PRIME_2;
      long b = seed + XxHash64.PRIME_2;
      long c = seed;
      long d = seed - XxHash64.PRIME_1;
      for (; at <= end - XxHash64.STRIPE_BYTES; at += XxHash64.STRIPE_BYTES) {
        a = XxHash64.round(a, NativeMemory.getLong(at));
        b = XxHash64.round(b, NativeMemory.getLong(at + Long.BYTES));
        c = XxHash64.round(c, NativeMemory.getLong(at + 2 * Long.BYTES));
        d = XxHash64.round(d, NativeMemory.getLong(at + 3 * Long.BYTES));
      }
      hash = XxHash64.merge(a, b, c, d);
    }
    hash += lengthBytes;
    for (; at <= end - Long.BYTES; at += Long.BYTES) {
      hash = XxHash64.mixLong(hash, NativeMemory.getLong(at));
    }
    if (at <= end - Integer.BYTES) {
      hash = XxHash64.mixInt(hash, NativeMemory.getUnsignedInt(at));
      at += Integer.BYTES;
    }
    for (; at < end; at++) {
      hash = XxHash64.mixByte(hash, NativeMemory.getUnsignedByte(at));
    }
    return XxHash64.avalanche(hash);
  }
}
