// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What ends a scan on several threads, and in which order. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ParallelScanTest {
  private static final int ENTRIES = 6000;

  private final ForkJoinPool pool = new ForkJoinPool(2);
  private final CountDownLatch bothInside = new CountDownLatch(2);

  /** The thread that is in the action first. */
  private final AtomicReference<Thread> first = new AtomicReference<>();

  private volatile boolean isFailing;
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicInteger inside = new AtomicInteger();
  private ZapStore store;
  private ZapMap map;

  @BeforeEach
  void fill() {
    store = ZapStore.builder().leafBytes(4096).inMemory();
    map = store.map("m");
    for (int i = 0; i < ENTRIES; i++) {
      map.put("key " + i, "value " + i);
    }
  }

  @AfterEach
  void close() {
    store.close();
    pool.shutdown();
  }

  /** Scans; two threads are in the action at once, one fails, and then the other goes on. */
  private Throwable scan(Runnable other) {
    return assertThrows(
        Throwable.class,
        () ->
            pool.invoke(
                ForkJoinTask.adapt(
                    () ->
                        map.scanParallel(
                            view -> {
                              inside.incrementAndGet();
                              try {
                                act(other);
                              } finally {
                                inside.decrementAndGet();
                              }
                            }))));
  }

  private void act(Runnable other) {
    calls.incrementAndGet();
    boolean isFirst = first.compareAndSet(null, Thread.currentThread());
    bothInside.countDown();
    awaitBoth();
    if (isFirst) {
      RuntimeException failure = new IllegalStateException("the first");
      isFailing = true;
      throw failure;
    }
    // Until it has left the action, and waits for this one or for work: what it threw is known.
    while (!isFailing || isAtWork(first.get())) {
      Thread.onSpinWait();
    }
    other.run();
  }

  private static boolean isAtWork(Thread thread) {
    return thread != Thread.currentThread() && thread.getState() == Thread.State.RUNNABLE;
  }

  private void awaitBoth() {
    try {
      bothInside.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theFirstFailureIsThrown() {
    Throwable thrown =
        scan(
            () -> {
              throw new IllegalStateException("the second");
            });
    assertEquals("the first", rootOf(thrown).getMessage());
    assertEquals(0, inside.get());
  }

  @Test
  void nobodyIsShownAnEntryAfterAFailure() {
    Throwable thrown = scan(() -> {});
    assertEquals("the first", rootOf(thrown).getMessage());
    assertEquals(2, calls.get());
    assertEquals(0, inside.get());
  }

  /** A pool hands an exception on as the cause of a copy. */
  private static Throwable rootOf(Throwable thrown) {
    Throwable root = thrown;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  @Test
  void anErrorIsThrownAsItIs() {
    Error error = new StackOverflowError("injected by a test");
    Error thrown =
        assertThrows(
            Error.class,
            () ->
                map.scanParallel(
                    view -> {
                      calls.incrementAndGet();
                      throw error;
                    }));
    assertSame(error, thrown);
    assertTrue(calls.get() < ENTRIES);
  }
}
