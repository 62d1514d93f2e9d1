// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.memory.NativeMemory;

/** What is evicted, and what comes back. */
final class EvictionPolicyTest {
  private static final int BLOCK_BYTES = 64 << 10;

  private final Map<Long, Integer> reads = new HashMap<>();

  private void use(BufferCache cache, long blockId) {
    BlockSource source =
        (objectId, id, address, sizeBytes) -> {
          NativeMemory.fill(address, sizeBytes, (byte) id);
          reads.merge(id, 1, Integer::sum);
        };
    cache.hold(source, 1, blockId, BLOCK_BYTES, this).release(this);
  }

  /**
   * The cache is full of blocks that were used a few times and are not used any more. A block that
   * is used again and again, but always after it was evicted, is known by then and gets a place.
   */
  @Test
  void aBlockThatComesBackAgainAndAgainIsLetIn() {
    int rounds = 40;
    try (BufferCache cache = BufferCache.builder().budgetBytes(4L << 20).build()) {
      for (int pass = 0; pass < 3; pass++) {
        for (int block = 0; block < 45; block++) {
          use(cache, block);
        }
        use(cache, 500 + pass);
      }
      long once = 1000;
      for (int round = 0; round < rounds; round++) {
        use(cache, 100);
        for (int i = 0; i < 8; i++) {
          use(cache, once++);
        }
      }
      int last = reads.get(100L);
      assertTrue(last > 1 && last < rounds / 2, "read " + last + " times in " + rounds);
      use(cache, 100);
      assertEquals(last, reads.get(100L));
    }
  }
}
