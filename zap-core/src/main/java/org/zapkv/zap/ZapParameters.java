// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.security.SecureRandom;
import java.util.function.LongSupplier;

/**
 * How maps are made and used. Immutable: each {@code with} method gives a copy that differs in one
 * thing.
 */
public final class ZapParameters {

  /** What is used where nothing else is said. */
  public static final ZapParameters DEFAULT =
      new ZapParameters(14, 128 << 10, 1023, new SecureRandom()::nextLong, 0);

  private static final int LONGEST_KEY_BYTES = 1023;

  private final int fatBlockShift;
  private final int microMaxBytes;
  private final int maxKeyBytes;
  private final LongSupplier saltSource;
  private final int flags;

  private ZapParameters(
      int fatBlockShift, int microMaxBytes, int maxKeyBytes, LongSupplier saltSource, int flags) {
    this.fatBlockShift = within("fatBlockShift", fatBlockShift, 9, 20);
    this.microMaxBytes = within("microMaxBytes", microMaxBytes, MicroLayout.STEP_BYTES, 1 << 20);
    this.maxKeyBytes = within("maxKeyBytes", maxKeyBytes, 1, LONGEST_KEY_BYTES);
    this.saltSource = saltSource;
    this.flags = flags;
  }

  private static int within(String name, int value, int smallest, int largest) {
    if (value < smallest || value > largest) {
      throw new IllegalArgumentException(
          name + "=" + value + " is not within " + smallest + ".." + largest);
    }
    return value;
  }

  /**
   * The block size of a map once it is fat.
   *
   * @return the power of two, 14 (16 KiB) by default
   */
  public int fatBlockShift() {
    return fatBlockShift;
  }

  /**
   * Another block size for maps that become fat from now on; those that are fat keep theirs. Below
   * 12 a leaf is too small for a long key.
   *
   * @param shift the power of two, 9 to 20
   * @return the changed parameters
   */
  public ZapParameters withFatBlockShift(int shift) {
    return new ZapParameters(shift, microMaxBytes, maxKeyBytes, saltSource, flags);
  }

  /**
   * How large the block of a micro map may become before the map is made fat.
   *
   * @return bytes, 131072 by default
   */
  public int microMaxBytes() {
    return microMaxBytes;
  }

  /**
   * Another largest size of a micro map's block.
   *
   * @param bytes the size in bytes, 512 to 1048576
   * @return the changed parameters
   */
  public ZapParameters withMicroMaxBytes(int bytes) {
    return new ZapParameters(fatBlockShift, bytes, maxKeyBytes, saltSource, flags);
  }

  /**
   * How long a key may be.
   *
   * @return bytes, 1023 by default
   */
  public int maxKeyBytes() {
    return maxKeyBytes;
  }

  /**
   * Another longest key.
   *
   * @param bytes the length in bytes, 1 to 1023
   * @return the changed parameters
   */
  public ZapParameters withMaxKeyBytes(int bytes) {
    return new ZapParameters(fatBlockShift, microMaxBytes, bytes, saltSource, flags);
  }

  /**
   * Another source of salts than a {@link SecureRandom}.
   *
   * @param source asked once for each map that is made; the lowest bit is set in what it gives
   * @return the changed parameters
   */
  public ZapParameters withSaltSource(LongSupplier source) {
    return new ZapParameters(fatBlockShift, microMaxBytes, maxKeyBytes, source, flags);
  }

  /** A map created with any flag is fat from birth; see {@link ZapName} for what they mean. */
  ZapParameters withFlags(int newFlags) {
    return new ZapParameters(fatBlockShift, microMaxBytes, maxKeyBytes, saltSource, newFlags);
  }

  int flags() {
    return flags;
  }

  /** A salt for a new map: odd, so never 0. */
  long newSalt() {
    return saltSource.getAsLong() | 1;
  }
}
