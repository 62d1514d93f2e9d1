// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.ClosedException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.StoreFailedException;
import org.zapkv.error.StoreFullException;

/** A write or flush that fails is for good, and nobody is told that a record is durable then. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LogFaultTest {
  private final SplittableRandom random = new SplittableRandom(13);
  private final MemoryDevice memory = new MemoryDevice();
  private final HookedDevice device = new HookedDevice(memory).outlivingClose();
  private final List<Throwable> told = new CopyOnWriteArrayList<>();

  private TestLog create() {
    TestLog log = TestLog.create(device);
    log.log.onFailure(told::add);
    log.append(new byte[] {1});
    log.log.awaitDurable(1);
    return log;
  }

  /** Not when the log is made larger meanwhile. */
  private static Runnable byThisThread(Runnable action) {
    Thread self = Thread.currentThread();
    return () -> {
      if (Thread.currentThread() == self) {
        action.run();
      }
    };
  }

  private static void fail() {
    throw HookedDevice.failure();
  }

  private void assertFailed(TestLog log) {
    device.noActions();
    StoreFailedException e =
        assertThrows(StoreFailedException.class, () -> log.log.append(new byte[1]));
    assertTrue(e.getMessage().contains(device.name()), e.getMessage());
    // By the thread that makes the log larger, if that was the first to see it: maybe after this.
    Waiting.until("the failure to be told", () -> !told.isEmpty());
    assertEquals(1, told.size());
    assertSame(told.get(0), e.getCause());
    assertThrows(StoreFailedException.class, () -> log.log.tryReserve(1));
    assertThrows(StoreFailedException.class, () -> log.log.awaitDurable(2));
    assertEquals(1, log.log.durableSequence());
    log.log.awaitDurable(1);
    log.close();
    assertEquals(1, told.size());
    try (TestLog again = TestLog.open(device, log.durable)) {
      assertArrayEquals(new byte[] {1}, again.replay().get(0));
    }
  }

  @Test
  void aFailedWriteIsForGood() {
    TestLog log = create();
    log.append(new byte[10]);
    device.beforeWrite(LogFaultTest::fail);
    assertThrows(StoreFailedException.class, () -> log.log.awaitDurable(2));
    assertFailed(log);
  }

  @Test
  void aFailedWriteOfAFullBlockIsForGood() {
    TestLog log = create();
    byte[] record = TestLog.bytes(random, 5 * TestLog.SEGMENT_BYTES);
    assertTrue(log.log.tryReserve(record.length));
    device.beforeWrite(byThisThread(LogFaultTest::fail));
    assertThrows(StoreFailedException.class, () -> log.log.append(record));
    assertEquals(1, log.log.lastSequence());
    assertFailed(log);
  }

  /** An error that leaves a part of a record in the log; here of a record that is taken away. */
  @Test
  void aRecordThatIsCutShortIsForGood() {
    TestLog log = create();
    byte[][] parts = {TestLog.bytes(random, 5 * TestLog.SEGMENT_BYTES)};
    assertTrue(log.log.tryReserve(parts[0].length));
    device.beforeWrite(byThisThread(() -> parts[0] = null));
    assertThrows(NullPointerException.class, () -> log.log.append(parts));
    assertEquals(1, log.log.lastSequence());
    assertFailed(log);
  }

  @Test
  void aFailedFlushIsForGood() {
    TestLog log = create();
    log.append(new byte[10]);
    device.beforeFlush(LogFaultTest::fail);
    assertThrows(StoreFailedException.class, () -> log.log.awaitDurable(2));
    assertFailed(log);
  }

  @Test
  void aFailedFlushOfNewSegmentsIsForGood() {
    TestLog log = create();
    device.beforeFlush(LogFaultTest::fail);
    assertThrows(StoreFailedException.class, () -> log.log.tryReserve(5 * TestLog.SEGMENT_BYTES));
    assertFailed(log);
  }

  @Test
  void aDeviceWithoutRoomForNewSegmentsIsNoFailure() {
    try (TestLog log = create()) {
      device.beforeWrite(
          () -> {
            throw new StoreFullException("full");
          });
      assertThrows(StoreFullException.class, () -> log.log.tryReserve(5 * TestLog.SEGMENT_BYTES));
      device.noActions();
      log.append(new byte[] {2});
      log.log.awaitDurable(2);
      log.append(new byte[5 * TestLog.SEGMENT_BYTES]);
      assertEquals(List.of(), told);
    }
  }

  @Test
  void whatWasNotReservedIsNotAppended() {
    TestLog log = create();
    StoreFailedException e =
        assertThrows(
            StoreFailedException.class, () -> log.log.append(new byte[5 * TestLog.SEGMENT_BYTES]));
    assertTrue(e.getMessage().contains("reserved"), e.getMessage());
    assertFailed(log);
  }

  @Test
  void whoWaitsIsToldWhenTheStoreFailsElsewhere() {
    CountDownLatch inFlush = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    TestLog log = create();
    log.append(new byte[10]);
    log.append(new byte[10]);
    device.beforeFlush(
        () -> {
          inFlush.countDown();
          Waiting.forLatch("the test", goOn);
        });
    AtomicReference<Throwable> first = new AtomicReference<>();
    AtomicReference<Throwable> second = new AtomicReference<>();
    Thread leader = waiter(log, 2, first);
    Waiting.forLatch("the flush", inFlush);
    DeviceException cause = new DeviceException("elsewhere");
    try {
      Thread follower = waiter(log, 3, second);
      Waiting.untilItWaits("the flush", follower);
      log.log.fail(cause);
      Waiting.forEnd(follower);
      assertSame(cause, second.get().getCause());
    } finally {
      goOn.countDown();
    }
    Waiting.forEnd(leader);
    assertNull(first.get());
    // Its flush was well.
    assertEquals(3, log.log.durableSequence());
    assertEquals(List.of(cause), told);
    log.close();
  }

  @Test
  void whoWaitsIsToldOfTheEnd() {
    TestLog log = create();
    CountDownLatch inFlush = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    device.beforeFlush(
        () -> {
          inFlush.countDown();
          Waiting.forLatch("the test", goOn);
        });
    log.append(new byte[10]);
    AtomicReference<Throwable> first = new AtomicReference<>();
    AtomicReference<Throwable> second = new AtomicReference<>();
    Thread leader = waiter(log, 2, first);
    Waiting.forLatch("the flush", inFlush);
    Thread closer = new Thread(log::close);
    try {
      Thread follower = waiter(log, 2, second);
      Waiting.untilItWaits("the flush", follower);
      closer.start();
      Waiting.forEnd(follower);
      assertTrue(second.get() instanceof ClosedException, () -> "told " + second.get());
    } finally {
      goOn.countDown();
    }
    Waiting.forEnd(leader);
    Waiting.forEnd(closer);
    assertNull(first.get());
  }

  private static Thread waiter(TestLog log, long sequence, AtomicReference<Throwable> failure) {
    Thread thread =
        new Thread(
            () -> {
              try {
                log.log.awaitDurable(sequence);
              } catch (RuntimeException | Error e) {
                failure.set(e);
              }
            });
    thread.start();
    return thread;
  }
}
