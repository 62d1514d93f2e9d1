// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The normal form of a key, to compare stored keys with. */
final class NormalForm {
  private final NameNormalizer normalizer;
  private final byte[] form;

  private NormalForm(NameNormalizer normalizer, byte[] form) {
    this.normalizer = normalizer;
    this.form = form;
  }

  /** The form of a key; null when it has none. */
  static @Nullable NormalForm of(NameNormalizer normalizer, byte[] key) {
    byte[] form = normalizer.normalForm(key);
    return form == null ? null : new NormalForm(normalizer, form);
  }

  /** Whether a key has this form. */
  boolean isFormOf(byte[] key) {
    return Arrays.equals(form, normalizer.normalForm(key));
  }
}
