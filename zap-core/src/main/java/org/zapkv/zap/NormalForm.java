// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The normal form of a key, to compare stored keys with. */
final class NormalForm {
  private final NameNormalizer normalizer;
  private final byte[] key;
  private final byte[] form;

  /**
   * The form of a key.
   *
   * @param form what the normaliser says of the key
   */
  NormalForm(NameNormalizer normalizer, byte[] key, byte[] form) {
    this.normalizer = normalizer;
    this.key = key;
    this.form = form;
  }

  /** The form of a key; null when it has none. */
  static @Nullable NormalForm of(NameNormalizer normalizer, byte[] key) {
    byte[] form = normalizer.normalForm(key);
    return form == null ? null : new NormalForm(normalizer, key, form);
  }

  /** Whether a key has this form. */
  boolean isFormOf(byte[] other) {
    return Arrays.equals(key, other) || Arrays.equals(form, normalizer.normalForm(other));
  }
}
