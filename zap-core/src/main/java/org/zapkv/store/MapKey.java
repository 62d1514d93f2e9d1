// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A key of a map of the store, whichever object the map is in. The map is the plain one; the bytes
 * are not copied.
 */
final class MapKey {
  private static final long SEED = new SplittableRandom().nextLong();
  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  final ZapMap map;
  final byte[] bytes;

  /** Asked for several times in each commit. */
  private final int hash;

  MapKey(ZapMap map, byte[] bytes) {
    this.map = map.plain();
    this.bytes = bytes;
    this.hash = hash(map.id(), bytes);
  }

  /** Of eight bytes at a time. Nobody outside knows which keys have the same one. */
  private static int hash(long mapId, byte[] bytes) {
    long hash = mix(SEED ^ mapId);
    int at = 0;
    for (; at <= bytes.length - Long.BYTES; at += Long.BYTES) {
      hash = mix(hash ^ BigEndian.getLong(bytes, at));
    }
    // The length is in front of the last bytes, so that zeros there count.
    long last = bytes.length;
    for (; at < bytes.length; at++) {
      last = (last << Byte.SIZE) | (bytes[at] & 0xFF);
    }
    return (int) mix(hash ^ last);
  }

  private static long mix(long bits) {
    // A product hands bits on to higher ones only: so the high ones go down before, and after.
    long product = (bits ^ (bits >>> Integer.SIZE)) * MULTIPLIER;
    return product ^ (product >>> Integer.SIZE);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MapKey that
        && hash == that.hash
        && map == that.map
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
