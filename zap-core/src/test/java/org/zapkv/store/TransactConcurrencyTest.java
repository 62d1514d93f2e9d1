// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.zapkv.error.TransactionConflictException;
import org.zapkv.error.ZapException;

/** What transactions of several threads must never do to each other, and to a crash. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ExtendWith(SilentLog.class)
class TransactConcurrencyTest {
  private static final int THREADS = 4;

  private final ZapStore store = ZapStore.builder().cacheBytes(8 << 20).inMemory();
  private final ZapMap map = store.map("m");

  @AfterEach
  void close() {
    assertEquals(List.of(), store.check((done, total) -> {}).problems());
    store.close();
  }

  private static void inThreads(IntConsumer body) {
    inThreads(THREADS, body);
  }

  private static void inThreads(int count, IntConsumer body) {
    List<CompletableFuture<Void>> threads =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    CompletableFuture.runAsync(
                        () -> body.accept(i), task -> new Thread(task, "transact").start()))
            .toList();
    threads.forEach(CompletableFuture::join);
  }

  /** Again where it was overtaken a hundred times, which a loaded machine can bring about. */
  private static void untilDone(Runnable transaction) {
    for (; ; ) {
      try {
        transaction.run();
        return;
      } catch (TransactionConflictException e) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void noUpdateIsLost() {
    int rounds = 300;
    inThreads(
        thread -> {
          for (int i = 0; i < rounds; i++) {
            if (thread == 0) {
              map.increment("n", 1);
            } else {
              untilDone(
                  () ->
                      store.transact(
                          tx -> {
                            long seen = tx.getLong(map, "n").orElse(0);
                            tx.putLong(map, "n", seen + 1);
                            return seen;
                          }));
            }
          }
        });
    assertEquals((long) THREADS * rounds, map.getLong("n").orElseThrow());
  }

  /**
   * Two doctors, of whom one has to stay: each goes only if the other is there. Both look before
   * either goes, as nearly as can be brought about without a wait that could last for ever.
   */
  @Test
  void noWriteIsSkewed() {
    MeetingPoint turn = new MeetingPoint(2);
    AtomicInteger looks = new AtomicInteger();
    AtomicInteger bothAway = new AtomicInteger();
    inThreads(
        2,
        thread ->
            turn.guard(
                () -> {
                  String mine = thread == 0 ? "a" : "b";
                  String others = thread == 0 ? "b" : "a";
                  for (int i = 0; i < 500; i++) {
                    turn.meet();
                    untilDone(
                        () ->
                            store.transact(
                                tx -> {
                                  boolean goes = !tx.containsKey(map, others);
                                  meet(looks);
                                  if (goes) {
                                    tx.putLong(map, mine, 1);
                                  }
                                  return goes;
                                }));
                    turn.meet();
                    if (thread == 0) {
                      bothAway.addAndGet(map.size() == 2 ? 1 : 0);
                      map.remove("a");
                      map.remove("b");
                      looks.set(0);
                    }
                  }
                }));
    assertEquals(0, bothAway.get());
  }

  private static void meet(AtomicInteger arrived) {
    arrived.incrementAndGet();
    for (int i = 0; i < 20_000 && arrived.get() < 2; i++) {
      Thread.onSpinWait();
    }
  }

  @Test
  void transfersKeepTheSum() {
    int accounts = 10;
    for (int i = 0; i < accounts; i++) {
      map.putLong("account " + i, 100);
    }
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger sums = new AtomicInteger();
    CompletableFuture<Void> reader =
        CompletableFuture.runAsync(
            () -> {
              do {
                untilDone(
                    () -> {
                      assertEquals(100L * accounts, sum(accounts));
                      sums.incrementAndGet();
                    });
              } while (!over.get());
            });
    long seed = Seeds.next();
    inThreads(
        thread -> {
          SplittableRandom random = new SplittableRandom(seed + thread);
          for (int i = 0; i < 300; i++) {
            String from = "account " + random.nextInt(accounts);
            String to = "account " + random.nextInt(accounts);
            long amount = random.nextInt(200);
            untilDone(() -> transfer(store, from, to, amount));
          }
        });
    over.set(true);
    reader.join();
    assertTrue(sums.get() > 0);
    assertEquals(100L * accounts, sum(accounts), "-Dzap.seed=" + seed);
    map.forEach(entry -> assertTrue(entry.longValue() >= 0, entry.toString()));
  }

  private long sum(int accounts) {
    return store.<Long>transact(
        tx -> {
          long sum = 0;
          for (int i = 0; i < accounts; i++) {
            sum += tx.getLong(map, "account " + i).orElseThrow();
          }
          return sum;
        });
  }

  private static boolean transfer(ZapStore store, String from, String to, long amount) {
    ZapMap map = store.map("m");
    return store.<Boolean>transact(
        Durability.NONE,
        tx -> {
          long left = tx.getLong(map, from).orElse(0) - amount;
          if (left < 0) {
            return false;
          }
          tx.putLong(map, from, left);
          tx.putLong(map, to, tx.getLong(map, to).orElse(0) + amount);
          return true;
        });
  }

  /** Also of more changes than a record has, beside small ones and plain puts on the same keys. */
  @Test
  void largeOnesAreSeenAsAWholeByOthers() {
    int keys = 400;
    inThreads(
        thread -> {
          for (int i = 0; i < 12; i++) {
            long value = thread * 1000L + i;
            if (thread < 2) {
              untilDone(
                  () ->
                      store.transact(
                          tx -> {
                            for (int k = 0; k < keys; k++) {
                              tx.putLong(map, "key " + k, value);
                            }
                            return value;
                          }));
            } else {
              untilDone(
                  () -> {
                    long distinct =
                        store.<Long>transact(
                            tx ->
                                IntStream.range(0, keys)
                                    .mapToLong(k -> tx.getLong(map, "key " + k).orElse(-1))
                                    .distinct()
                                    .count());
                    assertEquals(1, distinct);
                  });
            }
          }
        });
  }

  /** Power is lost at a random write: transfers are there as a beginning of their order. */
  @Test
  void aCrashLeavesWholeTransactions() {
    for (int round = 0; round < 8; round++) {
      long seed = Seeds.next() + round;
      try {
        crashAndLook(seed);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("-Dzap.seed=" + seed, e);
      }
    }
  }

  private static void crashAndLook(long seed) {
    Random random = new Random(seed);
    CrashStore crash = new CrashStore(seed);
    ZapStore crashing = crash.create();
    ZapMap accounts = crashing.map("m");
    crashing.transact(
        tx -> {
          for (int i = 0; i < 5; i++) {
            tx.putLong(accounts, "account " + i, 100);
          }
          return "done";
        });
    long acknowledged = 0;
    long begun = 0;
    (random.nextBoolean() ? crash.log : crash.blocks).crashAfter(random.nextInt(60));
    try {
      while (begun < 400) {
        long number = ++begun;
        boolean large = random.nextInt(10) == 0;
        Durability durability = random.nextInt(3) == 0 ? Durability.SYNC : Durability.NONE;
        crashing.transact(durability, tx -> pay(tx, accounts, random, number, large));
        acknowledged = durability.equals(Durability.SYNC) ? number : acknowledged;
        if (random.nextInt(20) == 0) {
          crashing.sync();
          acknowledged = number;
        }
      }
    } catch (ZapException e) {
      // The power is gone.
    }
    crash.crash(crashing);
    try (ZapStore again = crash.open()) {
      ZapMap found = again.map("m");
      long sum = 0;
      for (int i = 0; i < 5; i++) {
        sum += found.getLong("account " + i).orElseThrow();
      }
      assertEquals(500, sum);
      long number = found.getLong("number").orElse(0);
      assertTrue(acknowledged <= number && number <= begun, acknowledged + " " + number);
      long first = found.getLong("large 0").orElse(-1);
      for (int i = 0; i < 300; i++) {
        assertEquals(first, found.getLong("large " + i).orElse(-1));
      }
      assertEquals(List.of(), again.check((done, total) -> {}).problems());
    }
  }

  private static long pay(
      StoreTransaction tx, ZapMap accounts, Random random, long number, boolean large) {
    assertEquals(number - 1, tx.getLong(accounts, "number").orElse(0));
    String from = "account " + random.nextInt(5);
    String to = "account " + random.nextInt(5);
    tx.putLong(accounts, from, tx.getLong(accounts, from).orElseThrow() - 7);
    tx.putLong(accounts, to, tx.getLong(accounts, to).orElseThrow() + 7);
    tx.putLong(accounts, "number", number);
    for (int i = 0; large && i < 300; i++) {
      tx.putLong(accounts, "large " + i, number);
    }
    return number;
  }
}
