// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.memory.NativeMemory;

/** The merge of two leaves by itself: every entry is there afterwards, and nothing else. */
class LeafMergeTest {
  private final BufferCache cache = BufferCache.builder().budgetBytes(4 << 20).build();
  private final List<Buffer> held = new ArrayList<>();

  /** An entry as it is in a leaf. */
  private record Stored(ZapValue value, long cd, int mark) {}

  private final Map<ZapName, Stored> entries = new LinkedHashMap<>();

  /** A key has one hash, though these are made up: no key is given a second one. */
  private final Set<ByteBuffer> keys = new HashSet<>();

  private Leaf leaf(int blockShift, long prefix, int flags) {
    Buffer buffer =
        cache.hold(
            (object, block, address, size) -> NativeMemory.fill(address, size, (byte) 0),
            1,
            held.size(),
            1 << blockShift,
            this);
    held.add(buffer);
    Leaf leaf = new Leaf(buffer, LeafLayout.of(blockShift), ZapName.MICRO_HASH_BITS, false);
    leaf.block().beginChange();
    leaf.initialise(prefix, 3, flags);
    return leaf;
  }

  @AfterEach
  void close() {
    held.forEach(buffer -> buffer.release(this));
    cache.close();
  }

  private void fill(Random random, Leaf leaf) {
    int most = leaf.chunkCount() / 4;
    List<ZapName> names = new ArrayList<>();
    while (true) {
      byte[] key = new byte[random.nextInt(30)];
      random.nextBytes(key);
      // Some share their hash, and the order of their cds is that of no list of chunks.
      long low = random.nextInt(3) == 0 ? 7 : random.nextInt(1 << 25);
      long hash = leaf.prefix() << (Long.SIZE - 3) | low << (Long.SIZE - 28);
      ZapName name = ZapName.ofString(key, key, hash, null);
      byte[] bytes = new byte[random.nextInt(60)];
      random.nextBytes(bytes);
      ZapValue value = ZapValue.ofBytes(bytes);
      if (leaf.usedChunks() + LeafLayout.entryChunks(name.storedBytes(), bytes.length) > most) {
        break;
      }
      if (keys.add(ByteBuffer.wrap(key))) {
        int mark = 0;
        if (leaf.hasOverflow() && random.nextInt(5) == 0) {
          mark = LeafLayout.MARK_APART;
          value = ZapValue.NOTHING;
        }
        long cd = leaf.unusedCd(hash);
        leaf.insert(name, value, mark, cd);
        entries.put(name, new Stored(value, cd, mark));
        names.add(name);
      }
      if (random.nextInt(4) == 0 && !names.isEmpty()) {
        ZapName gone = names.remove(random.nextInt(names.size()));
        leaf.remove(leaf.find(gone));
        entries.remove(gone);
      }
    }
  }

  private void assertHolds(Leaf leaf) {
    assertEquals(entries.size(), leaf.entryCount());
    entries.forEach(
        (name, stored) -> {
          int entry = leaf.find(name);
          assertNotEquals(Leaf.NONE, entry);
          assertEquals(
              stored,
              new Stored(leaf.value(entry), leaf.block().cd(entry), leaf.block().mark(entry)));
        });
    // Throws what is wrong in the bytes.
    LeafChecker.check(leaf);
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 10, 12, 14, 17})
  void theLowerLeafHasAllEntriesAfterwards(int blockShift) {
    Seeds.run(
        random -> {
          Leaf lower = leaf(blockShift, 4, 0);
          Leaf upper = leaf(blockShift, 5, LeafLayout.FLAG_OVERFLOW);
          fill(random, lower);
          fill(random, upper);
          int used = lower.usedChunks() + upper.usedChunks();
          LeafMerge.merge(lower, upper);
          assertEquals(2, lower.prefixLength());
          assertEquals(2, lower.prefix());
          assertEquals(used, lower.usedChunks());
          assertEquals(LeafLayout.FLAG_OVERFLOW, lower.block().flags());
          assertHolds(lower);
          assertTrue(lower.lockShared(5L << (Long.SIZE - 3), false));
          lower.unlockShared();
        });
  }

  /** Whoever waited for its lock must not take it for the leaf it was. */
  @Test
  void theUpperLeafIsNoLeafAnyMore() {
    Leaf lower = leaf(9, 4, 0);
    Leaf upper = leaf(9, 5, 0);
    long hash = 5L << (Long.SIZE - 3);
    assertTrue(upper.lockShared(hash, false));
    upper.unlockShared();
    LeafMerge.merge(lower, upper);
    assertFalse(upper.lockShared(hash, false));
    assertFalse(upper.lockExclusive(hash, false));
  }
}
