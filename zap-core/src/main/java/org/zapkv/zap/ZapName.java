// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.jspecify.annotations.Nullable;
import org.zapkv.error.KeyTooLongException;

/**
 * What an operation needs to know of a key, worked out once: its bytes, how they are stored, which
 * bytes are hashed, their hash, and which stored keys are equal to it.
 *
 * <p>A string key is stored with a NUL behind it and counted in bytes; a key of 64-bit words is
 * given with each word's most significant byte first, stored like that, and counted in words.
 */
final class ZapName {
  static final int FLAG_HASH64 = 1;
  static final int FLAG_UINT64_KEY = 2;
  static final int FLAG_PRE_HASHED_KEY = 4;
  static final int ALL_FLAGS = FLAG_HASH64 | FLAG_UINT64_KEY | FLAG_PRE_HASHED_KEY;

  static final int MICRO_HASH_BITS = 28;
  private static final int HASH64_BITS = 48;

  private final byte[] key;
  private final int storedBytes;
  private final int integerCount;
  private final byte[] hashed;
  private final long hash;
  private final @Nullable NormalForm form;

  /**
   * A name.
   *
   * @param key the bytes as the caller gave them
   * @param storedBytes how many bytes are stored: those of the key, and the NUL of a string
   * @param integerCount the length that is stored with the name
   * @param hashed the bytes that the hash is of: the key, or its normal form
   * @param hash the masked hash
   * @param form what the keys that are looked for have in common; null for the key itself
   */
  private ZapName(
      byte[] key,
      int storedBytes,
      int integerCount,
      byte[] hashed,
      long hash,
      @Nullable NormalForm form) {
    this.key = key;
    this.storedBytes = storedBytes;
    this.integerCount = integerCount;
    this.hashed = hashed;
    this.hash = hash;
    this.form = form;
  }

  /** A string of which the masked hash is known. */
  static ZapName ofString(byte[] key, byte[] hashed, long hash, @Nullable NormalForm form) {
    return new ZapName(key, key.length + 1, key.length + 1, hashed, hash, form);
  }

  /** The same name with another hash. */
  ZapName withHash(long otherHash) {
    return new ZapName(key, storedBytes, integerCount, hashed, otherHash, form);
  }

  byte[] key() {
    return key;
  }

  /** The bytes that the hash is of: the key, or its normal form. */
  byte[] hashed() {
    return hashed;
  }

  /** What the keys that are looked for have in common; null: only the key itself is looked for. */
  @Nullable NormalForm form() {
    return form;
  }

  int storedBytes() {
    return storedBytes;
  }

  int integerCount() {
    return integerCount;
  }

  long hash() {
    return hash;
  }

  static int hashBits(long flags) {
    return (flags & FLAG_HASH64) != 0 ? HASH64_BITS : MICRO_HASH_BITS;
  }

  /** The first cd that is too large. */
  static long cdLimit(int hashBits) {
    return hashBits == HASH64_BITS ? 0xFFFF : 0xFFFFFFFFL;
  }

  static boolean isUint64(long flags) {
    return (flags & FLAG_UINT64_KEY) != 0;
  }

  static void checkLength(String what, int bytes, int maxBytes) {
    if (bytes > maxBytes) {
      throw new KeyTooLongException(
          what + " has " + bytes + " bytes; the longest that fits has " + maxBytes);
    }
  }

  /** The name of a key in a map that does not normalise its keys. */
  static ZapName of(byte[] key, long salt, long flags, int maxKeyBytes) {
    checkLength("the key", key.length, maxKeyBytes);
    if (isUint64(flags)) {
      int words = key.length / Long.BYTES;
      if (words == 0 || key.length % Long.BYTES != 0) {
        throw new IllegalArgumentException(
            "key.length=" + key.length + ": the keys of this map are whole 64-bit words");
      }
      long hash = ZapHash.mask(hashWords(key, salt, flags), hashBits(flags));
      return new ZapName(key, key.length, words, key, hash, null);
    }
    return ofString(key, key, plainHash(key, salt, flags), null);
  }

  /** The hash of a key that is a string and is not normalised. */
  static long plainHash(byte[] key, long salt, long flags) {
    return ZapHash.mask(ZapHash.crc64(salt, key, 0, key.length), hashBits(flags));
  }

  private static long hashWords(byte[] key, long salt, long flags) {
    if ((flags & FLAG_PRE_HASHED_KEY) != 0) {
      return word(key, 0);
    }
    long hash = salt;
    for (int offset = 0; offset < key.length; offset += Long.BYTES) {
      hash = ZapHash.crc64(hash, word(key, offset));
    }
    return hash;
  }

  private static long word(byte[] key, int offset) {
    long word = 0;
    for (int i = offset; i < offset + Long.BYTES; i++) {
      word = word << 8 | (key[i] & 0xFF);
    }
    return word;
  }

  /** Whether a micro map can hold this name: its form has no place for the others. */
  boolean fitsMicro() {
    if (key.length == 0 || key.length > MicroLayout.MAX_NAME_BYTES) {
      return false;
    }
    for (byte b : key) {
      if (b == 0) {
        return false;
      }
    }
    return true;
  }
}
