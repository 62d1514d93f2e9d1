// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.testing.Waiting;

/** Who gets in when, while groups are switched. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class TransactionGateTest {
  private static final boolean LONG = true;
  private static final boolean SHORT = false;

  private final TransactionGate gate = new TransactionGate(1);

  private void switchGroup() {
    gate.quiesce();
    gate.reopen(gate.openGroup() + 1);
  }

  private CompletableFuture<Void> switching() {
    return CompletableFuture.runAsync(this::switchGroup);
  }

  /** A switch that has begun, and waits for somebody who is inside. */
  private CompletableFuture<Void> waitingToSwitch() {
    return begunAndWaiting(
        () -> {
          switchGroup();
          return null;
        });
  }

  /** Somebody who has found the gate closed. */
  private CompletableFuture<Long> waitingToEnter(boolean isLong) {
    return begunAndWaiting(() -> gate.enter(isLong));
  }

  private <T> CompletableFuture<T> begunAndWaiting(Supplier<T> body) {
    CompletableFuture<T> end = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                end.complete(body.get());
              } catch (Throwable e) {
                end.completeExceptionally(e);
              }
            });
    thread.start();
    Waiting.untilItWaits("the gate", thread);
    return end;
  }

  private static void assertWaits(CompletableFuture<?> future) throws Exception {
    try {
      future.get(30, TimeUnit.MILLISECONDS);
    } catch (TimeoutException expected) {
      return;
    } catch (ExecutionException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("did not wait");
  }

  @Test
  void shortOnesComeAndGoWhileALongOneIsWaitedFor() throws Exception {
    assertEquals(1, gate.enter(LONG));
    CompletableFuture<Void> switched = waitingToSwitch();
    CompletableFuture<Long> other = waitingToEnter(LONG);
    for (int i = 0; i < 1000; i++) {
      assertEquals(1, gate.enter(SHORT));
      assertTrue(gate.tryEnterBeside(1));
      gate.exit(false);
      gate.exit(SHORT);
    }
    assertTrue(gate.isLongInside());
    gate.exit(LONG);
    switched.join();
    assertEquals(2, other.join());
    gate.exit(LONG);
    assertFalse(gate.isLongInside());
    assertEquals(2, gate.enter(SHORT));
    gate.exit(SHORT);
  }

  @Test
  void aShortOneThatIsInsideIsWaitedForAndMayHaveHelp() throws Exception {
    gate.enter(SHORT);
    CompletableFuture<Void> switched = waitingToSwitch();
    CompletableFuture<Long> other = waitingToEnter(SHORT);
    assertTrue(gate.tryEnterBeside(1), "help is refused");
    assertFalse(gate.tryEnterBeside(2), "of another group");
    gate.exit(false);
    assertWaits(switched);
    gate.exit(SHORT);
    switched.join();
    assertEquals(2, other.join());
    gate.exit(SHORT);
    assertFalse(gate.tryEnterBeside(1), "the group is closed");
  }

  /** The next switch comes at once, and still finds inside who waited during the one before. */
  @Test
  void whoWaitsIsInTheNextGroupHoweverSoonItEnds() throws Exception {
    for (boolean isLong : new boolean[] {SHORT, LONG}) {
      for (int round = 0; round < 20; round++) {
        gate.quiesce();
        long next = gate.openGroup() + 1;
        CompletableFuture<Long> waiter = waitingToEnter(isLong);
        gate.reopen(next);
        CompletableFuture<Void> again = switching();
        assertEquals(next, waiter.get(20, TimeUnit.SECONDS));
        assertFalse(again.isDone());
        gate.exit(isLong);
        again.join();
      }
    }
  }

  /** Nobody is inside at a switch, the group stands still for who is inside, all come through. */
  @Test
  void underStressNobodyIsInsideDuringASwitch() throws Exception {
    long seed = Long.getLong("zap.seed", System.nanoTime());
    AtomicInteger inside = new AtomicInteger();
    AtomicLong entered = new AtomicLong();
    AtomicBoolean stop = new AtomicBoolean();
    List<CompletableFuture<Void>> workers = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      SplittableRandom random = new SplittableRandom(seed + i);
      CompletableFuture<Void> done = new CompletableFuture<>();
      workers.add(done);
      Thread thread =
          new Thread(
              () -> {
                try {
                  while (!stop.get()) {
                    transaction(random, inside);
                    entered.incrementAndGet();
                  }
                  done.complete(null);
                } catch (Throwable e) {
                  done.completeExceptionally(e);
                }
              });
      threads.add(thread);
      thread.start();
    }
    try {
      for (int i = 0; i < 3000; i++) {
        gate.quiesce();
        assertEquals(0, inside.get(), "somebody is inside");
        gate.reopen(gate.openGroup() + 1);
      }
      long before = entered.get();
      Waiting.until("the others to enter", () -> entered.get() > before + 100);
    } finally {
      stop.set(true);
    }
    for (CompletableFuture<Void> worker : workers) {
      try {
        worker.join();
      } catch (RuntimeException e) {
        throw new AssertionError("-Dzap.seed=" + seed, e);
      }
    }
    for (Thread thread : threads) {
      thread.join();
    }
    gate.quiesce();
    gate.reopen(0);
  }

  private void transaction(SplittableRandom random, AtomicInteger inside) {
    boolean isLong = random.nextInt(4) == 0;
    long group = gate.enter(isLong);
    inside.incrementAndGet();
    for (int i = random.nextInt(isLong ? 3000 : 30); i > 0; i--) {
      Thread.onSpinWait();
    }
    if (random.nextBoolean()) {
      assertTrue(gate.tryEnterBeside(group), "help is refused");
      assertEquals(group, gate.openGroup());
      gate.exit(false);
    }
    assertEquals(group, gate.openGroup());
    inside.decrementAndGet();
    gate.exit(isLong);
  }
}
