// SPDX-License-Identifier: Apache-2.0
package org.zapkv.zap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.Buffer;
import org.zapkv.cache.BufferUser;

/**
 * Leaves are merged away under readers and cursors that stand on them, and their block numbers are
 * given out again: section 4.8 of the format, thousands of times.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LeafReuseTest {
  private static final ZapParameters SMALL_LEAVES = TestMap.FIXED_SALT.withFatBlockShift(9);
  private static final int KEYS = 24;
  private static final int ROUNDS = 1500;

  /** Insists that nothing is attached to the block of a new leaf. */
  private static final class NaiveLeafCreator implements LeafCreator {
    @Override
    public Leaf create(Buffer buffer, FatHeader header) {
      Leaf leaf = LeafCreator.newLeaf(buffer, header);
      if (buffer.setUser(leaf) != null) {
        throw new IllegalStateException("block " + buffer.blockId() + " has a user");
      }
      leaf.lockAnyway();
      return leaf;
    }

    @Override
    public long reuses() {
      return 0;
    }
  }

  /**
   * The other remedy: what a shrink left is detached, and the new leaf brings an object of its own.
   * Detached as late as can be; at the shrink itself it would have been the same, for longer.
   */
  private static final class DetachingLeafCreator implements LeafCreator {
    @Override
    public Leaf create(Buffer buffer, FatHeader header) {
      BufferUser old = buffer.user();
      if (old != null) {
        buffer.removeUser(old);
      }
      Leaf leaf = LeafCreator.attach(buffer, header);
      leaf.lockAnyway();
      return leaf;
    }

    @Override
    public long reuses() {
      return 0;
    }
  }

  private static TestMap create(LeafCreator creator) {
    TestMap map = TestMap.create(SMALL_LEAVES, 16 << 20, creator);
    map.makeFat();
    return map;
  }

  /** Keys whose hashes begin with a bit that is 1, or 0. */
  private static List<byte[]> keys(boolean upper) {
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; keys.size() < KEYS; i++) {
      byte[] key = TestMap.key(i);
      if (ZapName.of(key, 0x24955, 0, 1023).hash() < 0 == upper) {
        keys.add(key);
      }
    }
    return keys;
  }

  /** A cursor stands on every leaf while they are merged and made again. */
  private static void roundWithCursors(TestMap map, List<byte[]> keys) {
    for (byte[] key : keys) {
      assertTrue(map.add(key, ZapValue.ofLong(key.length)));
    }
    List<ZapCursor> cursors = new ArrayList<>();
    try {
      for (byte[] key : keys) {
        long hash = ZapName.of(key, 0x24955, 0, 1023).hash();
        ZapCursor cursor = map.zap().cursor(hash >>> (Long.SIZE - ZapName.MICRO_HASH_BITS));
        cursors.add(cursor);
        assertTrue(cursor.next());
      }
      for (byte[] key : keys) {
        assertNotNull(map.remove(key));
      }
      assertEquals(1, map.zap().statistics().leafCount());
      for (byte[] key : keys) {
        assertTrue(map.add(key, ZapValue.ofLong(key.length)));
      }
      for (ZapCursor cursor : cursors) {
        long hash = cursor.hash();
        while (cursor.next()) {
          assertTrue(Long.compareUnsigned(hash, cursor.hash()) <= 0);
          hash = cursor.hash();
        }
      }
    } finally {
      cursors.forEach(ZapCursor::close);
    }
    for (byte[] key : keys) {
      assertNotNull(map.remove(key));
    }
  }

  @Test
  void cursorsStandOnLeavesThatAreMadeAgain() {
    try (TestMap map = create(new ReusingLeafCreator())) {
      for (int i = 0; i < 200; i++) {
        roundWithCursors(map, keys(true));
      }
      assertTrue(map.zap().leafReuses() >= 200, "reuses=" + map.zap().leafReuses());
      assertEquals(map.zap().leafReuses(), map.zap().activity().leafReuses());
    }
  }

  @Test
  void theNaiveCreatorFailsUnderCursors() {
    TestMap map = create(new NaiveLeafCreator());
    assertThrows(IllegalStateException.class, () -> roundWithCursors(map, keys(true)));
    map.abandon();
  }

  /** Stands on leaves, has all of them merged away and made again; closes no cursor. */
  private static List<ZapCursor> standWhileLeavesAreMadeAgain(TestMap map, List<byte[]> keys) {
    for (byte[] key : keys) {
      assertTrue(map.add(key, ZapValue.ofLong(key.length)));
    }
    List<ZapCursor> cursors = new ArrayList<>();
    for (byte[] key : keys) {
      long hash = ZapName.of(key, 0x24955, 0, 1023).hash();
      ZapCursor cursor = map.zap().cursor(hash >>> (Long.SIZE - ZapName.MICRO_HASH_BITS));
      cursors.add(cursor);
      assertTrue(cursor.next());
    }
    for (byte[] key : keys) {
      assertNotNull(map.remove(key));
    }
    assertEquals(1, map.zap().statistics().leafCount());
    for (byte[] key : keys) {
      assertTrue(map.add(key, ZapValue.ofLong(key.length)));
    }
    return cursors;
  }

  @Test
  void aLeafThatIsMadeAgainHasOneLock() {
    try (TestMap map = create(new ReusingLeafCreator())) {
      List<ZapCursor> cursors = standWhileLeavesAreMadeAgain(map, keys(true));
      for (ZapCursor cursor : cursors) {
        Leaf stoodOn = Objects.requireNonNull(cursor.leaf());
        assertSame(stoodOn, stoodOn.buffer().user());
        cursor.close();
      }
    }
  }

  /**
   * A leaf that is locked for writing, half changed, is read by a cursor that stands on it, and by
   * a reader that had the object before and locks it only now.
   */
  @Test
  void whoStandsOnADetachedLeafReadsWhatIsBeingWritten() {
    TestMap map = create(new DetachingLeafCreator());
    List<ZapCursor> cursors = standWhileLeavesAreMadeAgain(map, keys(true));
    ZapValue unfinished = ZapValue.ofLong(-1);
    int readThrough = 0;
    for (ZapCursor cursor : cursors) {
      Leaf stoodOn = Objects.requireNonNull(cursor.leaf());
      Leaf now = (Leaf) Objects.requireNonNull(stoodOn.buffer().user());
      if (now == stoodOn || !now.lockExclusive(cursor.positionHash(), false)) {
        continue;
      }
      try {
        int entry = now.closest(cursor.positionHash(), cursor.positionCd());
        if (entry != Leaf.NONE) {
          ZapValue before = now.value(entry);
          now.block().beginChange();
          now.update(entry, unfinished, 0);
          // With one lock for the block this thread would wait for itself here.
          assertTrue(cursor.next());
          assertEquals(unfinished, cursor.value());
          assertTrue(stoodOn.lockShared(cursor.hash(), false));
          assertEquals(unfinished, stoodOn.value(entry));
          stoodOn.unlockShared();
          now.update(entry, before, 0);
          readThrough++;
        }
      } finally {
        now.unlockExclusive();
      }
    }
    assertTrue(readThrough > 0);
    cursors.forEach(ZapCursor::close);
    map.abandon();
  }

  @Test
  void readersAndCursorsGoOnWhileLeavesComeAndGo() throws Exception {
    try (TestMap map = create(new ReusingLeafCreator())) {
      churn(map, ROUNDS);
      System.out.println("LeafReuseTest: leaves taken over: " + map.zap().leafReuses());
      assertTrue(map.zap().leafReuses() > 0);
    }
  }

  @Test
  void theNaiveCreatorFailsUnderReaders() {
    TestMap map = create(new NaiveLeafCreator());
    // As many rounds as it takes: how soon it meets a reader is up to the scheduler.
    assertThrows(IllegalStateException.class, () -> churn(map, Integer.MAX_VALUE));
    map.abandon();
  }

  /** Half of the keys stay; the others come and go, watched by readers and cursors. */
  private static void churn(TestMap map, int rounds) throws Exception {
    List<byte[]> staying = keys(false);
    List<byte[]> moving = keys(true);
    for (byte[] key : staying) {
      map.add(key, ZapValue.ofLong(-key.length));
    }
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong walks = new AtomicLong();
    ExecutorService threads = Executors.newFixedThreadPool(3);
    List<Future<?>> watchers = new ArrayList<>();
    try {
      watchers.add(threads.submit(() -> readUntil(done, map, staying, moving)));
      watchers.add(threads.submit(() -> readUntil(done, map, staying, moving)));
      watchers.add(threads.submit(() -> walkUntil(done, map, walks)));
      for (int i = 0; i < rounds || walks.get() < 10; i++) {
        for (byte[] key : moving) {
          assertTrue(map.add(key, ZapValue.ofLong(key.length)));
        }
        for (byte[] key : moving) {
          assertNotNull(map.remove(key));
        }
        if (i % 50 == 0) {
          map.sync();
        }
        if (watchers.stream().anyMatch(Future::isDone)) {
          break;
        }
      }
    } finally {
      done.set(true);
      threads.shutdown();
      assertTrue(threads.awaitTermination(180, TimeUnit.SECONDS));
    }
    for (Future<?> watcher : watchers) {
      rethrow(watcher);
    }
  }

  private static void rethrow(Future<?> watcher) throws InterruptedException {
    try {
      watcher.get();
    } catch (ExecutionException e) {
      throw new AssertionError("a watcher failed", e.getCause());
    }
  }

  private static void readUntil(
      AtomicBoolean done, TestMap map, List<byte[]> staying, List<byte[]> moving) {
    while (!done.get()) {
      for (int i = 0; i < KEYS; i++) {
        byte[] key = moving.get(i);
        ZapValue value = map.get(key);
        assertTrue(value == null || value.asLong() == key.length);
        byte[] stays = staying.get(i);
        assertEquals(ZapValue.ofLong(-stays.length), map.get(stays));
      }
    }
  }

  private static void walkUntil(AtomicBoolean done, TestMap map, AtomicLong walks) {
    while (!done.get()) {
      int stayed = 0;
      try (ZapCursor cursor = map.zap().cursor()) {
        while (cursor.next()) {
          long value = cursor.value().asLong();
          assertEquals(cursor.key().length, Math.abs(value));
          stayed += value < 0 ? 1 : 0;
        }
      }
      assertEquals(KEYS, stayed);
      walks.incrementAndGet();
    }
  }
}
