// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import java.security.SecureRandom;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * How maps are made and used. Immutable: each {@code with} method gives a copy that differs in one
 * thing.
 */
public final class ZapParameters {

  /** What is used where nothing else is said. */
  public static final ZapParameters DEFAULT =
      new ZapParameters(
          14,
          128 << 10,
          1023,
          new SecureRandom()::nextLong,
          0,
          Normalization.NONE,
          ShrinkPolicy.MERGE);

  private static final int LONGEST_KEY_BYTES = 1023;

  private final int fatBlockShift;
  private final int microMaxBytes;
  private final int maxKeyBytes;
  private final LongSupplier saltSource;
  private final int flags;
  private final Normalization normalization;
  private final ShrinkPolicy shrinkPolicy;

  private ZapParameters(
      int fatBlockShift,
      int microMaxBytes,
      int maxKeyBytes,
      LongSupplier saltSource,
      int flags,
      Normalization normalization,
      ShrinkPolicy shrinkPolicy) {
    this.fatBlockShift = within("fatBlockShift", fatBlockShift, 9, 20);
    this.microMaxBytes = within("microMaxBytes", microMaxBytes, MicroLayout.STEP_BYTES, 1 << 20);
    this.maxKeyBytes = within("maxKeyBytes", maxKeyBytes, 1, LONGEST_KEY_BYTES);
    this.saltSource = Objects.requireNonNull(saltSource, "saltSource");
    this.flags = flags;
    this.normalization = Objects.requireNonNull(normalization, "normalization");
    this.shrinkPolicy = Objects.requireNonNull(shrinkPolicy, "shrinkPolicy");
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
    return new ZapParameters(
        shift, microMaxBytes, maxKeyBytes, saltSource, flags, normalization, shrinkPolicy);
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
   * Another largest size of a micro map's block, for this use of the map. OpenZFS takes 131072
   * unless its pool has the feature of larger ones.
   *
   * @param bytes the size in bytes, 512 to 1048576
   * @return the changed parameters
   */
  public ZapParameters withMicroMaxBytes(int bytes) {
    return new ZapParameters(
        fatBlockShift, bytes, maxKeyBytes, saltSource, flags, normalization, shrinkPolicy);
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
   * Another longest key, for this use of the map; it limits the normal form of a key too. OpenZFS
   * takes 255 bytes, and 1023 in directories only.
   *
   * @param bytes the length in bytes, 1 to 1023
   * @return the changed parameters
   */
  public ZapParameters withMaxKeyBytes(int bytes) {
    return new ZapParameters(
        fatBlockShift, microMaxBytes, bytes, saltSource, flags, normalization, shrinkPolicy);
  }

  /**
   * Another source of salts than a {@link SecureRandom}.
   *
   * @param source asked once for each map that is made, and the lowest bit is set in what it gives;
   *     asked twice more, for a secret key, when a map gets an overflow: whoever can guess what it
   *     gives can choose keys that make the map slow
   * @return the changed parameters
   */
  public ZapParameters withSaltSource(LongSupplier source) {
    return new ZapParameters(
        fatBlockShift, microMaxBytes, maxKeyBytes, source, flags, normalization, shrinkPolicy);
  }

  /**
   * Flags for maps that are made from now on; those that are there keep theirs.
   *
   * @param newFlags the flags
   * @return the changed parameters
   * @throws IllegalArgumentException if keys are to be pre-hashed but are no 64-bit words
   */
  public ZapParameters withFlags(Set<ZapFlag> newFlags) {
    if (newFlags.contains(ZapFlag.PRE_HASHED_KEY) && !newFlags.contains(ZapFlag.UINT64_KEY)) {
      throw new IllegalArgumentException("PRE_HASHED_KEY needs UINT64_KEY: the hash is a word");
    }
    int bits = 0;
    for (ZapFlag flag : newFlags) {
      bits |= flag.bit();
    }
    return withFlagBits(bits);
  }

  ZapParameters withFlagBits(int bits) {
    return new ZapParameters(
        fatBlockShift, microMaxBytes, maxKeyBytes, saltSource, bits, normalization, shrinkPolicy);
  }

  /**
   * The normalisation of keys for maps that are made from now on; those that are there keep theirs.
   *
   * @param newNormalization which keys are variants of one another; {@link Normalization#NONE}
   *     where keys are 64-bit words
   * @return the changed parameters
   */
  public ZapParameters withNormalization(Normalization newNormalization) {
    return new ZapParameters(
        fatBlockShift,
        microMaxBytes,
        maxKeyBytes,
        saltSource,
        flags,
        newNormalization,
        shrinkPolicy);
  }

  /**
   * The normalisation that new maps are made with.
   *
   * @return {@link Normalization#NONE} by default
   */
  public Normalization normalization() {
    return normalization;
  }

  /**
   * Another policy for the room that removals leave.
   *
   * @param policy the policy
   * @return the changed parameters
   */
  public ZapParameters withShrinkPolicy(ShrinkPolicy policy) {
    return new ZapParameters(
        fatBlockShift, microMaxBytes, maxKeyBytes, saltSource, flags, normalization, policy);
  }

  /**
   * What a fat map does with the room that removals leave.
   *
   * @return {@link ShrinkPolicy#MERGE} by default
   */
  public ShrinkPolicy shrinkPolicy() {
    return shrinkPolicy;
  }

  /**
   * The salts of other parameters.
   *
   * @param other where new salts come from
   * @return the changed parameters
   */
  public ZapParameters withSaltsOf(ZapParameters other) {
    return withSaltSource(other.saltSource);
  }

  /** The bits of the flags. */
  int flags() {
    return flags;
  }

  /** Half of a secret hash key. */
  long newHashKey() {
    return saltSource.getAsLong();
  }

  /** A salt for a new map: odd, so never 0. */
  long newSalt() {
    return saltSource.getAsLong() | 1;
  }
}
