// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.io;

import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.cache.IoMemory;
import org.zapkv.cache.device.BlockDevice;
import org.zapkv.error.BufferStateException;
import org.zapkv.error.ClosedException;
import org.zapkv.error.DeviceException;

/**
 * Keeps several transfers in flight on a device. Transfers are not ordered: what must come after
 * another one is submitted when that one has ended, and of two that overlap in time and on the
 * device either may be the last. Any thread; an interrupt ends no wait, the flag stays set.
 *
 * <p>The memory of a transfer is pinned from the submit to the end of the transfer, also when this
 * fails: whoever closes it meanwhile gives it back to the cache only after that. Its bytes must not
 * change while they are written.
 */
public final class IoQueue implements AutoCloseable {
  /*
   * Implementation notes
   *
   * A transfer counts in `inFlight` from before it is pinned until after it is unpinned, so when
   * nothing is in flight no memory is pinned from here. The device is called with no lock held.
   *
   * One thread for each transfer in flight, made when first needed, daemons, ended when idle:
   * nothing has to shut them down. The executor's own queue stays nearly empty, as no more is
   * submitted than there are threads. Those of writeHere count, too, but wait for no place: so
   * `inFlight` may be above the maximum for as long as they take.
   */
  private static final System.Logger LOGGER = System.getLogger(IoQueue.class.getName());
  private static final long IDLE_SECONDS = 2;

  private final BlockDevice device;
  private final int maxInFlight;
  private final ThreadPoolExecutor executor;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();

  // Guarded by lock.
  private int inFlight;
  private boolean closed;

  /** The first write that failed; the others are suppressed in it. */
  private @Nullable Throwable failure;

  private boolean failureTold;

  /**
   * A queue for a device; it takes no threads until it is used.
   *
   * @param device where the bytes go and come from; stays open when the queue is closed
   * @param maxInFlight how many transfers at once, above 0
   * @throws IllegalArgumentException if it is not
   */
  public IoQueue(BlockDevice device, int maxInFlight) {
    if (maxInFlight <= 0) {
      throw new IllegalArgumentException("maxInFlight=" + maxInFlight + " is not above 0");
    }
    this.device = device;
    this.maxInFlight = maxInFlight;
    this.executor =
        new ThreadPoolExecutor(
            maxInFlight,
            maxInFlight,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "zap-cache-io");
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
  }

  /**
   * Begins to write. Waits while as many transfers as there may be are in flight.
   *
   * @param offsetBytes the first byte of the device
   * @param memory where the bytes are; they must not change until the end of the transfer
   * @param from where in the memory they begin
   * @param lengthBytes how many there are
   * @return for waiting for this very transfer
   * @throws org.zapkv.error.ZapException what an earlier write failed with, if {@link #drain} has
   *     not said so yet: nothing is written
   * @throws ClosedException if the queue is closed
   * @throws BufferStateException if the memory has gone back to its cache
   * @throws IndexOutOfBoundsException if the bytes are not within the memory
   */
  public IoTicket write(long offsetBytes, IoMemory memory, int from, int lengthBytes) {
    return submit(true, offsetBytes, memory, from, lengthBytes);
  }

  /**
   * Writes on the calling thread, beside what is in flight: for a transfer so short that handing it
   * over would take longer. Otherwise as {@link #write}; that it fails is told in the same ways.
   *
   * @param offsetBytes the first byte of the device
   * @param memory where the bytes are
   * @param from where in the memory they begin
   * @param lengthBytes how many there are
   * @return a transfer that has ended
   * @throws org.zapkv.error.ZapException what an earlier write failed with, if {@link #drain} has
   *     not said so yet: nothing is written
   * @throws ClosedException if the queue is closed
   * @throws BufferStateException if the memory has gone back to its cache
   * @throws IndexOutOfBoundsException if the bytes are not within the memory
   */
  public IoTicket writeHere(long offsetBytes, IoMemory memory, int from, int lengthBytes) {
    Objects.checkFromIndexSize(from, lengthBytes, memory.sizeBytes());
    lock.lock();
    try {
      checkUsable(true);
      inFlight++;
    } finally {
      lock.unlock();
    }
    IoTicket ticket = pinned(true, offsetBytes, memory, from, lengthBytes);
    run(ticket);
    return ticket;
  }

  /**
   * Begins to read. Waits while as many transfers as there may be are in flight. That it fails is
   * told by the ticket only.
   *
   * @param offsetBytes the first byte of the device
   * @param memory where the bytes go
   * @param from where in the memory
   * @param lengthBytes how many
   * @return for waiting for this very transfer
   * @throws ClosedException if the queue is closed
   * @throws BufferStateException if the memory has gone back to its cache
   * @throws IndexOutOfBoundsException if the bytes are not within the memory
   */
  public IoTicket read(long offsetBytes, IoMemory memory, int from, int lengthBytes) {
    return submit(false, offsetBytes, memory, from, lengthBytes);
  }

