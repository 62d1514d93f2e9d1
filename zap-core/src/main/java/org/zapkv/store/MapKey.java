// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A key of a map of the store. The bytes are not copied. */
final class MapKey {
  final ZapMap map;
  final byte[] bytes;

  /** Asked for several times in each commit. */
  private final int hash;

  MapKey(ZapMap map, byte[] bytes) {
    this.map = map;
    this.bytes = bytes;
    this.hash = 31 * Long.hashCode(map.object().objectId()) + Arrays.hashCode(bytes);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MapKey that
        && hash == that.hash
        && map.object() == that.map.object()
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
