// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

/**
 * What a map can be made with beside the plain form. A map that is made with any flag is fat from
 * birth. The flags are stored with the map and never change.
 */
public enum ZapFlag {
  /** Hashes have 48 bits instead of 28. */
  HASH64(ZapName.FLAG_HASH64),
  /**
   * Keys are arrays of 64-bit words, given as bytes: each word with its most significant byte
   * first.
   */
  UINT64_KEY(ZapName.FLAG_UINT64_KEY),
  /**
   * The first word of a key is its hash, for callers whose keys are random already. Only together
   * with {@link #UINT64_KEY}. Whoever chooses the keys chooses the hashes.
   */
  PRE_HASHED_KEY(ZapName.FLAG_PRE_HASHED_KEY);

  private final int bit;

  ZapFlag(int bit) {
    this.bit = bit;
  }

  /**
   * The flag as it is stored.
   *
   * @return one bit
   */
  public int bit() {
    return bit;
  }
}
