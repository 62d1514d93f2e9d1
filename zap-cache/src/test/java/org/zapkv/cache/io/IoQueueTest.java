// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zapkv.cache.BufferCache;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.MemoryDevice;
import org.zapkv.cache.device.testing.WatchedDevice;
import org.zapkv.cache.memory.NativeMemory;
import org.zapkv.cache.testing.Waiting;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.ClosedException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.EndOfDeviceException;

final class IoQueueTest {
  private static final int BYTES = 4096;

  private final BufferCache cache = BufferCache.builder().budgetBytes(8L << 20).build();
  private final MemoryDevice disk = new MemoryDevice();

  @AfterEach
  void nothingIsOut() {
    assertEquals(0, cache.stats().ioBytes());
    cache.close();
  }

  private IoMemory memory(int value) {
    IoMemory memory = cache.allocateIo(BYTES);
    NativeMemory.fill(memory.address(), BYTES, (byte) value);
    return memory;
  }

  @Test
  void whatWasWrittenIsRead() {
    try (IoQueue queue = new IoQueue(disk, 2);
        IoMemory memory = memory(7);
        IoMemory other = memory(0)) {
      NativeMemory.fill(memory.address() + 512, 512, (byte) 8);
      queue.write(100, memory, 512, 1024);
      queue.drain();
      assertEquals(100 + 1024, disk.sizeBytes());
      IoTicket ticket = queue.read(100, other, 2048, 1024);
      ticket.await();
      assertTrue(ticket.hasEnded());
      assertEquals(0, NativeMemory.getByte(other.address() + 2047));
      assertEquals(8, NativeMemory.getByte(other.address() + 2048));
      assertEquals(7, NativeMemory.getByte(other.address() + 2048 + 1023));
      assertEquals(0, NativeMemory.getByte(other.address() + 2048 + 1024));
    }
  }

  @Test
  void whatIsWrittenHereNeedsNoPlace() {
    CountDownLatch gate = new CountDownLatch(1);
    List<Thread> writers = Collections.synchronizedList(new ArrayList<>());
    WatchedDevice device =
        new WatchedDevice(
            disk,
            (write, offset, address, length, transfer) -> {
              if (offset == 0) {
                await(gate);
              } else {
                writers.add(Thread.currentThread());
              }
              if (offset == 2L * BYTES) {
                throw new DeviceException("broken");
              }
              transfer.run();
            });
    try (IoQueue queue = new IoQueue(device, 1);
        IoMemory memory = memory(4)) {
      IoTicket waiting = queue.write(0, memory, 0, BYTES);
      IoTicket here = queue.writeHere(BYTES, memory, 0, BYTES);
      assertTrue(here.hasEnded());
      here.await();
      assertFalse(waiting.hasEnded());
      assertEquals(2L * BYTES, disk.sizeBytes());
      IoTicket broken = queue.writeHere(2L * BYTES, memory, 0, BYTES);
      assertThrows(DeviceException.class, broken::await);
      assertThrows(DeviceException.class, () -> queue.writeHere(BYTES, memory, 0, BYTES));
      gate.countDown();
      assertThrows(DeviceException.class, queue::drain);
      queue.writeHere(BYTES, memory, 0, BYTES).await();
      assertThrows(IndexOutOfBoundsException.class, () -> queue.writeHere(0, memory, 1, BYTES));
      IoMemory gone = memory(1);
      gone.close();
      assertThrows(BufferStateException.class, () -> queue.writeHere(0, gone, 0, BYTES));
      queue.drain();
    } finally {
      gate.countDown();
    }
    assertEquals(Set.of(Thread.currentThread()), Set.copyOf(writers));
  }

  /** Each transfer waits in the device until as many are there as may be, and never one more. */
  @Test
  void severalAreInFlightAndNotMore() {
    CyclicBarrier together = new CyclicBarrier(3);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    WatchedDevice device =
        new WatchedDevice(
            disk,
            (write, offset, address, length, transfer) -> {
              most.accumulateAndGet(inside.incrementAndGet(), Math::max);
              await(together);
              inside.decrementAndGet();
              transfer.run();
            });
    try (IoQueue queue = new IoQueue(device, 3);
        IoMemory memory = memory(1)) {
      for (int i = 0; i < 30; i++) {
        queue.write(i * (long) BYTES, memory, 0, BYTES);
      }
      queue.drain();
      assertEquals(30 * (long) BYTES, disk.sizeBytes());
    }
    assertEquals(3, most.get());
  }

