// SPDX-License-Identifier: Apache-2.0
package org.zapkv.pool;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An interrupt neither ends the wait nor is forgotten. */
@Tag("once")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ThreadEndTest {
  @Test
  void anInterruptIsKeptUntilTheThreadHasEnded() {
    Thread waiter = Thread.currentThread();
    CountDownLatch interrupted = new CountDownLatch(1);
    Thread ending =
        new Thread(
            () -> {
              try {
                interrupted.await();
                // Taken note of, it is no longer set while the waiter waits again.
                while (waiter.isInterrupted() || waiter.getState() != Thread.State.WAITING) {
                  Thread.onSpinWait();
                }
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    ending.start();
    waiter.interrupt();
    interrupted.countDown();
    ThreadEnd.await(ending);
    assertFalse(ending.isAlive());
    assertTrue(Thread.interrupted());
  }

  @Test
  void aThreadThatWasNeverStartedHasEnded() {
    ThreadEnd.await(new Thread(() -> {}));
    assertFalse(Thread.interrupted());
  }
}
