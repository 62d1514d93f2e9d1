// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.zapkv.error.MapFullException;
import org.zapkv.error.ValueTooLargeException;

/**
 * Maps that grow and shrink over and over, by random operations with random options, against a
 * model; the whole structure is checked every few operations.
 */
class ZapShrinkRandomTest {
  private static final int OPERATIONS = Integer.getInteger("zap.shrink.operations", 3000);
  private static final int CHECK_EVERY = 40;

  @RepeatedTest(6)
  void contentIsThatOfTheModelAndSpaceFollowsIt() {
    Seeds.run(random -> new Run(random).go());
  }

  private static final class Run {
    private final Random random;
    private final boolean words;
    private final int clusterBits;
    private final int keySpace;
    private final int longestValue;
    private final Map<String, ZapValue> model = new HashMap<>();
    private final TestMap map;
    private int growth;
    private boolean largeTable;

    Run(Random random) {
      this.random = random;
      int blockShift = 9 + random.nextInt(9);
      int flags = new int[] {0, 0, 1, 3, 7, 7}[random.nextInt(6)];
      this.words = ZapName.isUint64(flags);
      this.clusterBits = random.nextInt(7);
      this.keySpace = 50 << random.nextInt(5);
      this.longestValue = 1 << random.nextInt(Math.min(13, blockShift - 2));
      ZapParameters parameters =
          ZapParameters.DEFAULT
              .withFatBlockShift(blockShift)
              .withFlagBits(flags)
              .withMicroMaxBytes(512 << random.nextInt(6))
              .withSaltSource(random::nextLong);
      this.map = TestMap.create(parameters, 64 << 20, new ReusingLeafCreator());
    }

    void go() {
      try {
        for (int i = 0; i < OPERATIONS; i++) {
          if (i % 400 == 0) {
            growth = 5 + random.nextInt(90);
          }
          operation();
          // To check a large table takes long, so that is done less often.
          if (i % (largeTable ? 10 * CHECK_EVERY : CHECK_EVERY) == 0) {
            check();
          }
          if (random.nextInt(500) == 0) {
            map.reopen();
          }
        }
        for (String key : Map.copyOf(model).keySet()) {
          remove(bytes(key));
        }
        check();
        assertEmpty();
        map.close();
      } finally {
        map.abandon();
      }
    }

    /** Some of the keys are close to each other, so that their leaves are deep. */
    private byte[] key() {
      int number = random.nextInt(keySpace);
      if (!words) {
        return TestMap.key("x".repeat(number % 7 * (number % 5)) + number);
      }
      long word = new Random(number).nextLong();
      if (number % 3 != 0) {
        word >>>= clusterBits;
      }
      return ByteBuffer.allocate(Long.BYTES).putLong(word).array();
    }

    private ZapValue value() {
      int integerBytes = 1 << random.nextInt(4);
      byte[] bytes = new byte[random.nextInt(longestValue + 8) / integerBytes * integerBytes];
      random.nextBytes(bytes);
      return new ZapValue(integerBytes, bytes);
    }

    private static String text(byte[] key) {
      return new String(key, StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(String key) {
      return key.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void operation() {
      byte[] key = key();
      if (random.nextInt(100) >= growth) {
        remove(key);
        return;
      }
      ZapValue value = value();
      try {
        assertEquals(model.get(text(key)), map.put(key, value));
        model.put(text(key), value);
      } catch (ValueTooLargeException | MapFullException e) {
        assertEquals(model.get(text(key)), map.get(key));
      }
    }

    private void remove(byte[] key) {
      assertEquals(model.remove(text(key)), map.remove(key));
    }

    private void check() {
      map.assertSound();
      assertEquals(model.size(), map.zap().count());
      assertEquals(model, map.content());
      map.sync();
      ZapStatistics statistics = map.zap().statistics();
      long table = statistics.tableBlockCount();
      long growing = statistics.growingFirstBlock() == 0 ? 0 : 2 * table;
      long used = 1 + statistics.leafCount() + table + growing;
      if (statistics.micro()) {
        used = 1;
      }
      assertTrue(
          Images.storedBlocks(map.object()) <= used + overflowBlocks(statistics),
          Images.storedBlocks(map.object()) + " blocks stored, used=" + used);
      assertTrue(statistics.tableLength() <= 1 << 17, statistics.toString());
      largeTable = statistics.tableLength() > 1 << 13;
    }

    /** At most: how many blocks its table has is not told. */
    private static long overflowBlocks(ZapStatistics statistics) {
      long leaves = statistics.overflowLeafCount();
      return leaves == 0 ? 0 : 1 + 3 * leaves;
    }

    private void assertEmpty() {
      ZapStatistics statistics = map.zap().statistics();
      if (!statistics.micro()) {
        assertEquals(1, statistics.leafCount());
        assertEquals(0, statistics.tableBlockCount());
        assertTrue(statistics.overflowLeafCount() <= 1, statistics.toString());
        assertEquals(2 + 2 * statistics.overflowLeafCount(), Images.storedBlocks(map.object()));
      }
    }
  }
}
