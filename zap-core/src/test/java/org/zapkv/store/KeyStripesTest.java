// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KeyStripesTest {
  private static Change change(ZapMap map, int key) {
    return Change.remove(new MapKey(map, Keys.utf8("key " + key)));
  }

  @Test
  void keysAreSpreadOverAllStripes() {
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap map = store.map("m");
      int[] keys = new int[KeyStripes.COUNT];
      for (int i = 0; i < 100 * KeyStripes.COUNT; i++) {
        keys[KeyStripes.indexOf(change(map, i).key)]++;
      }
      for (int count : keys) {
        assertTrue(count > 30 && count < 300, count + " of 100 on the average");
      }
    }
  }

  @Test
  void aKeyOfAViewHasTheStripeOfTheMap() {
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap map = store.map("m");
      ZapMap view = map.withDurability(Durability.NONE);
      assertEquals(change(map, 1).key, change(view, 1).key);
      assertEquals(KeyStripes.indexOf(change(map, 1).key), KeyStripes.indexOf(change(view, 1).key));
    }
  }

  /** Sets of keys in any order: nobody waits for ever, and nobody shares a stripe. */
  @Test
  void setsOfStripesExcludeEachOther() throws Exception {
    long seed = Seeds.next();
    KeyStripes stripes = new KeyStripes();
    int[] inside = new int[KeyStripes.COUNT];
    int threads = 4;
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try (ZapStore store = ZapStore.inMemory()) {
      ZapMap map = store.map("m");
      List<Future<Void>> ends = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        Random random = new Random(seed + i);
        Callable<Void> body =
            () -> {
              for (int round = 0; round < 2000; round++) {
                lockSome(stripes, map, random, inside);
              }
              return null;
            };
        ends.add(executor.submit(body));
      }
      for (Future<Void> end : ends) {
        end.get();
      }
    } catch (Throwable e) {
      throw new AssertionError("-Dzap.seed=" + seed, e);
    } finally {
      executor.shutdownNow();
    }
  }

  /** Several wait for one stripe, long enough to be asleep; each gets it, one after the other. */
  @Test
  void whoFindsAStripeTakenSleepsUntilItIsLetGo() throws Exception {
    KeyStripes stripes = new KeyStripes();
    AtomicInteger inside = new AtomicInteger();
    int waiting = 3;
    ExecutorService executor = Executors.newFixedThreadPool(waiting);
    try (ZapStore store = ZapStore.inMemory()) {
      MapKey key = change(store.map("m"), 1).key;
      int stripe = stripes.lock(key);
      List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
      List<Future<Void>> ends = new ArrayList<>();
      for (int i = 0; i < waiting; i++) {
        Callable<Void> body =
            () -> {
              threads.add(Thread.currentThread());
              int taken = stripes.lock(key);
              assertEquals(1, inside.incrementAndGet());
              Thread.onSpinWait();
              inside.decrementAndGet();
              stripes.unlock(taken);
              return null;
            };
        ends.add(executor.submit(body));
      }
      while (threads.size() < waiting || !areAsleep(threads)) {
        Thread.onSpinWait();
      }
      assertEquals(0, inside.get());
      stripes.unlock(stripe);
      for (Future<Void> end : ends) {
        end.get();
      }
      stripes.unlock(stripes.lock(key));
    } finally {
      executor.shutdownNow();
    }
  }

  private static boolean areAsleep(List<Thread> threads) {
    return threads.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING);
  }

  private static void lockSome(KeyStripes stripes, ZapMap map, Random random, int[] inside) {
    List<Change> changes = new ArrayList<>();
    for (int i = random.nextInt(20); i >= 0; i--) {
      changes.add(change(map, random.nextInt(1000)));
    }
    BitSet locked = stripes.lock(changes);
    try {
      locked.stream().forEach(stripe -> assertEquals(1, ++inside[stripe]));
      Thread.onSpinWait();
      locked.stream().forEach(stripe -> assertEquals(0, --inside[stripe]));
    } finally {
      stripes.unlock(locked);
    }
  }
}
