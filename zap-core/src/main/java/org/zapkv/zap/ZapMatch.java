// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * The entry that a lookup found.
 *
 * <p>The bytes belong to whoever made the lookup. After an exact one the key may be the array that
 * was looked up.
 *
 * @param key the key as it is stored
 * @param value the value
 * @param conflict whether another entry's key is equal too, in the way the lookup compares keys:
 *     never for an exact lookup
 */
@SuppressWarnings("ArrayRecordComponent") // equals and hashCode look at the content
public record ZapMatch(byte[] key, ZapValue value, boolean conflict) {

  @Override
  public boolean equals(Object other) {
    return other instanceof ZapMatch that
        && conflict == that.conflict
        && Arrays.equals(key, that.key)
        && value.equals(that.value);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(key) + value.hashCode();
  }

  @Override
  public String toString() {
    return "key=" + HexFormat.of().formatHex(key) + " value=" + value + " conflict=" + conflict;
  }
}
