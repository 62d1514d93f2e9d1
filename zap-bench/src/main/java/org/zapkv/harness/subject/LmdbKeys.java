// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.subject;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * Keys longer than LMDB takes them: the end of such a one is a digest of the whole, which stands
 * before the value. Every value has the length of that before it, or 0.
 */
final class LmdbKeys {
  static final int LENGTH_BYTES = Short.BYTES;
  private static final int DIGEST_BYTES = 32;

  private LmdbKeys() {}

  /** A stored key of a length that is allowed. */
  static byte[] fitting(byte[] stored, int maxBytes) {
    if (stored.length <= maxBytes) {
      return stored;
    }
    byte[] fitting = Arrays.copyOf(stored, maxBytes);
    System.arraycopy(digest(stored), 0, fitting, maxBytes - DIGEST_BYTES, DIGEST_BYTES);
    return fitting;
  }

  private static byte[] digest(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("each Java has SHA-256", e);
    }
  }

  /** How long the whole key is that stands before a value; 0: none does. */
  static int wholeBytes(byte[] stored, int maxBytes) {
    return stored.length <= maxBytes ? 0 : stored.length;
  }

  /** Writes a value with what stands before it. */
  static void put(byte[] stored, int maxBytes, byte[] value, ByteBuffer to) {
    int wholeBytes = wholeBytes(stored, maxBytes);
    to.putShort((short) wholeBytes).put(stored, 0, wholeBytes).put(value);
  }

  /** The whole key of an entry; the value is what remains in the buffer afterwards. */
  static byte[] whole(ByteBuffer key, ByteBuffer value) {
    int wholeBytes = value.getShort();
    return wholeBytes == 0 ? rest(key) : bytes(value, wholeBytes);
  }

  /** The value of an entry, without what stands before it. */
  static byte[] value(ByteBuffer value) {
    int wholeBytes = value.getShort();
    return rest(value.position(value.position() + wholeBytes));
  }

  /** What remains in a buffer. */
  static byte[] rest(ByteBuffer from) {
    return bytes(from, from.remaining());
  }

  private static byte[] bytes(ByteBuffer from, int length) {
    byte[] bytes = new byte[length];
    from.get(bytes);
    return bytes;
  }
}
