// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.StoreFailedException;
import org.zapkv.error.StoreFullException;

/** A log of which little is left is made larger by a thread of its own. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LogGrowthTest {
  private static final byte[] LEAVES_LITTLE = new byte[TestLog.SEGMENT_BYTES / 4 * 3];

  private final MemoryDevice memory = new MemoryDevice();
  private final HookedDevice device = new HookedDevice(memory).outlivingClose();

  private long segments() {
    return (memory.sizeBytes() - LogHeadLayout.HEAD_BYTES) / TestLog.SEGMENT_BYTES;
  }

  private void awaitSegments(int count) {
    Waiting.until(count + " segments", () -> segments() >= count);
  }

  private static Runnable byOthers(Runnable action) {
    return () -> {
      if (Thread.currentThread().getName().startsWith("zap-log-grow")) {
        action.run();
      }
    };
  }

  @Test
  void itGrowsBeforeAnybodyNeedsIt() {
    // Here, as the constructor runs in another thread than the test.
    Thread self = Thread.currentThread();
    try (TestLog log = TestLog.create(device)) {
      log.append(new byte[1]);
      long before = segments();
      assertEquals(2, before);
      device.beforeFlush(
          () -> assertTrue(Thread.currentThread() != self, "who reserves makes the room himself"));
      log.append(LEAVES_LITTLE);
      awaitSegments(3);
      device.noActions();
    }
  }

  @Test
  void whereThereIsNoRoomItIsTriedAgainAfterAGroup() {
    AtomicInteger refused = new AtomicInteger();
    AtomicReference<Thread> grower = new AtomicReference<>();
    CountDownLatch tried = new CountDownLatch(1);
    device.beforeWrite(
        byOthers(
            () -> {
              refused.incrementAndGet();
              grower.set(Thread.currentThread());
              tried.countDown();
              throw new StoreFullException("full");
            }));
    try (TestLog log = TestLog.create(device)) {
      log.append(LEAVES_LITTLE);
      Waiting.forLatch("the thread that makes the log larger", tried);
      // Then it has nothing more to do, and waits for that, or has ended after a while of waiting.
      Waiting.until(
          "the end of the try",
          () ->
              EnumSet.of(Thread.State.TIMED_WAITING, Thread.State.TERMINATED)
                  .contains(grower.get().getState()));
      for (int i = 0; i < 1000; i++) {
        assertTrue(log.log.tryReserve(1));
        log.log.release(1);
      }
      assertEquals(1, refused.get());
      device.noActions();
      assertEquals(2, segments());
      log.syncGroup();
      log.append(new byte[1]);
      awaitSegments(3);
    }
  }

  @Test
  void aFailureIsToldAndForGood() {
    CountDownLatch told = new CountDownLatch(1);
    try (TestLog log = TestLog.create(device)) {
      log.log.onFailure(cause -> told.countDown());
      device.beforeFlush(
          byOthers(
              () -> {
                throw HookedDevice.failure();
              }));
      assertTrue(log.log.tryReserve(LEAVES_LITTLE.length));
      Waiting.forLatch("the failure to be told", told);
      device.noActions();
      assertThrows(StoreFailedException.class, () -> log.log.tryReserve(1));
      assertThrows(StoreFailedException.class, () -> log.log.append(new byte[1]));
    }
  }

  @Test
  void closingWaitsForIt() {
    CountDownLatch growing = new CountDownLatch(1);
    CountDownLatch letGo = new CountDownLatch(1);
    TestLog log = TestLog.create(device);
    device.beforeFlush(
        byOthers(
            () -> {
              growing.countDown();
              Waiting.forLatch("the test", letGo);
            }));
    log.append(LEAVES_LITTLE);
    log.syncGroup();
    Waiting.forLatch("the thread that makes the log larger", growing);
    Thread closer = new Thread(log::close);
    closer.start();
    try {
      Waiting.untilItWaits("the log to have grown", closer);
    } finally {
      letGo.countDown();
    }
    Waiting.forEnd(closer);
    assertEquals(2, segments());
  }
}
