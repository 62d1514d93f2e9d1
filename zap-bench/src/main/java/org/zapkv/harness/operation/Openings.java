// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.operation;

import java.util.SplittableRandom;
import org.zapkv.harness.subject.OpenOptions;

/** How the store of a life is opened: each time something may be other than the last time. */
final class Openings {
  private static final int[] LEAF_BYTES = {4096, 16_384, 16_384};

  /** All leaves are so large; 0: they differ. */
  private final int leafBytes;

  private OpenOptions last;

  Openings(SplittableRandom random, int leafBytes) {
    this.leafBytes = leafBytes;
    this.last =
        new OpenOptions(
            cache(random), random.nextBoolean(), leaf(random), sync(random), random.nextInt(4));
  }

  OpenOptions next(SplittableRandom random) {
    last =
        new OpenOptions(
            random.nextInt(4) == 0 ? cache(random) : last.cacheBytes(),
            random.nextInt(4) == 0 ? random.nextBoolean() : last.directIo(),
            random.nextInt(4) == 0 ? leaf(random) : last.leafBytes(),
            random.nextInt(4) == 0 ? sync(random) : last.syncMillis(),
            random.nextInt(4) == 0 ? random.nextInt(4) : last.compression());
    return last;
  }

  private static long cache(SplittableRandom random) {
    return random.nextBoolean()
        ? OpenOptions.LEAST_CACHE_BYTES
        : (long) Chance.of(random, 5, 8, 16, 32) << 20;
  }

  private int leaf(SplittableRandom random) {
    return leafBytes > 0 ? leafBytes : Chance.of(random, LEAF_BYTES);
  }

  private static long sync(SplittableRandom random) {
    return Chance.of(random, 1, 20, 500, 5000, 3_600_000);
  }
}
