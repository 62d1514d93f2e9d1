// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.zapkv.error.ClosedException;

/** Lets operations in while the store is open, and lets close wait until the last one is out. */
final class OperationGate {
  /*
   * Every operation on native memory runs between enter and exit, so memory is returned only when
   * nothing can touch it: a call after close is an exception, never a crash of the JVM. But for
   * point reads, which take no part in this: memory that was read so stays mapped (UnheldReaders),
   * and what they find in it after close is not valid.
   *
   * An operation counts itself in and then reads `closed`; close sets `closed` and then reads the
   * counts. Both are sequentially consistent, so either the operation sees the flag or close sees
   * the count. The count is spread over slots, a cache line each and the first left empty because it
   * shares its line with the array's length, as a single counter would be the most contended word
   * of the store. An operation leaves by the slot it came in by.
   */

  private static final int LONGS_PER_SLOT = 16;
  private static final long WAIT_NANOS = 50_000;

  private final String name;
  private final int slotMask;
  private final AtomicLongArray counts;
  private volatile boolean closed;

  OperationGate(String name) {
    this.name = name;
    int slots = Integer.highestOneBit(Math.max(4, 4 * Runtime.getRuntime().availableProcessors()));
    this.slotMask = slots - 1;
    this.counts = new AtomicLongArray((slots + 1) * LONGS_PER_SLOT);
  }

  /** Counts the caller in; the result goes to {@link #exit}. */
  int enter() {
    int slot = tryEnter();
    if (slot < 0) {
      throw closedException();
    }
    return slot;
  }

  /** As {@link #enter()}, but below 0 where the gate is closed. */
  int tryEnter() {
    int slot = slotOf(Thread.currentThread());
    counts.getAndIncrement(slot);
    if (closed) {
      counts.getAndDecrement(slot);
      return -1;
    }
    return slot;
  }

  /** For what touches no native memory. */
  void checkOpen() {
    if (closed) {
      throw closedException();
    }
  }

  private ClosedException closedException() {
    return new ClosedException("store " + name + " is closed: open it again to use it");
  }

  void exit(int slot) {
    counts.getAndDecrement(slot);
  }

  /** Those who are inside now: tells when all of them have left. Asked from outside only. */
  Leaving leaving() {
    return new Leaving();
  }

  /** Waits for nobody: it looks. */
  final class Leaving {
    /** All slots below this one were empty once. */
    private final AtomicInteger next = new AtomicInteger(LONGS_PER_SLOT);

    /** Whether each slot was empty once since then. */
    boolean haveLeft() {
      int slot = next.get();
      while (slot < counts.length() && counts.get(slot) == 0) {
        slot += LONGS_PER_SLOT;
      }
      return next.accumulateAndGet(slot, Math::max) >= counts.length();
    }

    /** Whether that was found out before; may be asked from inside. */
    boolean hadLeft() {
      return next.get() >= counts.length();
    }
  }

  /** Lets nobody in any more and waits for those inside. */
  void close() {
    closed = true;
    boolean interrupted = false;
    for (int slot = LONGS_PER_SLOT; slot < counts.length(); slot += LONGS_PER_SLOT) {
      while (counts.get(slot) != 0) {
        interrupted |= Thread.interrupted();
        LockSupport.parkNanos(this, WAIT_NANOS);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private int slotOf(Thread thread) {
    long mixed = thread.getId() * 0x9E3779B97F4A7C15L;
    return ((int) (mixed >>> 48) & slotMask) * LONGS_PER_SLOT + LONGS_PER_SLOT;
  }
}
