// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.cache.testing.Threads;

/** The table that finds buffers, by way of the cache. */
final class BufferTableTest {
  private static final BlockSource PATTERN = BufferCacheTest.pattern();

  /** Blocks that stay are found at each moment, whatever comes and goes and grows around them. */
  @Test
  void whatIsThereIsFoundWhileTheTableGrows() throws Exception {
    Seeds.run(
        seed -> {
          try (BufferCache cache = BufferCache.builder().budgetBytes(64L << 20).build()) {
            List<Buffer> staying = new ArrayList<>();
            for (int block = 0; block < 500; block++) {
              staying.add(cache.hold(PATTERN, 1, block, 512, "stays"));
            }
            AtomicBoolean done = new AtomicBoolean();
            Threads.run(
                3,
                index -> {
                  Random random = new Random(seed + index);
                  if (index == 0) {
                    try {
                      for (int block = 0; block < 60_000; block++) {
                        cache.hold(PATTERN, 2, block, 512, "comes").release("comes");
                        if (random.nextInt(4) == 0) {
                          cache.freeRange(2, random.nextInt(block + 1), 1, 1);
                        }
                      }
                    } finally {
                      done.set(true);
                    }
                  } else {
                    while (!done.get()) {
                      int block = random.nextInt(500);
                      assertSame(staying.get(block), cache.find(1, block));
                    }
                  }
                });
            staying.forEach(buffer -> buffer.release("stays"));
          }
        });
  }

  @Test
  void aWalkShowsEachBufferOnce() {
    try (BufferCache cache = BufferCache.builder().budgetBytes(64L << 20).build()) {
      Set<Buffer> expected = new HashSet<>();
      for (int block = 0; block < 5000; block++) {
        Buffer buffer = cache.hold(PATTERN, block % 7, block, 512, "a");
        buffer.release("a");
        expected.add(buffer);
      }
      cache.freeRange(3, 0, 2000, 1);
      expected.removeIf(buffer -> buffer.objectId() == 3 && buffer.blockId() < 2000);
      List<Buffer> found = new ArrayList<>();
      cache.index().forEach(found::add);
      assertEquals(expected.size(), found.size());
      assertEquals(expected, new HashSet<>(found));
      assertNull(cache.find(3, 3));
    }
  }
}
