// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import org.jspecify.annotations.Nullable;
import org.zapkv.error.CorruptException;
import org.zapkv.error.KeyNotTextException;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.zap.Normalization.LetterCase;

/**
 * How keys become names in one map: its salt, its flags, its normalisation, and how long a key may
 * be.
 */
final class ZapNames {
  /** The longest name that can be stored: 1023 bytes and a NUL, or 128 words. */
  static final int LONGEST_STORED_BYTES = 1024;

  private final long salt;
  private final long flags;
  private final Normalization normalization;
  private final int maxKeyBytes;

  /** For hashing, and to compare with all of the normalisation; null in a plain map. */
  private final @Nullable NameNormalizer normalizer;

  /** To compare without upper case; null when keys are to be the same then. */
  private final @Nullable NameNormalizer caseNormalizer;

  private ZapNames(long salt, long flags, Normalization normalization, int maxKeyBytes) {
    this.salt = salt;
    this.flags = flags;
    this.normalization = normalization;
    this.maxKeyBytes = maxKeyBytes;
    this.normalizer = NameNormalizer.of(normalization);
    LetterCase kept =
        normalization.letterCase() == LetterCase.UPPER
            ? LetterCase.KEPT
            : normalization.letterCase();
    this.caseNormalizer = NameNormalizer.of(new Normalization(kept, normalization.form()));
  }

  /**
   * The rules of a map, for names as long as any that is stored.
   *
   * @param normflags checked by {@link #areNormflags}
   */
  static ZapNames of(long salt, long flags, long normflags) {
    return new ZapNames(salt, flags, Normalization.of(normflags), LONGEST_STORED_BYTES);
  }

  /** Whether a map with these flags can have these normflags. */
  static boolean areNormflags(long normflags, long flags) {
    if (normflags == 0) {
      return true;
    }
    try {
      Normalization.of(normflags);
    } catch (IllegalArgumentException e) {
      return false;
    }
    return !ZapName.isUint64(flags);
  }

  /** The same rules for keys of a length. */
  ZapNames upTo(int keyBytes) {
    return new ZapNames(salt, flags, normalization, keyBytes);
  }

  long salt() {
    return salt;
  }

  long normflags() {
    return normalization.normflags();
  }

  int hashBits() {
    return ZapName.hashBits(flags);
  }

  /** Whether keys are 64-bit words rather than strings. */
  boolean hasWords() {
    return ZapName.isUint64(flags);
  }

  /** Whether every key is hashed as it is, and stored as a string. */
  boolean arePlain() {
    return normalizer == null && !hasWords();
  }

  /** The hash of a key in a map whose names are plain; no object is made. */
  long plainHash(byte[] key) {
    return ZapName.plainHash(key, salt, flags);
  }

  /** The same, of a key that is the beginning of an array. */
  long plainHash(byte[] bytes, int keyBytes) {
    return ZapHash.mask(ZapHash.crc64(salt, bytes, 0, keyBytes), hashBits());
  }

  /** Whether a key can have variants. */
  boolean hasVariants() {
    return normalizer != null;
  }

  /**
   * The name of a key, to be found byte for byte.
   *
   * @throws KeyTooLongException if the key or its normal form is too long
   * @throws KeyNotTextException if the map needs text and the key is none
   * @throws IllegalArgumentException if the map needs words and the key is none
   */
  ZapName exact(byte[] key) {
    return normalizer == null
        ? ZapName.of(key, salt, flags, maxKeyBytes)
        : normalized(normalizer, key, MatchType.EXACT);
  }

  /**
   * The name of a key, to be found as a lookup says.
   *
   * @throws IllegalArgumentException also if keys are words, which have no variants
   */
  ZapName matching(byte[] key, MatchType match) {
    if (match == MatchType.EXACT) {
      return exact(key);
    }
    if (hasWords()) {
      throw new IllegalArgumentException(
          "match=" + match + ": the keys of this map are 64-bit words, which have no variants");
    }
    return normalizer == null ? exact(key) : normalized(normalizer, key, match);
  }

  private ZapName normalized(NameNormalizer hashing, byte[] key, MatchType match) {
    ZapName.checkLength("the key", key.length, maxKeyBytes);
    byte[] hashed = hashing.normalForm(key);
    if (hashed == null) {
      throw new KeyNotTextException(
          "the key of "
              + key.length
              + " bytes is not valid UTF-8; this map takes text only, as it normalises its keys");
    }
    ZapName.checkLength("the normal form of the key", hashed.length, maxKeyBytes);
    long hash = ZapHash.mask(ZapHash.crc64(salt, hashed, 0, hashed.length), hashBits());
    NormalForm form =
        switch (match) {
          case EXACT -> null;
          case NORMALIZED -> new NormalForm(hashing, key, hashed);
          case MATCH_CASE -> caseNormalizer == null ? null : NormalForm.of(caseNormalizer, key);
        };
    return ZapName.ofString(key, hashed, hash, form);
  }

  /** What variants of a key have in common; null when it has none. */
  @Nullable NormalForm variants(byte[] key) {
    return normalizer == null ? null : NormalForm.of(normalizer, key);
  }

  /**
   * The name of a key that is stored, to be found as a lookup says.
   *
   * @throws CorruptException if it cannot have been stored under these rules
   */
  ZapName stored(byte[] key, MatchType match, long objectId, long blockId, long offsetBytes) {
    try {
      return matching(key, match);
    } catch (KeyTooLongException | KeyNotTextException e) {
      throw new CorruptException(objectId, blockId, offsetBytes, String.valueOf(e.getMessage()));
    }
  }
}
