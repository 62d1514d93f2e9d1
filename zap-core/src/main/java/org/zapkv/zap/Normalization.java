// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Objects;

/**
 * Which keys of a map count as variants of one another: keys that are text, in UTF-8. A key is
 * stored as it was given; variants are different keys that share a hash, and a lookup can ask for
 * whichever variant is there. It is stored with the map and never changes.
 *
 * @param letterCase what is done to letters
 * @param form the Unicode normalisation form
 */
public record Normalization(LetterCase letterCase, Form form) {
  /** Every key is a key of its own: what a map has where nothing else is said. */
  public static final Normalization NONE = new Normalization(LetterCase.KEPT, Form.NONE);

  private static final int ALL_BITS = 0x76;

  /** What is done to letters. Each code point has one counterpart, whatever the locale. */
  public enum LetterCase {
    /** Nothing. */
    KEPT(0),
    /** They become upper case. */
    UPPER(0x2),
    /** They become lower case. */
    LOWER(0x4);

    private final int bits;

    LetterCase(int bits) {
      this.bits = bits;
    }
  }

  /** Unicode normalisation forms. Maps that have one refuse keys that are not valid UTF-8. */
  public enum Form {
    /** None: code points stay as they are. */
    NONE(0),
    /** Canonical decomposition. */
    NFD(0x10),
    /** Canonical decomposition, then composition. */
    NFC(0x50),
    /** Compatibility decomposition. */
    NFKD(0x20),
    /** Compatibility decomposition, then composition. */
    NFKC(0x60);

    private final int bits;

    Form(int bits) {
      this.bits = bits;
    }
  }

  /**
   * Checks that nothing is missing.
   *
   * @param letterCase what is done to letters, not null
   * @param form the Unicode normalisation form, not null
   */
  public Normalization {
    Objects.requireNonNull(letterCase, "letterCase");
    Objects.requireNonNull(form, "form");
  }

  /**
   * What is stored in a map as its normflags.
   *
   * @param normflags TOUPPER 0x2 or TOLOWER 0x4 or neither, with NFD 0x10, NFC 0x50, NFKD 0x20,
   *     NFKC 0x60 or none
   * @return what they mean
   * @throws IllegalArgumentException if they mean nothing
   */
  public static Normalization of(long normflags) {
    if ((normflags & ~ALL_BITS) == 0) {
      for (LetterCase letterCase : LetterCase.values()) {
        for (Form form : Form.values()) {
          if ((letterCase.bits | form.bits) == normflags) {
            return new Normalization(letterCase, form);
          }
        }
      }
    }
    throw new IllegalArgumentException(
        "normflags=0x"
            + Long.toHexString(normflags)
            + ": one of 0x2 (upper case), 0x4 (lower case), 0, with one of 0x10 (NFD), 0x50 (NFC),"
            + " 0x20 (NFKD), 0x60 (NFKC), 0");
  }

  /**
   * How this is stored.
   *
   * @return the normflags; 0 for {@link #NONE}
   */
  public int normflags() {
    return letterCase.bits | form.bits;
  }
}
