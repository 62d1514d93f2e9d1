// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.memory.NativeMemory;

/** An index says what the buckets say, until the leaf changes. */
class LeafIndexTest {
  private static final byte[] NAME = new byte[5];
  private static final ZapValue VALUE = ZapValue.ofBytes(new byte[8]);

  /** More than it takes for an index. */
  private static final int MANY = 2000;

  /**
   * Compares.
   *
   * @param hashBits how many bits of a hash may be 1
   * @param mostInVain how many of 1000 hashes that are not there may not be known by their tag
   */
  @ParameterizedTest
  @CsvSource({"9,48,1000", "10,28,1000", "14,48,400", "14,10,1000", "17,48,600", "20,48,1000"})
  void itFindsWhatTheBucketsLeadTo(int blockShift, int hashBits, int mostInVain) {
    LeafLayout layout = LeafLayout.of(blockShift);
    Seeds.run(
        random -> {
          try (BufferCache cache = BufferCache.builder().budgetBytes(8 << 20).build()) {
            LeafBlock block = block(cache, layout);
            List<Long> hashes = fill(block, layout, hashBits, random);
            int length = LeafIndex.maxLength(layout, hashes.size());
            char[] index = LeafIndex.of(block, length);
            assertNotNull(index);
            for (long hash : hashes) {
              int head = block.bucketHead(layout.bucket(hash, 0));
              assertEquals(head, LeafIndex.find(index, hash, block.way(), layout));
            }
            int wrong = 0;
            for (int i = 0; i < 1000; i++) {
              // In the bucket of one that is there, as a rule.
              long near = random.nextLong() >>> (Long.SIZE - layout.bucketShift(0));
              long hash = ZapHash.mask(hashes.get(i % hashes.size()) ^ near, hashBits);
              wrong += assertNotMissed(block, index, hash, hashes) ? 1 : 0;
            }
            assertTrue(wrong <= mostInVain, "looks in vain: " + wrong);
            block.buffer().release(this);
          }
        });
  }

  private LeafBlock block(BufferCache cache, LeafLayout layout) {
    Buffer buffer =
        cache.hold(
            (object, id, address, size) -> NativeMemory.fill(address, size, (byte) 0),
            1,
            1,
            layout.blockSizeBytes(),
            this);
    return new LeafBlock(buffer, layout);
  }

  /** Fills a leaf to the half. */
  private static List<Long> fill(LeafBlock block, LeafLayout layout, int hashBits, Random random) {
    block.beginChange();
    block.initialise(0, 0, 0);
    List<Long> hashes = new ArrayList<>();
    while (block.freeCount() > layout.chunkCount() / 2) {
      long hash = ZapHash.mask(random.nextLong(), hashBits);
      int entry = block.addEntry(NAME, NAME.length, NAME.length, 0, hash, VALUE, 0);
      int bucket = layout.bucket(hash, 0);
      block.setNext(entry, block.bucketHead(bucket));
      block.setBucketHead(bucket, entry);
      hashes.add(hash);
    }
    block.endChange();
    return hashes;
  }

  /** Whether the index leads to a chain for nothing. */
  private static boolean assertNotMissed(
      LeafBlock block, char[] index, long hash, List<Long> hashes) {
    LeafLayout layout = block.layout();
    int found = LeafIndex.find(index, hash, block.way(), layout);
    boolean present = hashes.contains(hash);
    if (found == LeafLayout.CHAIN_END) {
      assertTrue(!present, "hash " + hash);
      return false;
    }
    assertEquals(block.bucketHead(layout.bucket(hash, 0)), found);
    return !present;
  }

  @Test
  void aDamagedLeafHasNone() {
    LeafLayout layout = LeafLayout.of(14);
    try (BufferCache cache = BufferCache.builder().budgetBytes(8 << 20).build()) {
      LeafBlock block = block(cache, layout);
      int entries = fill(block, layout, 48, new Random(1)).size();
      assertNull(LeafIndex.of(block, (layout.bucketCount() >>> 3) + entries / 2));
      block.beginChange();
      block.setBucketHead(7, layout.chunkCount());
      block.endChange();
      assertNull(LeafIndex.of(block, LeafIndex.maxLength(layout, entries + 1)));
      block.buffer().release(this);
    }
  }

