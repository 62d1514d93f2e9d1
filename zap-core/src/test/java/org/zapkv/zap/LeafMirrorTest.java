// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.StampedLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.memory.NativeMemory;

/** What the mirror of a pointer table leads to, and what it lets go. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("once")
class LeafMirrorTest {
  private static final ZapParameters SMALL = TestMap.FIXED_SALT.withFatBlockShift(9);
  private static final long SALT = 0x24955;
  private static final int ROUNDS = 40_000;
  private static final int STAYING = 60;
  private static final int MANY = 2000;

  /** More than the leaves of so many entries take. */
  private static final int BLOCKS = 300;

  private static long hash(int number) {
    return ZapName.of(TestMap.key(number), SALT, 0, 1023).hash();
  }

  /** A way to the leaves of a map, with a mirror of its own. */
  private static LeafAccess access(TestMap map, LeafMirror mirror) {
    HeaderAccess headers = new HeaderAccess(map.object(), 0);
    ShrinkPolicy policy = SMALL.shrinkPolicy();
    BlockNumbers numbers = new BlockNumbers(map.object(), headers, policy);
    PointerTable table = new PointerTable(map.object(), numbers, policy);
    return new LeafAccess(map.object(), new StampedLock(), headers, table, mirror);
  }

  private static void evictOthers(TestMap map) {
    for (int block = 0; block < 1000; block++) {
      map.cache()
          .hold(
              (object, number, address, size) -> NativeMemory.fill(address, size, (byte) 1),
              Long.MAX_VALUE,
              block,
              1 << 14,
              map)
          .release(map);
    }
  }

  /** Else leaves of the new table would be looked for in the old one for ever. */
  @Test
  void aTableThatHasGrownGetsAMirrorOfItsOwn() {
    try (TestMap map = TestMap.createFat(SMALL)) {
      LeafMirror mirror = new LeafMirror();
      LeafAccess access = access(map, mirror);
      FatHeader header = access.holdHeader();
      assertFalse(mirror.isOf(header));
      map.putAll(0, 500);
      int next = 500;
      for (int tables = 0; tables < 3; tables++) {
        access.unlockShared(access.lockShared(header, hash(1)));
        assertTrue(mirror.isOf(header));
        int shift = header.tableShift();
        while (header.tableShift() == shift) {
          map.putAll(next, next + 100);
          next += 100;
        }
        assertFalse(mirror.isOf(header), "the mirror is of the table before");
      }
      access.release(header);
    }
  }

  /** Else objects of leaves that are long gone would fill the heap. */
  @Test
  void aLeafThatIsEvictedLeavesItsSlots() {
    try (TestMap map = TestMap.create(SMALL, 4 << 20, new ReusingLeafCreator())) {
      map.makeFat();
      map.putAll(0, 500);
      map.sync();
      LeafMirror mirror = new LeafMirror();
      LeafAccess access = access(map, mirror);
      FatHeader header = access.holdHeader();
      List<Buffer> table = new ArrayList<>();
      for (long block = 0; block < header.tableBlockCount(); block++) {
        table.add(map.object().hold(header.tableBlock() + block, this));
      }
      assertTrue(table.size() > 1);
      for (int i = 0; i < 500; i++) {
        access.unlockShared(access.lockShared(header, hash(i)));
        assertNotNull(mirror.leaf(hash(i)));
      }
      evictOthers(map);
      for (int i = 0; i < 500; i++) {
        assertNull(mirror.leaf(hash(i)));
      }
      table.forEach(block -> block.release(this));
      access.release(header);
    }
  }

  /** A smaller table lies in blocks that were leaves, whose objects are still attached. */
  @Test
  void aTableThatHasBecomeSmallerHasAMirrorToo() {
    ZapParameters merging = SMALL.withShrinkPolicy(ShrinkPolicy.MERGE);
    try (TestMap map = TestMap.createFat(merging)) {
      for (int i = 0; i < STAYING; i++) {
        map.put(TestMap.key(i), ZapValue.ofBytes(new byte[20]));
      }
      for (int round = 0; round < 2; round++) {
        map.putAll(STAYING, MANY);
        long before = map.zap().statistics().tableLength();
        assertEquals(STAYING, readWithoutLocks(map));
        map.removeAll(STAYING, MANY);
        ZapStatistics after = map.zap().statistics();
        assertTrue(after.tableBlockCount() > 0 && after.tableLength() < before, after::toString);
        assertEquals(STAYING, readWithoutLocks(map));
      }
    }
  }

  /** How many of those that stay are found without a lock, once each has been read with one. */
  private static int readWithoutLocks(TestMap map) {
    int found = 0;
    for (int i = 0; i < STAYING; i++) {
      map.get(TestMap.key(i));
      found += map.zap().tryRead(TestMap.key(i), new byte[20], 0) >= 0 ? 1 : 0;
    }
    return found;
  }

  /** Leaf, table, leaf: whoever stood on the first has the lock that guards the second. */
  @Test
  void aBlockThatIsALeafAgainHasTheObjectItHad() {
    ZapParameters merging = SMALL.withShrinkPolicy(ShrinkPolicy.MERGE);
    try (TestMap map = TestMap.createFat(merging)) {
      map.putAll(0, MANY);
      Map<Buffer, Leaf> held = new HashMap<>();
      for (long block = 1; block < BLOCKS; block++) {
        Buffer buffer = map.object().hold(block, map);
        if (buffer.user() instanceof Leaf leaf) {
          held.put(buffer, leaf);
        } else {
          buffer.release(map);
        }
      }
      map.removeAll(STAYING, MANY);
      readWithoutLocks(map);
      List<Buffer> inTable = held.keySet().stream().filter(buffer -> isPart(buffer)).toList();
      assertFalse(inTable.isEmpty());
      map.putAll(STAYING, 3 * MANY);
      List<Buffer> leaves = inTable.stream().filter(buffer -> !isPart(buffer)).toList();
      assertFalse(leaves.isEmpty());
      leaves.forEach(buffer -> assertSame(held.get(buffer), buffer.user()));
      held.keySet().forEach(buffer -> buffer.release(map));
    }
  }

  private static boolean isPart(Buffer buffer) {
    return buffer.user() instanceof LeafMirror.Part;
  }

  /** Runs two actions at the same moment, as nearly as can be, many times. */
  private static void both(Runnable before, Runnable one, Runnable other, Runnable after)
      throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    AtomicInteger arrived = new AtomicInteger();
    try {
      Future<?> future =
          thread.submit(
              () -> {
                try {
                  for (int i = 0; i < ROUNDS; i++) {
                    meet(arrived, 4 * i + 2);
                    one.run();
                    meet(arrived, 4 * i + 4);
                  }
                } finally {
                  // So that nobody waits for ever for one that has failed.
                  arrived.set(Integer.MAX_VALUE / 2);
                }
              });
      for (int i = 0; i < ROUNDS; i++) {
        before.run();
        meet(arrived, 4 * i + 2);
        other.run();
        meet(arrived, 4 * i + 4);
        after.run();
      }
      future.get();
    } finally {
      // So that the other one does not wait for ever.
      arrived.set(Integer.MAX_VALUE / 2);
      thread.shutdown();
    }
  }

  private static void meet(AtomicInteger arrived, int number) {
    arrived.incrementAndGet();
    for (int spins = 0; arrived.get() < number; spins++) {
      if (spins > 10_000) {
        LockSupport.parkNanos(1);
      }
    }
  }

  private static Leaf holdLeaf(TestMap map) {
    map.get(TestMap.key(1));
    Buffer buffer = map.object().hold(FatHeaderLayout.FIRST_LEAF_BLOCK, map);
    return (Leaf) Objects.requireNonNull(buffer.user());
  }

  private static void putEverywhere(LeafMirror mirror, FatHeader header, Leaf leaf) {
    for (long slot = 0; slot < 1L << header.tableShift(); slot++) {
      mirror.put(slot << (Long.SIZE - header.tableShift()), leaf);
    }
  }

  private static long way(LeafMirror mirror, long hash) {
    return Objects.requireNonNull(mirror.part(hash)).way(hash);
  }

  /** The way that a leaf has beside it, where it is; else one that is wrong. */
  private static long wayOfAll(LeafMirror mirror, FatHeader header, Leaf leaf) {
    long way = leaf.block().way();
    for (long slot = 0; slot < 1L << header.tableShift(); slot++) {
      long hash = slot << (Long.SIZE - header.tableShift());
      if (mirror.leaf(hash) != null && way(mirror, hash) != way) {
        return way(mirror, hash);
      }
    }
    return way;
  }

  /** A leaf that is read again while the old one goes has its own way beside it. */
  @Test
  void aLeafThatComesWhileAnotherGoesHasItsWay() throws Exception {
    try (TestMap map = TestMap.createFat(SMALL);
        TestMap other = TestMap.createFat(SMALL)) {
      LeafMirror mirror = new LeafMirror();
      LeafAccess access = access(map, mirror);
      FatHeader header = access.holdHeader();
      mirror.add(header, 0, header.buffer());
      Leaf goes = holdLeaf(map);
      Leaf comes = holdLeaf(other);
      both(
          () -> putEverywhere(mirror, header, goes),
          () -> mirror.remove(goes.block()),
          () -> putEverywhere(mirror, header, comes),
          () -> assertEquals(comes.block().way(), wayOfAll(mirror, header, comes)));
      goes.buffer().release(map);
      comes.buffer().release(other);
      access.release(header);
    }
  }

  /** Of the parts that two threads make at once, the one that stays goes with its block. */
  @Test
  void aPartThatTwoMakeGoesWithItsBlock() throws Exception {
    try (TestMap map = TestMap.createFat(SMALL)) {
      LeafAccess access = access(map, new LeafMirror());
      FatHeader header = access.holdHeader();
      AtomicReference<LeafMirror> mirror = new AtomicReference<>();
      Runnable add = () -> Objects.requireNonNull(mirror.get()).add(header, 0, header.buffer());
      both(
          () -> mirror.set(new LeafMirror()),
          add,
          add,
          () -> {
            header.evictSync();
            assertTrue(Objects.requireNonNull(mirror.get()).lacks(header, 0));
          });
      access.release(header);
    }
  }
}