  private IoTicket submit(
      boolean isWrite, long offsetBytes, IoMemory memory, int from, int lengthBytes) {
    Objects.checkFromIndexSize(from, lengthBytes, memory.sizeBytes());
    enter(isWrite);
    IoTicket ticket = pinned(isWrite, offsetBytes, memory, from, lengthBytes);
    boolean submitted = false;
    try {
      executor.execute(() -> run(ticket));
      submitted = true;
      return ticket;
    } finally {
      if (!submitted) {
        memory.unpin();
        exit(null);
      }
    }
  }

  /** For who was counted in; if this throws he counts no more. */
  private IoTicket pinned(
      boolean isWrite, long offsetBytes, IoMemory memory, int from, int lengthBytes) {
    boolean pinned = false;
    IoTicket ticket = null;
    try {
      memory.pin();
      pinned = true;
      ticket =
          new IoTicket(this, isWrite, offsetBytes, memory, memory.address() + from, lengthBytes);
      return ticket;
    } finally {
      if (ticket == null) {
        if (pinned) {
          memory.unpin();
        }
        exit(null);
      }
    }
  }

  private void enter(boolean isWrite) {
    lock.lock();
    try {
      while (inFlight >= maxInFlight && !closed) {
        ended.awaitUninterruptibly();
      }
      checkUsable(isWrite);
      inFlight++;
    } finally {
      lock.unlock();
    }
  }

  /** Under lock. */
  private void checkUsable(boolean isWrite) {
    if (closed) {
      throw new ClosedException("the I/O queue of " + device.name() + " is closed");
    }
    if (isWrite && failure != null) {
      failureTold = true;
      throw unchecked(failure);
    }
  }

  private void run(IoTicket ticket) {
    try {
      if (ticket.isWrite) {
        device.write(ticket.offsetBytes, ticket.address, ticket.lengthBytes);
      } else {
        device.read(ticket.offsetBytes, ticket.address, ticket.lengthBytes);
      }
    } catch (Throwable e) {
      // All of them: whoever waits must learn of it, and nobody else would.
      ticket.failure = e;
    }
    try {
      ticket.memory.unpin();
    } catch (BufferStateException e) {
      // Somebody took a pin off that was not theirs: what was transferred may be anything.
      ticket.failure = e;
    }
    exit(ticket);
  }

  private void exit(@Nullable IoTicket ticket) {
    lock.lock();
    try {
      inFlight--;
      if (ticket != null) {
        ticket.ended = true;
        if (ticket.isWrite && ticket.failure != null) {
          noteFailure(ticket.failure);
        }
      }
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Under lock. */
  private void noteFailure(Throwable later) {
    Throwable first = failure;
    if (first == null) {
      failure = later;
      failureTold = false;
    } else if (first != later) {
      first.addSuppressed(later);
    }
  }

  boolean hasEnded(IoTicket ticket) {
    lock.lock();
    try {
      return ticket.ended;
    } finally {
      lock.unlock();
    }
  }

  void await(IoTicket ticket) {
    lock.lock();
    try {
      while (!ticket.ended) {
        ended.awaitUninterruptibly();
      }
      Throwable failed = ticket.failure;
      if (failed != null) {
        failureTold |= failed == failure;
        throw unchecked(failed);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until nothing is in flight. If writes have failed since the last call, this says so, and
   * then takes writes again.
   *
   * @throws org.zapkv.error.ZapException what the first of them failed with; what others did is
   *     suppressed in it
   */
  public void drain() {
    lock.lock();
    try {
      awaitNone();
      Throwable failed = failure;
      if (failed != null) {
        failure = null;
        throw unchecked(failed);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Under lock. */
  private void awaitNone() {
    while (inFlight > 0) {
      ended.awaitUninterruptibly();
    }
  }

  /**
   * Refuses new transfers and waits for those in flight. A failed write that nobody was told of is
   * logged. The device stays open. Closing twice does nothing more.
   */
  @Override
  public void close() {
    Throwable untold;
    lock.lock();
    try {
      closed = true;
      ended.signalAll();
      awaitNone();
      untold = failureTold ? null : failure;
      failure = null;
    } finally {
      lock.unlock();
    }
    executor.shutdown();
    if (untold != null) {
      LOGGER.log(Level.WARNING, "a write to " + device.name() + " failed, nobody asked", untold);
    }
  }

  private static RuntimeException unchecked(Throwable failure) {
    if (failure instanceof RuntimeException e) {
      return e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
    return new DeviceException("a transfer failed: " + failure, failure);
  }
}
