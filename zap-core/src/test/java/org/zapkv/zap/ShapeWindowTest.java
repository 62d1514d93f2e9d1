// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.StampedLock;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.Buffer;
import org.zapkv.object.ImageObject;
import org.zapkv.pool.Transaction;

/**
 * Who reads without a lock in the middle of a split or a merge learns nothing, until both leaves
 * are whole. That the test sees the difference is shown by a window that is closed too early.
 */
class ShapeWindowTest {
  private static final ZapParameters SMALL = TestMap.FIXED_SALT.withFatBlockShift(9);
  private static final long SALT = 0x24955;

  private static long hash(byte[] key) {
    return ZapName.of(key, SALT, 0, 1023).hash();
  }

  /** So many keys fit one leaf; some begin with 0, some with 1. */
  private static List<byte[]> fill(TestMap map) {
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      keys.add(TestMap.key(i));
      map.put(TestMap.key(i), ZapValue.ofLong(i));
    }
    assertEquals(1, map.zap().statistics().leafCount());
    assertTrue(keys.stream().anyMatch(key -> hash(key) < 0));
    assertTrue(keys.stream().anyMatch(key -> hash(key) >= 0));
    return keys;
  }

  /** The leaves of a map by the classes that a map is made of, and what reads them. */
  private static final class Parts implements AutoCloseable {
    final LeafMirror mirror = new LeafMirror();
    final UnheldReader reader = new UnheldReader(mirror);
    final ImageObject object;
    final LeafAccess access;
    final FatHeader header;
    final List<byte[]> keys;

    Parts(TestMap map, List<byte[]> keys) {
      this.object = map.object();
      this.keys = keys;
      HeaderAccess headers = new HeaderAccess(object, 0);
      BlockNumbers numbers = new BlockNumbers(object, headers, SMALL.shrinkPolicy());
      PointerTable table = new PointerTable(object, numbers, SMALL.shrinkPolicy());
      this.access = new LeafAccess(object, new StampedLock(), headers, table, mirror);
      this.header = access.holdHeader();
      for (byte[] key : keys) {
        access.unlockShared(access.lockShared(header, hash(key)));
      }
      assertReads(1);
    }

    void assertReads(int expected) {
      for (byte[] key : keys) {
        assertEquals(expected, reader.find(key, hash(key)));
      }
    }

    boolean missesAny() {
      return keys.stream().anyMatch(key -> reader.find(key, hash(key)) == UnheldReader.ABSENT);
    }

    @Override
    public void close() {
      access.release(header);
    }
  }

  /**
   * Splits a leaf step by step, as FatStructure does, and merges both again.
   *
   * @param inTheMiddle runs when the entries have moved, and nobody has been told; has the lower
   *     leaf
   */
  private static void split(BiConsumer<Parts, Leaf> inTheMiddle) {
    TestMap map = TestMap.createFat(SMALL);
    try (Parts parts = new Parts(map, fill(map));
        Transaction tx = parts.object.begin()) {
      Leaf lower = parts.access.lockExclusive(parts.header, 0);
      Buffer block = parts.object.hold(FatHeaderLayout.FIRST_LEAF_BLOCK + 1, map);
      Leaf upper = new ReusingLeafCreator().create(block, parts.header);
      lower.dirty(parts.object, tx);
      upper.dirty(parts.object, tx);
      parts.assertReads(UnheldReader.UNKNOWN);
      LeafSplit.split(lower, upper);
      inTheMiddle.accept(parts, lower);
      parts.access.handOver(upper.firstHash(), upper.prefixLength(), lower, upper);
      parts.assertReads(UnheldReader.UNKNOWN);
      upper.unlockExclusive();
      assertUpperIsRead(parts);
      lower.unlockExclusive();
      parts.assertReads(1);
      merge(parts, lower, upper, tx, inTheMiddle);
      parts.access.release(lower);
      block.release(map);
    } finally {
      // The pointer table has not been told.
      map.abandon();
    }
  }

  private static void merge(
      Parts parts, Leaf lower, Leaf upper, Transaction tx, BiConsumer<Parts, Leaf> inTheMiddle) {
    assertTrue(lower.lockExclusive(0, false));
    assertTrue(upper.lockExclusive(-1, false));
    lower.dirty(parts.object, tx);
    upper.dirty(parts.object, tx);
    long first = upper.firstHash();
    int length = upper.prefixLength();
    LeafMerge.merge(lower, upper);
    inTheMiddle.accept(parts, lower);
    parts.access.handOver(first, length, upper, lower);
    upper.unlockExclusive();
    parts.assertReads(UnheldReader.UNKNOWN);
    lower.unlockExclusive();
    parts.assertReads(1);
  }

  private static void assertUpperIsRead(Parts parts) {
    for (byte[] key : parts.keys) {
      int found = parts.reader.find(key, hash(key));
      assertEquals(hash(key) < 0 ? 1 : UnheldReader.UNKNOWN, found);
    }
  }

  @Test
  void nothingIsSeenOfASplitOrAMerge() {
    split((parts, lower) -> parts.assertReads(UnheldReader.UNKNOWN));
  }

  @Test
  void aWindowThatIsClosedTooEarlyIsNoticed() {
    split(
        (parts, lower) -> {
          lower.buffer().endChange();
          assertTrue(parts.missesAny());
          lower.buffer().beginChange();
        });
  }
}