  @Test
  void aSubmitterWaitsForAPlace() {
    CountDownLatch gate = new CountDownLatch(1);
    WatchedDevice device =
        new WatchedDevice(
            disk,
            (write, offset, address, length, transfer) -> {
              await(gate);
              transfer.run();
            });
    try (IoQueue queue = new IoQueue(device, 1);
        IoMemory memory = memory(1);
        Opener opener = gate::countDown) {
      assertNotNull(opener);
      queue.write(0, memory, 0, BYTES);
      Thread second = new Thread(() -> queue.write(BYTES, memory, 0, BYTES));
      startUntilItWaits(second);
      gate.countDown();
      Waiting.forEnd(second);
      queue.drain();
      assertEquals(2 * (long) BYTES, disk.sizeBytes());
    }
  }

  @Test
  void memoryStaysUntilTheTransferHasEnded() {
    for (boolean fails : new boolean[] {false, true}) {
      CountDownLatch gate = new CountDownLatch(1);
      WatchedDevice device =
          new WatchedDevice(
              disk,
              (write, offset, address, length, transfer) -> {
                await(gate);
                if (fails) {
                  throw new DeviceException("broken");
                }
                transfer.run();
              });
      try (IoQueue queue = new IoQueue(device, 1);
          Opener opener = gate::countDown) {
        assertNotNull(opener);
        IoMemory memory = memory(3);
        IoTicket ticket = queue.write(0, memory, 0, BYTES);
        memory.close();
        assertEquals(BYTES, cache.stats().ioBytes());
        assertFalse(ticket.hasEnded());
        gate.countDown();
        if (fails) {
          assertThrows(DeviceException.class, queue::drain);
        } else {
          queue.drain();
        }
        assertEquals(0, cache.stats().ioBytes());
        assertThrows(BufferStateException.class, () -> queue.write(0, memory, 0, BYTES));
      }
    }
  }

  @Test
  void aFailedWriteStopsThoseAfterIt() {
    List<DeviceException> thrown = new ArrayList<>();
    CyclicBarrier together = new CyclicBarrier(2);
    WatchedDevice device =
        new WatchedDevice(
            disk,
            (write, offset, address, length, transfer) -> {
              if (offset > 0) {
                transfer.run();
                return;
              }
              await(together);
              DeviceException e = new DeviceException("broken");
              synchronized (thrown) {
                thrown.add(e);
              }
              throw e;
            });
    try (IoQueue queue = new IoQueue(device, 2);
        IoMemory memory = memory(3)) {
      IoTicket first = queue.write(0, memory, 0, BYTES);
      IoTicket second = queue.write(0, memory, 0, BYTES);
      Throwable told = failure(first::await);
      assertTrue(thrown.contains(told));
      assertTrue(thrown.contains(failure(second::await)));
      Throwable refusal = failure(() -> queue.write(BYTES, memory, 0, BYTES));
      assertTrue(thrown.contains(refusal));
      assertEquals(0, disk.sizeBytes());
      Throwable drained = failure(queue::drain);
      assertSame(refusal, drained);
      thrown.remove(drained);
      assertSame(thrown.get(0), drained.getSuppressed()[0]);
      queue.write(BYTES, memory, 0, BYTES);
      queue.drain();
      assertEquals(2 * (long) BYTES, disk.sizeBytes());
    }
  }

  @Test
  void aFailedReadConcernsItsOwnerOnly() {
    try (IoQueue queue = new IoQueue(disk, 2);
        IoMemory memory = memory(3)) {
      IoTicket ticket = queue.read(0, memory, 0, BYTES);
      assertThrows(EndOfDeviceException.class, ticket::await);
      assertThrows(EndOfDeviceException.class, ticket::await);
      queue.write(0, memory, 0, BYTES);
      queue.drain();
      queue.read(0, memory, 0, BYTES).await();
    }
  }

