// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/**
 * How a lookup compares keys. In a map that does not normalise its keys, where a key has no
 * variants, each finds the key itself.
 */
public enum MatchType {
  /** The key itself, byte for byte. */
  EXACT,
  /**
   * Any key with the same normal form. Of several it is the one with the lowest collision
   * differentiator, which need not be the key itself even if that is there.
   */
  NORMALIZED,
  /**
   * As {@link #NORMALIZED}, but keys that differ only in what the map's conversion to upper case
   * makes equal are different ones. A conversion to lower case is not left out.
   */
  MATCH_CASE
}
