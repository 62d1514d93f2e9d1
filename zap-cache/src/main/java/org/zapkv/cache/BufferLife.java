// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.BufferStateException;

/** The state word of a buffer, its transitions, and waiting for them. */
abstract sealed class BufferLife permits BufferContent {
  /*
   * Implementation notes
   *
   * word (see StateWord) settles who may do what: hold, release, evict, free and clean are each one
   * compare-and-set on it. A transition that leaves a buffer unheld is "settled" in the same step:
   * a detached, clean one goes to EVICTING, and so does one whose user goes early; a refused, clean
   * one loses that flag. The thread that made this step owns what follows (afterSettling), so it
   * happens once.
   *
   * Waiting for a state to end is on a condition of the mutex. The state changes first, then the
   * signal is given under the mutex; a waiter looks at the state under the mutex: no lost wake-up.
   */
  private static final VarHandle WORD;

  static {
    try {
      WORD = MethodHandles.lookup().findVarHandle(BufferLife.class, "word", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Guards what Buffer says, and the waiting for states. No call-out under it. */
  final ReentrantLock mutex = new ReentrantLock();

  /** Changed by compare-and-set only. */
  private volatile long word;

  /** Guarded by mutex; made when somebody has to wait. */
  private @Nullable Condition stateChanged;

  BufferLife(BufferState state) {
    this.word = StateWord.of(state, 1);
  }

  /** What the thread that settled a transition has to do; the buffer is unheld. */
  abstract void afterSettling(long wanted, long settled);

  long word() {
    return word;
  }

  /** Whether a hold could be taken at once. */
  boolean isHoldableNow() {
    return StateWord.isHoldable(word);
  }

  BufferState stateNow() {
    return StateWord.state(word);
  }

  boolean casWord(long expected, long next) {
    return WORD.compareAndSet(this, expected, next);
  }

  long getAndAddWord(long delta) {
    return (long) WORD.getAndAdd(this, delta);
  }

  int holds() {
    return StateWord.holds(word());
  }

  int dirtyCount() {
    return StateWord.dirtyCount(word());
  }

  boolean isIdleAndClean() {
    return StateWord.isIdleAndClean(word());
  }

  boolean isWritable() {
    return StateWord.isWritable(word());
  }

  boolean isRefused() {
    return StateWord.has(word(), StateWord.REFUSED);
  }

  /** The fast path: takes a hold if that needs no waiting. */
  boolean tryHold() {
    while (true) {
      long now = word();
      if (!StateWord.isHoldable(now)) {
        return false;
      }
      if (casWord(now, now + StateWord.HOLD)) {
        return true;
      }
    }
  }

  void awaitNot(BufferState... states) {
    mutex.lock();
    try {
      while (isOneOf(stateNow(), states)) {
        Condition condition = stateChanged;
        if (condition == null) {
          condition = mutex.newCondition();
          stateChanged = condition;
        }
        condition.awaitUninterruptibly();
      }
    } finally {
      mutex.unlock();
    }
  }

  private static boolean isOneOf(BufferState state, BufferState... states) {
    for (BufferState candidate : states) {
      if (state == candidate) {
        return true;
      }
    }
    return false;
  }

  void signalState() {
    mutex.lock();
    try {
      if (stateChanged != null) {
        stateChanged.signalAll();
      }
    } finally {
      mutex.unlock();
    }
  }

  /** Moves an unheld, cached buffer to EVICTING; a dirty one only if told so. */
  boolean claimIdle(boolean evenDirty) {
    while (true) {
      long now = word();
      boolean idle =
          StateWord.isIdleAndClean(now)
              || (evenDirty && StateWord.isCached(now) && StateWord.holds(now) == 0);
      if (!idle) {
        return false;
      }
      if (casWord(now, StateWord.withState(now, BufferState.EVICTING))) {
        return true;
      }
    }
  }

  /** From EVICTING back to CACHED. */
  void unclaim() {
    while (true) {
      long now = word();
      long cached = StateWord.withState(now & ~StateWord.WRITING_OUT, BufferState.CACHED);
      long next = settled(cached);
      if (casWord(now, next)) {
        signalState();
        afterSettling(cached, next);
        return;
      }
    }
  }

  /**
   * Marks a buffer as refused if it is held or dirty, or just being written out. One that has gone
   * needs no mark.
   *
   * @return false: it is idle and clean, and could be evicted now
   */
  boolean refuse() {
    while (true) {
      long now = word();
      if (StateWord.state(now) == BufferState.UNCACHED || StateWord.has(now, StateWord.DETACHED)) {
        return true;
      }
      if (StateWord.isIdleAndClean(now)) {
        return false;
      }
      if (casWord(now, now | StateWord.REFUSED)) {
        return true;
      }
    }
  }

  boolean clearRefused() {
    if (!isRefused()) {
      return false;
    }
    setFlag(StateWord.REFUSED, false);
    return true;
  }

  void becomeUncached() {
    while (true) {
      long now = word();
      if (casWord(now, StateWord.withState(now & ~StateWord.REFUSED, BufferState.UNCACHED))) {
        signalState();
        return;
      }
    }
  }

  /** Takes one hold or one dirty count off, and does what follows if it was the last. */
  final void subtract(long unit) {
    while (true) {
      long now = word();
      if (unit == StateWord.HOLD && StateWord.holds(now) == 0) {
        throw new BufferStateException(this + ": release needs a hold");
      }
      long less = now - unit;
      long next = settled(less);
      if (casWord(now, next)) {
        // A dirty count that comes off only after the end, as in a clean() that a close() overtook,
        // settles nothing: the memory is back already, or goes with the last hold.
        boolean late = unit == StateWord.DIRTY && StateWord.state(next) == BufferState.UNCACHED;
        if (StateWord.holds(next) == 0 && !late) {
          afterSettling(less, next);
        }
        return;
      }
    }
  }

  /**
   * The word with what an unheld buffer owes: detached and clean it goes, refused it is offered.
   */
  private static long settled(long word) {
    if (!StateWord.isCached(word) || StateWord.holds(word) > 0) {
      return word;
    }
    boolean clean = StateWord.dirtyCount(word) == 0;
    if ((clean && StateWord.has(word, StateWord.DETACHED))
        || StateWord.has(word, StateWord.EVICT_USER_EARLY)) {
      return StateWord.withState(word, BufferState.EVICTING);
    }
    return clean ? word & ~StateWord.REFUSED : word;
  }

  /** Takes a flag off; true for the one who did. */
  final boolean takeFlag(long flag) {
    while (true) {
      long now = word();
      if (!StateWord.has(now, flag)) {
        return false;
      }
      if (casWord(now, now & ~flag)) {
        return true;
      }
    }
  }

  final void setFlag(long flag, boolean on) {
    while (true) {
      long now = word();
      long next = on ? now | flag : now & ~flag;
      if (casWord(now, next)) {
        return;
      }
    }
  }
}
