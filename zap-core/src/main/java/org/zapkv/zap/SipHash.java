// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.zapkv.zap.LittleEndian.LONGS;

/**
 * SipHash-2-4, a hash with a secret key: who does not know the key can not choose inputs whose
 * hashes collide. After Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012); the JDK
 * has no keyed hash this short, and a library for it would be on every user's class path.
 */
final class SipHash {
  private long v0;
  private long v1;
  private long v2;
  private long v3;

  private SipHash(long key0, long key1) {
    v0 = key0 ^ 0x736F6D6570736575L;
    v1 = key1 ^ 0x646F72616E646F6DL;
    v2 = key0 ^ 0x6C7967656E657261L;
    v3 = key1 ^ 0x7465646279746573L;
  }

  /**
   * The hash of a byte string.
   *
   * @param key0 the first half of the key, its bytes read least significant first
   * @param key1 the second half
   */
  static long hash(long key0, long key1, byte[] data) {
    SipHash state = new SipHash(key0, key1);
    int whole = data.length & -Long.BYTES;
    for (int at = 0; at < whole; at += Long.BYTES) {
      state.compress((long) LONGS.get(data, at));
    }
    long last = (long) data.length << 56;
    for (int i = whole; i < data.length; i++) {
      last |= (data[i] & 0xFFL) << (8 * (i - whole));
    }
    state.compress(last);
    return state.finish();
  }

  private void compress(long word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }

  private long finish() {
    v2 ^= 0xFF;
    for (int i = 0; i < 4; i++) {
      round();
    }
    return v0 ^ v1 ^ v2 ^ v3;
  }

  private void round() {
    v0 += v1;
    v1 = Long.rotateLeft(v1, 13) ^ v0;
    v0 = Long.rotateLeft(v0, 32);
    v2 += v3;
    v3 = Long.rotateLeft(v3, 16) ^ v2;
    v0 += v3;
    v3 = Long.rotateLeft(v3, 21) ^ v0;
    v2 += v1;
    v1 = Long.rotateLeft(v1, 17) ^ v2;
    v2 = Long.rotateLeft(v2, 32);
  }
}
