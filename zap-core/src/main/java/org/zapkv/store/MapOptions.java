// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.zapkv.zap.ShrinkPolicy;
import org.zapkv.zap.ZapParameters;

/**
 * How a map is built that is made with {@link ZapStore#map(String, MapOptions)}. What is not said
 * is as the store's options have it. Immutable: each {@code with} method gives a copy that differs
 * in one thing. The options of a map are stored with it, and stay as they are.
 */
public final class MapOptions {
  /*
   * As a long: the power of two of a leaf in the lowest byte, the number of the policy, from 1, in
   * the next one; 0 stands for what was not said.
   */

  private static final MapOptions NONE = new MapOptions(0, null);

  /** The numbers on disk are the places from 1. */
  private static final ShrinkPolicy[] POLICIES = {ShrinkPolicy.FORMAT_FAITHFUL, ShrinkPolicy.MERGE};

  private final int leafShift;
  private final @Nullable ShrinkPolicy shrinkPolicy;

  private MapOptions(int leafShift, @Nullable ShrinkPolicy shrinkPolicy) {
    this.leafShift = leafShift;
    this.shrinkPolicy = shrinkPolicy;
  }

  /**
   * Options that say nothing.
   *
   * @return options with which a map is made as the store makes it
   */
  public static MapOptions none() {
    return NONE;
  }

  /**
   * Another size of the map's leaves.
   *
   * @param bytes a power of two from 4096 to 131072
   * @return the changed options
   * @throws IllegalArgumentException if it is something else
   */
  public MapOptions withLeafBytes(int bytes) {
    return new MapOptions(ZapStoreBuilder.leafShiftOf(bytes), shrinkPolicy);
  }

  /**
   * Another policy for the room that removals leave.
   *
   * @param policy the policy, not null
   * @return the changed options
   */
  public MapOptions withShrinkPolicy(ShrinkPolicy policy) {
    return new MapOptions(leafShift, Objects.requireNonNull(policy, "policy"));
  }

  /**
   * The size of the map's leaves.
   *
   * @return bytes; empty if that is not said
   */
  public OptionalInt leafBytes() {
    return leafShift == 0 ? OptionalInt.empty() : OptionalInt.of(1 << leafShift);
  }

  /**
   * The policy for the room that removals leave.
   *
   * @return the policy; empty if that is not said
   */
  public Optional<ShrinkPolicy> shrinkPolicy() {
    return Optional.ofNullable(shrinkPolicy);
  }

  /** The options of a map that is built in some way. */
  static MapOptions of(ZapParameters parameters) {
    return new MapOptions(parameters.fatBlockShift(), parameters.shrinkPolicy());
  }

  /** What is stored. */
  long toLong() {
    int policy = 0;
    for (int i = 0; i < POLICIES.length; i++) {
      policy = POLICIES[i] == shrinkPolicy ? i + 1 : policy;
    }
    return leafShift | (long) policy << Byte.SIZE;
  }

  /** What was stored. What a later version may have added is passed over. */
  static MapOptions ofLong(long stored) {
    int shift = (int) (stored & 0xFF);
    int policy = (int) (stored >>> Byte.SIZE & 0xFF);
    return new MapOptions(
        shift >= 9 && shift <= 20 ? shift : 0,
        policy >= 1 && policy <= POLICIES.length ? POLICIES[policy - 1] : null);
  }

  /** The parameters of a map with these options, in a store that has others. */
  ZapParameters on(ZapParameters ofStore) {
    ZapParameters parameters = leafShift == 0 ? ofStore : ofStore.withFatBlockShift(leafShift);
    return shrinkPolicy == null ? parameters : parameters.withShrinkPolicy(shrinkPolicy);
  }

  /** Whether nothing is said here that is otherwise there. */
  boolean agreesWith(MapOptions present) {
    return (leafShift == 0 || leafShift == present.leafShift)
        && (shrinkPolicy == null || shrinkPolicy == present.shrinkPolicy);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MapOptions that
        && leafShift == that.leafShift
        && shrinkPolicy == that.shrinkPolicy;
  }

  @Override
  public int hashCode() {
    return Objects.hash(leafShift, shrinkPolicy);
  }

  @Override
  public String toString() {
    return "MapOptions[leafBytes="
        + (leafShift == 0 ? "the store's" : Integer.toString(1 << leafShift))
        + ", shrinkPolicy="
        + (shrinkPolicy == null ? "the store's" : shrinkPolicy.toString())
        + "]";
  }
}
