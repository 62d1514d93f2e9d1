// SPDX-License-Identifier: Apache-2.0
package org.zapkv.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** How much may be dirty in a cache of some size. */
class DirtyLimitTest {
  private static final long MIB = 1L << 20;

  private static long limit(long cacheBytes) {
    return ObjectSetOptions.defaults().withCacheBytes(cacheBytes).effectiveDirtyLimitBytes();
  }

  @Test
  void whatIsAskedForApplies() {
    ObjectSetOptions options = ObjectSetOptions.defaults().withCacheBytes(64 * MIB);
    assertEquals(12_345, options.withDirtyLimitBytes(12_345).effectiveDirtyLimitBytes());
  }

  @Test
  void smallCachesAreAQuarterDirtyLargeOnesTwoFifths() {
    assertEquals(MIB, limit(ObjectSetOptions.MIN_CACHE_BYTES));
    assertEquals(8 * MIB, limit(32 * MIB));
    assertEquals(96 * MIB, limit(256 * MIB));
  }

  /** Writers are stopped at 7/4 of it: the rest is for the blocks above and for reading. */
  @Test
  void whatIsDirtyAtMostLeavesAlmostAThird() {
    for (long cacheBytes = ObjectSetOptions.MIN_CACHE_BYTES;
        cacheBytes < 1L << 40;
        cacheBytes += cacheBytes / 7) {
      long most = limit(cacheBytes) / 4 * 7;
      assertTrue(most <= cacheBytes / 10 * 7 + 10, "of " + cacheBytes + " dirty " + most);
      assertTrue(limit(cacheBytes) >= cacheBytes / 4, "of " + cacheBytes);
    }
  }
}
