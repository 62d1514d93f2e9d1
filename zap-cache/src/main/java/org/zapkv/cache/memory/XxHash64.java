// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * XXH64, the checksum of blocks and logs: 64 bits, not for secrets, the same number on every
 * machine. Stateless; any thread.
 */
public final class XxHash64 {
  /*
   * Implementation notes
   *
   * From the published specification, "xxHash fast digest algorithm", version 0.1.1. Four
   * accumulators take eight bytes each of every 32; what is left over is mixed in by eight, four and
   * one byte. Words are little-endian.
   *
   * The loop of 32 bytes has its accumulators in local variables, which the compiler keeps in
   * registers. It is there once for arrays and once for each way to native memory.
   */
  static final long PRIME_1 = 0x9E3779B185EBCA87L;
  static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
  private static final long PRIME_3 = 0x165667B19E3779F9L;
  private static final long PRIME_4 = 0x85EBCA77C2B2AE63L;
  static final long PRIME_5 = 0x27D4EB2F165667C5L;

  static final int STRIPE_BYTES = 4 * Long.BYTES;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private XxHash64() {}

  /**
   * The hash of native memory.
   *
   * @param address the first byte, in a block that the caller has allocated or holds
   * @param lengthBytes how many bytes, 0 or above
   * @param seed any number; another one gives another hash
   * @return the hash
   * @throws IllegalArgumentException if the length is negative
   */
  public static long ofMemory(long address, long lengthBytes, long seed) {
    if (lengthBytes < 0) {
      throw new IllegalArgumentException("lengthBytes=" + lengthBytes + " is negative");
    }
    return XxHash64OfMemory.hash(address, lengthBytes, seed);
  }

  /**
   * The hash of a part of an array.
   *
   * @param bytes the array
   * @param offset the first index to read
   * @param length how many bytes, 0 or above
   * @param seed any number; another one gives another hash
   * @return the hash, that of the same bytes in native memory
   * @throws IndexOutOfBoundsException if the range is not within the array
   */
  public static long ofArray(byte[] bytes, int offset, int length, long seed) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    int at = offset;
    int end = offset + length;
    long hash = seed + PRIME_5;
    if (length >= STRIPE_BYTES) {
      long a = seed + PRIME_1 + PRIME_2;
      long b = seed + PRIME_2;
      long c = seed;
      long d = seed - PRIME_1;
      for (; at <= end - STRIPE_BYTES; at += STRIPE_BYTES) {
        a = round(a, (long) LONGS.get(bytes, at));
        b = round(b, (long) LONGS.get(bytes, at + Long.BYTES));
        c = round(c, (long) LONGS.get(bytes, at + 2 * Long.BYTES));
        d = round(d, (long) LONGS.get(bytes, at + 3 * Long.BYTES));
      }
      hash = merge(a, b, c, d);
    }
    hash += length;
    for (; at <= end - Long.BYTES; at += Long.BYTES) {
      hash = mixLong(hash, (long) LONGS.get(bytes, at));
    }
    if (at <= end - Integer.BYTES) {
      hash = mixInt(hash, (int) INTS.get(bytes, at) & 0xFFFF_FFFFL);
      at += Integer.BYTES;
    }
    for (; at < end; at++) {
      hash = mixByte(hash, bytes[at] & 0xFF);
    }
    return avalanche(hash);
  }

  static long round(long accumulator, long word) {
    return Long.rotateLeft(accumulator + word * PRIME_2, 31) * PRIME_1;
  }

  static long merge(long a, long b, long c, long d) {
    long hash =
        Long.rotateLeft(a, 1)
            + Long.rotateLeft(b, 7)
            + Long.rotateLeft(c, 12)
            + Long.rotateLeft(d, 18);
    hash = mergeOne(hash, a);
    hash = mergeOne(hash, b);
    hash = mergeOne(hash, c);
    return mergeOne(hash, d);
  }

  private static long mergeOne(long hash, long accumulator) {
    return (hash ^ round(0, accumulator)) * PRIME_1 + PRIME_4;
  }

  static long mixLong(long hash, long word) {
    return Long.rotateLeft(hash ^ round(0, word), 27) * PRIME_1 + PRIME_4;
  }

  static long mixInt(long hash, long word) {
    return Long.rotateLeft(hash ^ word * PRIME_1, 23) * PRIME_2 + PRIME_3;
  }

  static long mixByte(long hash, long value) {
    return Long.rotateLeft(hash ^ value * PRIME_5, 11) * PRIME_1;
  }

  static long avalanche(long hash) {
    long mixed = (hash ^ hash >>> 33) * PRIME_2;
    mixed = (mixed ^ mixed >>> 29) * PRIME_3;
    return mixed ^ mixed >>> 32;
  }
}
