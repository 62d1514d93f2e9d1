// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.zapkv.cache.BufferCache;
import org.zapkv.error.CorruptException;
import org.zapkv.object.ImageObject;
import org.zapkv.pool.Transaction;

/**
 * Space follows content: leaves merge, the pointer table gets smaller, block numbers come again.
 */
class ZapShrinkTest {
  private static final ZapParameters SMALL = TestMap.FIXED_SALT.withFatBlockShift(9);

  /** The key itself is the hash. */
  private static final ZapParameters CHOSEN = SMALL.withFlagBits(ZapName.ALL_FLAGS);

  private static final int EMBEDDED_SMALL = 1 << FatHeaderLayout.embeddedShift(9);

  private static List<Integer> shuffled(int count, Random random) {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      numbers.add(i);
    }
    Collections.shuffle(numbers, random);
    return numbers;
  }

  private static long chunksInUse(ZapStatistics statistics) {
    long chunks = 0;
    for (int i = 0; i < ZapStatistics.BUCKETS; i++) {
      chunks += i * statistics.entriesByChunks().get(i);
    }
    return chunks;
  }

  /** Every block that is not a hole is in use. */
  private static void assertNothingLeaked(TestMap map) {
    map.sync();
    ZapStatistics statistics = map.zap().statistics();
    long used = 1 + statistics.leafCount() + statistics.tableBlockCount();
    if (statistics.growingFirstBlock() == 0) {
      assertEquals(used, Images.storedBlocks(map.object()));
    } else {
      assertTrue(Images.storedBlocks(map.object()) <= used + 2 * statistics.tableBlockCount());
    }
  }

  @ParameterizedTest
  @CsvSource({"9,4000", "10,8000", "12,10000", "14,30000"})
  void afterRandomRemovalsTheSpaceIsThatOfWhatIsLeft(int blockShift, int count) {
    Seeds.run(
        random -> {
          ZapParameters parameters =
              ZapParameters.DEFAULT.withFatBlockShift(blockShift).withSaltSource(random::nextLong);
          try (TestMap map = TestMap.create(parameters, 64 << 20, new ReusingLeafCreator())) {
            map.makeFat();
            map.putAll(0, count);
            ZapStatistics before = map.zap().statistics();
            List<Integer> order = shuffled(count, random);
            for (int number : order.subList(0, count - count / 100)) {
              assertNotNull(map.remove(TestMap.key(number)));
            }
            map.assertSound();
            ZapStatistics after = map.zap().statistics();
            int chunkCount = LeafLayout.of(blockShift).chunkCount();
            long most = 2 + 6 * chunksInUse(after) / chunkCount;
            assertTrue(after.leafCount() <= most, after.leafCount() + " leaves, not " + most);
            // How long the table is depends on the three or so entries that lie nearest together.
            long pointers =
                Math.max(
                    1L << FatHeaderLayout.embeddedShift(blockShift),
                    Math.max(16 * most, before.tableLength() / 4));
            assertTrue(after.tableLength() <= pointers, after.tableLength() + " pointers");
            assertNothingLeaked(map);
            map.putAll(0, count);
            long blocks = map.zap().statistics().blockCount();
            assertTrue(blocks <= before.blockCount() * 11 / 10, blocks + " blocks");
            map.assertSound();
          }
        });
  }

  @Test
  void comingAndGoingTakesNoMoreNumbers() {
    Seeds.run(
        random -> {
          try (TestMap map = TestMap.createFat(SMALL)) {
            map.putAll(0, 2000);
            long blocks = map.zap().statistics().blockCount();
            for (int round = 0; round < 10; round++) {
              for (int number : shuffled(2000, random).subList(0, 1800)) {
                map.remove(TestMap.key(number));
              }
              if (round % 3 == 1) {
                map.reopen();
              }
              map.putAll(0, 2000);
              map.assertSound();
            }
            long now = map.zap().statistics().blockCount();
            assertTrue(now <= blocks * 11 / 10, blocks + " -> " + now);
          }
        });
  }

  @Test
  void oneEntryMoreOrLessDoesNotSplitAndMergeEachTime() {
    try (TestMap map = TestMap.createFat(SMALL)) {
      for (int count = 0; count < 100; count++) {
        assertTrue(shapesSeen(map, count) <= 2, "count=" + count);
        map.putAll(count, count + 1);
      }
      for (int count = 99; count >= 0; count--) {
        map.removeAll(count, count + 1);
        assertTrue(shapesSeen(map, count) <= 2, "count=" + count);
      }
    }
  }

  /** How often the number of leaves changes while one entry comes and goes. */
  private static int shapesSeen(TestMap map, int number) {
    long leaves = map.zap().statistics().leafCount();
    int changes = 0;
    for (int i = 0; i < 5; i++) {
      map.putAll(number, number + 1);
      long with = map.zap().statistics().leafCount();
      map.removeAll(number, number + 1);
      long without = map.zap().statistics().leafCount();
      changes += (with == leaves ? 0 : 1) + (without == with ? 0 : 1);
      leaves = without;
    }
    return changes;
  }

  @Test
  void aValueThatGetsShorterMakesRoomForAMerge() {
    try (TestMap map = TestMap.createFat(SMALL)) {
      for (int i = 0; i < 200; i++) {
        map.put(TestMap.key(i), ZapValue.ofBytes(new byte[100]));
      }
      long leaves = map.zap().statistics().leafCount();
      for (int i = 0; i < 200; i++) {
        map.put(TestMap.key(i), ZapValue.ofBytes(new byte[0]));
      }
      map.assertSound();
      assertEquals(200, map.content().size());
      long after = map.zap().statistics().leafCount();
      assertTrue(after <= leaves * 2 / 3, leaves + " -> " + after);
    }
  }

  /** A key whose hash has the given top bits, and below them the seven bits of a number. */
  private static byte[] chosen(long top, int topBits, int number) {
    long word = (top << 7 | number) << (Long.SIZE - topBits - 7);
    return ByteBuffer.allocate(Long.BYTES).putLong(word).array();
  }

  private static void putCluster(TestMap map, long top, int topBits, int count) {
    for (int i = 0; i < count; i++) {
      map.put(chosen(top, topBits, i), ZapValue.ofLong(i));
    }
  }

  private static void removeCluster(TestMap map, long top, int topBits, int from, int count) {
    for (int i = from; i < count; i++) {
      assertNotNull(map.remove(chosen(top, topBits, i)));
    }
  }

  private static long pointers(TestMap map) {
    return map.zap().statistics().tableLength();
  }

  @Test
  void theTableGetsSmallerStepByStep() {
    try (TestMap map = TestMap.create(CHOSEN)) {
      putCluster(map, 1, 3, 100);
      putCluster(map, 2, 7, 100);
      long medium = pointers(map);
      putCluster(map, 3, 10, 100);
      assertTrue(pointers(map) >= 2 * medium, medium + " -> " + pointers(map));
      removeCluster(map, 3, 10, 1, 100);
      map.assertSound();
      assertNothingLeaked(map);
      assertTrue(pointers(map) <= medium, medium + " <- " + pointers(map));
      long blocks = map.zap().statistics().tableBlockCount();
      assertTrue(blocks > 1, "blocks=" + blocks);
      removeCluster(map, 2, 7, 1, 100);
      map.assertSound();
      assertNothingLeaked(map);
      assertTrue(map.zap().statistics().tableBlockCount() < blocks);
      assertEquals(102, map.content().size());
      map.reopen();
      assertEquals(102, map.content().size());
    }
  }

  @Test
  void growthThatIsUnderWayIsGivenUp() {
    try (TestMap map = TestMap.create(CHOSEN)) {
      int count = 0;
      while (map.zap().statistics().growingFirstBlock() == 0) {
        map.put(chosen(9, 10, count++), ZapValue.ofLong(count));
      }
      ZapStatistics growing = map.zap().statistics();
      assertTrue(growing.growingBlocksCopied() > 0);
      removeCluster(map, 9, 10, 3, count);
      map.assertSound();
      ZapStatistics after = map.zap().statistics();
      assertEquals(0, after.growingFirstBlock());
      assertEquals(0, after.growingBlocksCopied());
      assertEquals(EMBEDDED_SMALL, after.tableLength());
      assertNothingLeaked(map);
      map.reopen();
      putCluster(map, 9, 10, 100);
      map.assertSound();
      assertEquals(100, map.content().size());
    }
  }

  @Test
  void aDeepTreeOfFewLeavesDoesNotMakeTheTableLarge() {
    try (TestMap map = TestMap.create(CHOSEN)) {
      for (int i = 0; i < 20; i++) {
        map.put(chosen(1, 16, i * 6), ZapValue.ofLong(i));
      }
      assertEquals(20, map.content().size());
      assertTrue(pointers(map) <= 1 << 17, "pointers=" + pointers(map));
    }
    TestMap map = TestMap.create(CHOSEN.withShrinkPolicy(ShrinkPolicy.FORMAT_FAITHFUL));
    for (int i = 0; i < 7; i++) {
      map.put(chosen(1, 16, i << 3), ZapValue.ofLong(i));
    }
    assertTrue(pointers(map) > 1 << 17, "pointers=" + pointers(map));
    // Not closed: to check so many pointers takes seconds.
    map.abandon();
  }

  /** Its next free block is inside the table that is being built. */
  @ParameterizedTest
  @EnumSource(ShrinkPolicy.class)
  void theQuirkFixtureGrowsToItsEnd(ShrinkPolicy policy) {
    List<Fixture> quirk =
        Fixture.all().stream().filter(f -> f.name().equals("fat-quirk-freeblk")).toList();
    assumeTrue(!quirk.isEmpty(), "the fixture is not there");
    Fixture fixture = quirk.get(0);
    try (BufferCache cache = FixtureTest.newCache()) {
      ImageObject object = Images.of(cache, (int) fixture.number("block_size"), fixture.image());
      Zap zap = Zap.open(object, fixture.parameters().withShrinkPolicy(policy));
      byte[] key = firstKey(zap);
      long shift = zap.statistics().tableLength();
      while (zap.statistics().tableLength() == shift) {
        try (Transaction tx = object.begin()) {
          zap.put(key, ZapValue.ofLong(1), tx);
        }
      }
      assertEquals(144, zap.statistics().blockCount());
      object.sync();
      object.forget();
      Zap again = Zap.open(object, fixture.parameters().withShrinkPolicy(policy));
      assertEquals(fixture.number("num_entries"), again.count());
      assertEquals(List.of(), FixtureTest.problems(again));
    }
  }

  private static byte[] firstKey(Zap zap) {
    try (ZapCursor cursor = zap.cursor()) {
      assertTrue(cursor.next());
      return cursor.key();
    }
  }

  @Test
  void theTableGoesBackIntoTheHeader() {
    try (TestMap map = TestMap.create(CHOSEN)) {
      putCluster(map, 3, 2, 6);
      putCluster(map, 9, 10, 100);
      assertTrue(pointers(map) >= 1 << 14, "pointers=" + pointers(map));
      removeCluster(map, 9, 10, 2, 100);
      map.assertSound();
      ZapStatistics small = map.zap().statistics();
      assertEquals(0, small.tableBlockCount());
      assertEquals(0, small.tableFirstBlock());
      assertEquals(EMBEDDED_SMALL, small.tableLength());
      assertEquals(8, map.content().size());
      assertNothingLeaked(map);
      map.reopen();
      assertEquals(8, map.content().size());
      putCluster(map, 9, 10, 100);
      map.assertSound();
      assertEquals(106, map.content().size());
    }
  }

  /** Both halves of a run lead to one leaf, which says that it covers both. */
  @Test
  @Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void siblingsThatAreOneLeafAreNotMerged() {
    byte[] image;
    try (TestMap map = TestMap.create(CHOSEN.withShrinkPolicy(ShrinkPolicy.FORMAT_FAITHFUL))) {
      putCluster(map, 1, 2, 6);
      putCluster(map, 1, 1, 1);
      removeCluster(map, 1, 1, 0, 1);
      assertEquals(2, map.zap().statistics().leafCount());
      image = map.image();
    }
    ByteBuffer bytes = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    int pointers = FatHeaderLayout.embeddedTableOffset(9);
    long upper = bytes.getLong(pointers + (EMBEDDED_SMALL - 1) * Long.BYTES);
    bytes.putLong(pointers, upper);
    int leaf = (int) upper << 9;
    assertEquals(0, bytes.getShort(leaf + LeafLayout.ENTRY_COUNT_OFFSET));
    bytes.putLong(leaf + LeafLayout.PREFIX_OFFSET, 0);
    bytes.putShort(leaf + LeafLayout.PREFIX_LENGTH_OFFSET, (short) 0);
    try (BufferCache cache = FixtureTest.newCache()) {
      ImageObject object = Images.of(cache, 512, image);
      Zap zap = Zap.open(object, CHOSEN);
      for (int i = 0; i < 6; i++) {
        byte[] key = chosen(1, 2, i);
        try (Transaction tx = object.begin()) {
          assertThrows(CorruptException.class, () -> zap.remove(key, tx));
        }
      }
      assertNotEquals(List.of(), FixtureTest.problems(zap));
    }
  }
}