  @Test
  void interruptsEndNoWaitAndAreKept() {
    try (IoQueue queue = new IoQueue(disk, 1);
        IoMemory memory = memory(5)) {
      Thread.currentThread().interrupt();
      for (int i = 0; i < 20; i++) {
        queue.write(i * (long) BYTES, memory, 0, BYTES);
      }
      queue.read(0, memory, 0, BYTES).await();
      queue.drain();
      assertTrue(Thread.interrupted());
      assertEquals(20 * (long) BYTES, disk.sizeBytes());
    }
  }

  @Test
  void closingWaitsForWhatIsInFlight() {
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch inside = new CountDownLatch(1);
    WatchedDevice device =
        new WatchedDevice(
            disk,
            (write, offset, address, length, transfer) -> {
              inside.countDown();
              await(gate);
              transfer.run();
            });
    IoQueue queue = new IoQueue(device, 1);
    IoMemory memory = memory(5);
    queue.write(0, memory, 0, BYTES);
    memory.close();
    await(inside);
    AtomicInteger refused = new AtomicInteger();
    try (IoMemory late = memory(6)) {
      Thread submitter =
          new Thread(
              () -> {
                assertThrows(ClosedException.class, () -> queue.write(BYTES, late, 0, BYTES));
                refused.incrementAndGet();
              });
      Thread closer = new Thread(queue::close);
      startUntilItWaits(submitter);
      closer.start();
      Waiting.forEnd(submitter);
      assertEquals(1, refused.get());
      assertTrue(closer.isAlive(), "close() did not wait");
      memory.pin();
      memory.unpin();
      gate.countDown();
      Waiting.forEnd(closer);
      assertEquals(BYTES, disk.sizeBytes());
      assertThrows(BufferStateException.class, memory::pin);
    } finally {
      gate.countDown();
    }
    queue.close();
  }

  @Test
  void aFailureThatNobodyAskedForIsLogged() {
    WatchedDevice device =
        new WatchedDevice(
            disk,
            (write, offset, address, length, transfer) -> {
              throw new DeviceException("broken");
            });
    Logger logger = Logger.getLogger(IoQueue.class.getName());
    List<LogRecord> logged = new ArrayList<>();
    Handler handler = new Recorder(logged);
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try (IoMemory memory = memory(1)) {
      IoQueue asked = new IoQueue(device, 1);
      asked.write(0, memory, 0, BYTES);
      assertThrows(DeviceException.class, asked::drain);
      asked.close();
      assertEquals(0, logged.size());
      IoQueue unasked = new IoQueue(device, 1);
      unasked.write(0, memory, 0, BYTES);
      unasked.close();
      assertEquals(1, logged.size());
      assertTrue(logged.get(0).getThrown() instanceof DeviceException);
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
  }

  @Test
  void argumentsAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> new IoQueue(disk, 0));
    try (IoQueue queue = new IoQueue(disk, 1);
        IoMemory memory = memory(1)) {
      assertThrows(IndexOutOfBoundsException.class, () -> queue.write(0, memory, 1, BYTES));
      assertThrows(IndexOutOfBoundsException.class, () -> queue.read(0, memory, -1, 1));
      // The device's own check, made by another thread: the place in the queue is given back.
      assertThrows(IllegalArgumentException.class, () -> queue.read(-1, memory, 0, BYTES).await());
      queue.write(0, memory, 0, BYTES).await();
    }
  }

  private static void startUntilItWaits(Thread thread) {
    thread.start();
    Waiting.untilItWaits("a place in the queue", thread);
  }

  /** Opens a gate before a queue that waits for it is closed, also when a test fails. */
  private interface Opener extends AutoCloseable {
    @Override
    void close();
  }

  private static Throwable failure(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      return e;
    }
    throw new AssertionError("did not fail");
  }

  private static void await(CountDownLatch latch) {
    Waiting.forLatch("the test, or a transfer", latch);
  }

  private static void await(CyclicBarrier barrier) {
    Waiting.forOthers("other transfers", barrier);
  }

  private static final class Recorder extends Handler {
    private final List<LogRecord> logged;

    Recorder(List<LogRecord> logged) {
      this.logged = logged;
    }

    @Override
    public void publish(LogRecord record) {
      logged.add(record);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
