// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Atomic operations of several threads on the same keys. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AtomicConcurrencyTest {
  private static final int THREADS = 4;
  private static final int ROUNDS = 3000;

  private final ZapStore store = ZapStore.builder().cacheBytes(8 << 20).inMemory();
  private final ZapMap map = store.map("m");

  @AfterEach
  void close() {
    assertEquals(List.of(), store.check((done, total) -> {}).problems());
    store.close();
  }

  private static void start(Runnable body) {
    new Thread(body, "atomic").start();
  }

  private static void inThreads(IntConsumer body) {
    List<CompletableFuture<Void>> threads =
        IntStream.range(0, THREADS)
            .mapToObj(
                i -> CompletableFuture.runAsync(() -> body.accept(i), AtomicConcurrencyTest::start))
            .toList();
    threads.forEach(CompletableFuture::join);
  }

  @Test
  void noIncrementIsLost() {
    AtomicLong removed = new AtomicLong();
    inThreads(
        thread -> {
          for (int i = 0; i < ROUNDS; i++) {
            map.increment("counter", 1);
            map.mergeLong("merged", 1, Long::sum);
            if (i % 100 == thread) {
              map.getAndRemoveLong("counter").ifPresent(removed::addAndGet);
            }
          }
        });
    assertEquals(THREADS * ROUNDS, removed.get() + map.getLong("counter").orElse(0));
    assertEquals(THREADS * ROUNDS, map.getLong("merged").orElseThrow());
  }

  @Test
  void noFunctionWorksOnWhatIsOld() {
    AtomicInteger calls = new AtomicInteger();
    inThreads(
        thread -> {
          for (int i = 0; i < ROUNDS; i++) {
            map.compute(
                "number",
                (k, v) -> {
                  calls.incrementAndGet();
                  return v == null ? "1" : Integer.toString(Integer.parseInt(v) + 1);
                });
          }
        });
    assertEquals(Integer.toString(THREADS * ROUNDS), map.getString("number"));
    assertEquals(THREADS * ROUNDS, calls.get(), "each is called once");
  }

  @Test
  void ofSeveralWhoAddOneDoes() {
    AtomicInteger winners = new AtomicInteger();
    inThreads(
        thread -> {
          for (int i = 0; i < ROUNDS; i++) {
            if (map.putIfAbsent("key " + i, "by " + thread) == null) {
              winners.incrementAndGet();
            }
          }
        });
    assertEquals(ROUNDS, winners.get());
    winners.set(0);
    inThreads(
        thread -> {
          for (int i = 0; i < ROUNDS; i++) {
            String key = "key " + i;
            String value = map.getString(key);
            boolean taken = value != null && map.remove(key, value);
            winners.addAndGet(taken ? 1 : 0);
          }
        });
    assertEquals(ROUNDS, winners.get());
  }

  @Test
  void compareAndSetLosesNothing() {
    map.putLong("counter", 0);
    inThreads(
        thread -> {
          for (int i = 0; i < ROUNDS; i++) {
            long seen;
            do {
              seen = map.getLong("counter").orElseThrow();
            } while (!map.replaceLong("counter", seen, seen + 1));
          }
        });
    assertEquals(THREADS * ROUNDS, map.getLong("counter").orElseThrow());
  }

  /** Also where the value is an object of its own, for which the commit begins again. */
  @Test
  void largeValuesGrowByOneFromEachThread() {
    byte[] key = {'k'};
    map.put(key, new byte[3000]);
    int rounds = 100;
    inThreads(
        thread -> {
          for (int i = 0; i < rounds; i++) {
            map.compute(key, (k, v) -> new byte[Objects.requireNonNull(v).length + 1]);
          }
        });
    assertEquals(3000 + THREADS * rounds, Objects.requireNonNull(map.get(key)).length);
  }

  /** A thread in a function holds up neither other keys nor a reader. */
  @Test
  void othersGoOnWhileAFunctionRuns() throws InterruptedException {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    map.put("k", "old");
    CompletableFuture<String> computed =
        CompletableFuture.supplyAsync(
            () ->
                map.compute(
                    "k",
                    (k, v) -> {
                      inside.countDown();
                      awaitUninterruptibly(goOn);
                      return v + "er";
                    }),
            AtomicConcurrencyTest::start);
    inside.await();
    assertEquals("old", map.getString("k"));
    List<String> free = new ArrayList<>();
    int taken = KeyStripes.indexOf(new MapKey(map, Keys.utf8("k")));
    for (int i = 0; free.size() < 100; i++) {
      if (KeyStripes.indexOf(new MapKey(map, Keys.utf8("free " + i))) != taken) {
        free.add("free " + i);
      }
    }
    free.forEach(key -> map.put(key, "value"));
    free.forEach(key -> assertTrue(map.remove(key, "value")));
    goOn.countDown();
    assertEquals("older", computed.join());
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
