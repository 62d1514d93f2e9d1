// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Threads that wait until their records are durable. Guarded by the log. */
final class LogWaiters {
  /*
   * Implementation notes
   *
   * Not a condition: those whose records are durable would each have to take the lock once more
   * before they may go, one after the other, while others want to append. Here they are woken after
   * the lock is free and do not need it.
   */

  /** One of them. */
  static final class Waiter {
    private final Thread thread = Thread.currentThread();
    private final long sequence;

    /** Guarded by the log while it is in the list, then by whoever took it out. */
    private @Nullable Waiter next;

    private volatile boolean woken;

    Waiter(long sequence) {
      this.sequence = sequence;
    }

    /** Waits to be woken; gives whether it was interrupted meanwhile. */
    boolean await() {
      boolean interrupted = false;
      while (!woken) {
        LockSupport.park(this);
        // Not |= alone: a flag that stays set would make every park return at once.
        interrupted = Thread.interrupted() || interrupted;
      }
      return interrupted;
    }
  }

  private @Nullable Waiter first;
  private @Nullable Waiter last;

  /** The current thread waits from now on. */
  Waiter add(long sequence) {
    Waiter waiter = new Waiter(sequence);
    append(waiter);
    return waiter;
  }

  private void append(Waiter waiter) {
    waiter.next = null;
    if (last == null) {
      first = waiter;
    } else {
      last.next = waiter;
    }
    last = waiter;
  }

  /** How many there are. */
  int count() {
    int count = 0;
    for (Waiter waiter = first; waiter != null; waiter = waiter.next) {
      count++;
    }
    return count;
  }

  /**
   * Takes out those who have nothing to wait for, and one more, if there is one: somebody has to
   * write and flush for the others. That one comes last, so that the others, who may append again
   * at once, have a start of it.
   *
   * @return them, to be given to {@link #wake}
   */
  @Nullable Waiter take(long durableSequence) {
    LogWaiters taken = new LogWaiters();
    Waiter leader = null;
    Waiter waiter = first;
    first = null;
    last = null;
    while (waiter != null) {
      Waiter next = waiter.next;
      if (waiter.sequence <= durableSequence) {
        taken.append(waiter);
      } else if (leader == null) {
        leader = waiter;
      } else {
        append(waiter);
      }
      waiter = next;
    }
    if (leader != null) {
      taken.append(leader);
    }
    return taken.first;
  }

  /** Wakes those who were taken out; needs no lock. */
  static void wake(@Nullable Waiter taken) {
    Waiter waiter = taken;
    while (waiter != null) {
      Waiter next = waiter.next;
      waiter.woken = true;
      LockSupport.unpark(waiter.thread);
      waiter = next;
    }
  }
}