  /** The cache zeroes a block that is freed: no word of that comes to the leaf. */
  @Test
  void itSaysNothingOfABlockThatOthersHaveChanged() {
    LeafLayout layout = LeafLayout.of(14);
    try (BufferCache cache = BufferCache.builder().budgetBytes(8 << 20).build()) {
      LeafBlock block = block(cache, layout);
      int entries = fill(block, layout, 48, new Random(1)).size();
      block.makeIndex(LeafIndex.maxLength(layout, entries));
      long hash = 0;
      while (block.bucketHead(layout.bucket(hash, 0)) != LeafLayout.CHAIN_END) {
        hash += 1L << layout.bucketShift(0);
      }
      assertEquals(UnheldReader.ABSENT, findUnheld(block, hash));
      Buffer buffer = block.buffer();
      buffer.beginChange();
      NativeMemory.fill(buffer.address(), buffer.sizeBytes(), (byte) 0);
      buffer.endChange();
      assertEquals(UnheldReader.UNKNOWN, findUnheld(block, hash));
    }
  }

  private static int findUnheld(LeafBlock block, long hash) {
    return block.findUnheld(hash, NAME, block.layout(), block.way(), block.readStamp(hash));
  }

  /** What reads of all keys allocate: only an index, if one is made. */
  private static long allocatedByReads(Zap zap, byte[][] keys) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    byte[] destination = new byte[150];
    long before = threads.getThreadAllocatedBytes(thread);
    for (int i = 0; i < MANY; i++) {
      if (zap.tryRead(keys[i % keys.length], destination, 0) < 100) {
        throw new AssertionError("key " + i % keys.length);
      }
    }
    return threads.getThreadAllocatedBytes(thread) - before;
  }

  /** Which keys ask for an index follows from the salt, which is fixed: some of these do. */
  private static byte[][] putAll(TestMap map) {
    byte[][] keys = new byte[40][];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = TestMap.key(i);
      map.put(keys[i], ZapValue.ofBytes(new byte[100]));
    }
    return keys;
  }

  @Test
  void itIsKeptUntilTheLeafChanges() {
    try (TestMap map = TestMap.createUntraced(TestMap.FIXED_SALT)) {
      byte[][] keys = putAll(map);
      Zap zap = map.zap();
      locked(map, keys[1]);
      long without = map.cache().stats().userBytes();
      allocatedByReads(zap, keys);
      long index = map.cache().stats().userBytes() - without;
      assertTrue(index > 128 && index < 400, "index " + index);

      // The JVM allocates something of its own now and then.
      long least = Long.MAX_VALUE;
      for (int i = 0; i < 10; i++) {
        least = Math.min(least, allocatedByReads(zap, keys));
      }
      assertTrue(least < index, "made again, " + least);
      map.put(keys[1], ZapValue.ofBytes(new byte[150]));
      assertTrue(allocatedByReads(zap, keys) >= index);
      byte[] other = TestMap.key("other");
      map.put(other, ZapValue.ofBytes(new byte[150]));
      assertTrue(zap.tryFind(other) >= 0);
      assertTrue(allocatedByReads(zap, keys) >= index);
      map.remove(other);
      assertEquals(Zap.ABSENT, zap.tryFind(other));
      assertTrue(allocatedByReads(zap, keys) >= index);
      assertEquals(index, map.cache().stats().userBytes() - without);
    }
  }

  @Test
  void changesAsOftenAsReadsMakeNone() {
    try (TestMap map = TestMap.createUntraced(TestMap.FIXED_SALT)) {
      byte[][] keys = putAll(map);
      locked(map, keys[1]);
      long without = map.cache().stats().userBytes();
      for (int i = 0; i < MANY; i++) {
        map.put(keys[i % 7], ZapValue.ofBytes(new byte[100]));
        assertTrue(map.zap().tryFind(keys[i % keys.length]) >= 0);
      }
      assertEquals(without, map.cache().stats().userBytes());
    }
  }

  /** Not only must there be memory for it: if somebody has the leaf locked, it is not made. */
  @Test
  void onlyWhatIsMadeIsCounted() {
    try (TestMap map = TestMap.createUntraced(TestMap.FIXED_SALT)) {
      byte[][] keys = putAll(map);
      locked(map, keys[1]);
      long without = map.cache().stats().userBytes();
      Buffer buffer = map.object().hold(FatHeaderLayout.FIRST_LEAF_BLOCK, this);
      Leaf leaf = (Leaf) Objects.requireNonNull(buffer.user());
      assertTrue(leaf.lockShared(map.zap().hash(keys[1]), false));
      try {
        allocatedByReads(map.zap(), keys);
        assertEquals(without, map.cache().stats().userBytes());
      } finally {
        leaf.unlockShared();
        buffer.release(this);
      }
      allocatedByReads(map.zap(), keys);
      assertTrue(map.cache().stats().userBytes() > without);
    }
  }

  /** Goes the way that enters the leaf in the mirror. */
  private static void locked(TestMap map, byte[] key) {
    map.zap().lookup(key, MatchType.EXACT);
  }
}
