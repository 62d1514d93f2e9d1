// SPDX-License-Identifier: Apache-2.0
package org.zapkv.log;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ClosedException;
import org.zapkv.error.StoreFailedException;
import org.zapkv.error.ZapException;

/** The lock of a log, and whether the log still works: it has not failed, and is not closed. */
final class LogGuard {
  /*
   * Implementation notes
   *
   * The lock is below everything that its callers hold. No device is called under it (unlocked), and
   * no listener: failures are told after it was let go (unlockAndTell).
   */

  private final String deviceName;
  private final ReentrantLock lock = new ReentrantLock();

  /** Signalled when a write, a flush or a change of size has ended. */
  private final Condition ioEnded = lock.newCondition();

  private final AtomicBoolean failureTold = new AtomicBoolean();

  /** Written under lock, read by anyone. */
  private volatile @Nullable Throwable failure;

  private volatile boolean closed;

  /* Set before there are several threads. */
  private volatile Runnable wakeUp = () -> {};
  private volatile Consumer<Throwable> failureListener = cause -> {};

  LogGuard(String deviceName) {
    this.deviceName = deviceName;
  }

  /** What wakes those who wait for other things than I/O. Called under the lock. */
  void onEnd(Runnable action) {
    wakeUp = action;
  }

  /** Whom to tell of a failure, once, without the lock. */
  void onFailure(Consumer<Throwable> listener) {
    failureListener = listener;
  }

  void lock() {
    lock.lock();
  }

  void unlock() {
    lock.unlock();
  }

  /** Lets the lock go, and tells of a failure if nobody has. */
  void unlockAndTell() {
    lock.unlock();
    tellFailure();
  }

  /** Without the lock. */
  void tellFailure() {
    Throwable cause = failure;
    if (cause != null && failureTold.compareAndSet(false, true)) {
      failureListener.accept(cause);
    }
  }

  /** Does I/O without the lock, which is held before and after. */
  void unlocked(Runnable io) {
    lock.unlock();
    try {
      io.run();
    } finally {
      lock.lock();
    }
  }

  Condition newCondition() {
    return lock.newCondition();
  }

  /** Waits while I/O goes on that ends with {@link #ioEnded}. Under lock, which it leaves. */
  void awaitWhile(BooleanSupplier goesOn) {
    while (goesOn.getAsBoolean()) {
      ioEnded.awaitUninterruptibly();
    }
  }

  /** A write, a flush or a change of size has ended. Under lock. */
  void ioEnded() {
    ioEnded.signalAll();
  }

  /** Nothing works any more. Under lock. */
  void failed(Throwable cause) {
    if (failure == null) {
      failure = cause;
      wakeAll();
    }
  }

  /** Whether this is the first time. Under lock. */
  boolean close() {
    boolean isFirst = !closed;
    closed = true;
    wakeAll();
    return isFirst;
  }

  private void wakeAll() {
    wakeUp.run();
    ioEnded.signalAll();
  }

  boolean hasFailed() {
    return failure != null;
  }

  boolean isUsable() {
    return failure == null && !closed;
  }

  void checkUsable() {
    Throwable cause = failure;
    if (cause != null) {
      throw new StoreFailedException(
          "the intent log "
              + deviceName
              + " takes no more records after a failure: "
              + (cause instanceof ZapException ? cause.getMessage() : cause)
              + "; what was durable before is on the device: close the store, mend the cause, open it again",
          cause);
    }
    if (closed) {
      throw new ClosedException("the intent log " + deviceName + " is closed");
    }
  }
}
