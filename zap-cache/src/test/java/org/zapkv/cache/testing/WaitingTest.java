// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What tests wait with, and that no failure is lost in a wait. */
@Tag("once")
final class WaitingTest {
  @Test
  void aFailureIsToldThoughOthersWaitForWhatFailed() {
    CountDownLatch never = new CountDownLatch(1);
    AtomicReference<Thread> waiting = new AtomicReference<>();
    IllegalStateException failure = new IllegalStateException("before it opened the latch");
    AssertionError told =
        assertThrows(
            AssertionError.class,
            () ->
                Threads.run(
                    2,
                    index -> {
                      if (index == 1) {
                        throw failure;
                      }
                      waiting.set(Thread.currentThread());
                      never.await();
                    },
                    Duration.ofMillis(300)));
    assertSame(failure, told.getCause());
    assertEquals(1, told.getSuppressed().length);
    // It was interrupted.
    Waiting.until("the end of the other", () -> waiting.get() != null && !waiting.get().isAlive());
  }

  @Test
  void whoIsNotStuckIsWaitedForAfterAFailure() {
    AtomicInteger ended = new AtomicInteger();
    CountDownLatch failed = new CountDownLatch(1);
    AssertionError told =
        assertThrows(
            AssertionError.class,
            () ->
                Threads.run(
                    2,
                    index -> {
                      if (index == 1) {
                        failed.countDown();
                        throw new IllegalStateException();
                      }
                      failed.await();
                      Thread.sleep(100);
                      ended.incrementAndGet();
                    }));
    assertEquals(1, ended.get());
    assertEquals(0, told.getSuppressed().length);
  }

  @Test
  void anInterruptEndsEachWait() throws Exception {
    Runnable[] waits = {
      () -> Waiting.until("ever", () -> false),
      () -> Waiting.forLatch("ever", new CountDownLatch(1)),
      () -> Waiting.forOthers("ever", new CyclicBarrier(2)),
      () -> Waiting.forEnd(Thread.currentThread()),
    };
    Threads.run(
        waits.length,
        index -> {
          Thread.currentThread().interrupt();
          AssertionError e = assertThrows(AssertionError.class, waits[index]::run);
          String message = String.valueOf(e.getMessage());
          assertTrue(message.contains(index < 3 ? "ever" : "the end of"), message);
        });
  }

  @Test
  void whatDoesNotComeIsNotWaitedForWithoutEnd() {
    AssertionError e =
        assertThrows(
            AssertionError.class, () -> Waiting.until("ever", () -> false, Duration.ofMillis(20)));
    assertEquals("waited for PT0.02S for: ever", e.getMessage());
  }

  @Test
  void whoEndsDoesNotWait() {
    Thread thread = new Thread(() -> {});
    thread.start();
    Waiting.forEnd(thread);
    AssertionError e =
        assertThrows(AssertionError.class, () -> Waiting.untilItWaits("a signal", thread));
    assertTrue(String.valueOf(e.getMessage()).contains("did not wait for a signal"), e::toString);
  }

  @Test
  void aThreadThatWaitsIsSeenToDoSo() {
    CountDownLatch latch = new CountDownLatch(1);
    Thread thread = new Thread(() -> Waiting.forLatch("the test", latch));
    assertFalse(thread.isAlive());
    thread.start();
    Waiting.untilItWaits("the latch", thread);
    assertTrue(thread.isAlive());
    latch.countDown();
    Waiting.forEnd(thread);
  }
}
