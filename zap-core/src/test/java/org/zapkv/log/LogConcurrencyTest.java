// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.CrashDevice;
import org.zapkv.cache.device.testing.HookedDevice;
import org.zapkv.cache.testing.Seeds;
import org.zapkv.cache.testing.Threads;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.DeviceException;
import org.zapkv.error.StoreFailedException;

/** Several threads append and wait at the same time. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LogConcurrencyTest {
  private static final int THREADS = 8;
  private static final int COMMITS = 300;
  private static final int ROUNDS = 20;

  /** The thread, its how manieth record, then anything. */
  private static byte[] record(SplittableRandom random, int thread, int count) {
    int length = random.nextInt(100) == 0 ? random.nextInt(100_000) : random.nextInt(300);
    return ByteBuffer.allocate(8 + length).putInt(thread).putInt(count).array();
  }

  @Test
  void whatEachWasToldToBeDurableIsThere() throws Exception {
    Seeds.run(
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          for (int round = 0; round < ROUNDS; round++) {
            commitUntilCrash(random.nextLong(), random.nextInt(2 * COMMITS));
          }
        });
  }

  private static void commitUntilCrash(long seed, int steps) throws Exception {
    CrashDevice device = new CrashDevice(seed);
    TestLog log = TestLog.create(device);
    device.crashAfter(steps);
    int[] durable = new int[THREADS];
    Threads.run(
        THREADS,
        thread -> {
          SplittableRandom random = new SplittableRandom(seed + thread);
          try {
            for (int i = 1; i <= COMMITS; i++) {
              byte[] record = record(random, thread, i);
              assertTrue(log.log.tryReserve(record.length));
              long sequence = log.log.append(record);
              log.log.release(record.length);
              if (random.nextInt(4) > 0) {
                log.log.awaitDurable(sequence);
                assertTrue(log.log.durableSequence() >= sequence);
                durable[thread] = i;
              }
            }
          } catch (StoreFailedException powerLost) {
            return;
          }
        });
    close(log);
    device.restart();
    assertPrefix(device, log.durable, durable);
  }

  private static void close(TestLog log) {
    try {
      log.close();
    } catch (DeviceException powerLost) {
      assertTrue(powerLost.getMessage() != null);
    }
  }

  private static void assertPrefix(CrashDevice device, LogPosition from, int[] durable) {
    int[] found = new int[THREADS];
    try (TestLog log = TestLog.open(device, from)) {
      for (byte[] record : log.replay()) {
        ByteBuffer fields = ByteBuffer.wrap(record);
        assertEquals(++found[fields.getInt()], fields.getInt(), "in the order of its thread");
      }
    }
    for (int thread = 0; thread < THREADS; thread++) {
      assertTrue(found[thread] >= durable[thread], "thread " + thread);
    }
  }

  @Test
  void groupsAreSyncedMeanwhile() throws Exception {
    Seeds.run(
        seed -> {
          TestLog log = TestLog.create(new MemoryDevice());
          // As the gate of the transaction groups.
          ReentrantReadWriteLock gate = new ReentrantReadWriteLock(true);
          AtomicInteger running = new AtomicInteger(THREADS);
          Threads.run(
              THREADS + 1,
              thread -> {
                SplittableRandom random = new SplittableRandom(seed + thread);
                try {
                  for (int i = 1; thread > 0 && i <= COMMITS; i++) {
                    commit(log, gate, record(random, thread - 1, i));
                  }
                } finally {
                  running.addAndGet(thread > 0 ? -1 : 0);
                }
                while (thread == 0 && running.get() > 0) {
                  log.log.released(position(log, gate));
                }
              });
          assertEquals(THREADS * COMMITS, log.log.durableSequence());
          log.close();
        });
  }

  private static LogPosition position(TestLog log, ReentrantReadWriteLock gate) {
    gate.writeLock().lock();
    try {
      return log.log.position();
    } finally {
      gate.writeLock().unlock();
    }
  }

  private static void commit(TestLog log, ReentrantReadWriteLock gate, byte[] record) {
    Waiting.until("room for a record", () -> log.log.tryReserve(record.length));
    long sequence;
    gate.readLock().lock();
    try {
      sequence = log.log.append(record);
    } finally {
      gate.readLock().unlock();
    }
    log.log.release(record.length);
    log.log.awaitDurable(sequence);
  }

  @Test
  void thoseWhoCommitTogetherShareFlushes() throws Exception {
    HookedDevice device = new HookedDevice(new MemoryDevice());
    AtomicInteger flushes = new AtomicInteger();
    CountDownLatch appended = new CountDownLatch(THREADS);
    try (TestLog log = TestLog.create(device)) {
      log.append(new byte[100]);
      // The first flush takes until all have appended: the second is for all others.
      device.beforeFlush(
          () -> {
            flushes.incrementAndGet();
            Waiting.forLatch("all to have appended", appended);
          });
      Threads.run(
          THREADS,
          thread -> {
            long sequence = log.append(new byte[100]);
            appended.countDown();
            log.log.awaitDurable(sequence);
          });
      assertTrue(flushes.get() <= 2, "flushes " + flushes);
    }
  }

  @Test
  void whatIsAppendedDuringAFlushIsNotCoveredByIt() {
    HookedDevice device = new HookedDevice(new MemoryDevice());
    try (TestLog log = TestLog.create(device)) {
      log.append(new byte[1]);
      device.beforeFlush(() -> log.append(new byte[1]));
      log.log.awaitDurable(1);
      assertEquals(1, log.log.durableSequence());
      assertEquals(2, log.log.lastSequence());
    }
  }

  @Test
  void nobodyAppendsInTheMiddleOfARecord() throws Exception {
    HookedDevice device = new HookedDevice(new MemoryDevice()).outlivingClose();
    LogPosition from;
    try (TestLog log = TestLog.create(device)) {
      from = log.durable;
      assertTrue(log.log.tryReserve(8 * TestLog.SEGMENT_BYTES));
      Thread other = new Thread(() -> log.log.append(new byte[2]));
      // The long one waits for a block to be written. The log is made larger meanwhile.
      Thread self = Thread.currentThread();
      device.beforeWrite(
          () -> {
            if (Thread.currentThread() != self) {
              return;
            }
            device.noActions();
            other.start();
            Waiting.untilItWaits("the end of the record", other);
          });
      assertEquals(1, log.log.append(new byte[5 * TestLog.SEGMENT_BYTES]));
      Waiting.forEnd(other);
      log.log.awaitDurable(2);
    }
    try (TestLog log = TestLog.open(device, from)) {
      List<byte[]> found = log.replay();
      assertEquals(5 * TestLog.SEGMENT_BYTES, found.get(0).length);
      assertEquals(2, found.get(1).length);
    }
  }

  @Test
  void anInterruptEndsNoWaitAndIsKept() throws Exception {
    HookedDevice device = new HookedDevice(new MemoryDevice());
    CountDownLatch inFlush = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    try (TestLog log = TestLog.create(device)) {
      log.append(new byte[1]);
      log.append(new byte[1]);
      device.beforeFlush(
          () -> {
            inFlush.countDown();
            Waiting.forLatch("somebody to wait", goOn);
          });
      Threads.run(
          3,
          thread -> {
            if (thread == 0) {
              log.log.awaitDurable(1);
            } else if (thread == 1) {
              Waiting.forLatch("the flush", inFlush);
              Thread.currentThread().interrupt();
              log.log.awaitDurable(2);
              assertTrue(Thread.interrupted());
              assertEquals(2, log.log.durableSequence());
            } else {
              Waiting.forLatch("the flush", inFlush);
              goOn.countDown();
            }
          });
      device.noActions();
      Thread.currentThread().interrupt();
      log.log.awaitDurable(log.append(new byte[100_000]));
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void whatIsRequestedBecomesDurableWithoutAWait() throws Exception {
    try (TestLog log = TestLog.create(new MemoryDevice())) {
      for (int i = 1; i <= 50; i++) {
        log.append(new byte[10]);
        log.log.requestFlush(i, Duration.ofHours(1));
        log.log.requestFlush(i, Duration.ofMillis(i % 3));
        long sequence = i;
        if (i % 5 == 0) {
          Waiting.until("record " + i, () -> log.log.durableSequence() >= sequence);
        }
      }
      assertEquals(50, log.log.durableSequence());
      log.log.requestFlush(50, Duration.ZERO);
      log.append(new byte[10]);
      log.log.requestFlush(51, Duration.ofSeconds(Long.MAX_VALUE));
    }
  }
}
