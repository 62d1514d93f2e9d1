// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.TransactionConflictException;

/** Runs the transactions of a store, again where others come between. */
final class Transactions {
  /*
   * The function of the caller runs outside of everything: no gate, no stripe, no transaction group.
   * It reads as anybody does and gathers its changes. Then Commit takes the stripes of all keys that
   * it has read or changes, and makes the changes if what was read is still there. One that changes
   * nothing has its reads compared in the same way, as they are of different moments; it needs no
   * transaction of a group for that, and so can be had of a store that is full, or only read.
   *
   * A function may throw because of what it has read while others were writing. What it throws is
   * only passed on if its reads are true together; else it is run again.
   */

  /** How often a function is run at most. */
  static final int MAX_ATTEMPTS = 100;

  /** The pause after an attempt is up to this, doubled with each one, up to 1024 times as long. */
  private static final long PAUSE_NANOS = 1000;

  private static final int MAX_DOUBLINGS = 10;

  private final ZapStore store;

  /** The threads that are in a function of a transaction. */
  private final Callbacks inside = new Callbacks();

  Transactions(ZapStore store) {
    this.store = store;
  }

  <T extends @Nullable Object> T run(
      Durability durability, Function<? super StoreTransaction, ? extends T> body) {
    store.callbacks().refuseInside("transact()");
    if (inside.isInside()) {
      throw new IllegalStateException(
          "transact() inside of the function of a transaction of the same store: use the"
              + " transaction that the function was given");
    }
    for (int attempt = 1; ; attempt++) {
      Attempt<T> attempted = new Attempt<>(new StoreTransaction(store));
      attempted.call(inside, body);
      if (isAccepted(attempted, durability)) {
        return attempted.result();
      }
      if (attempt == MAX_ATTEMPTS) {
        throw conflict(attempted);
      }
      pause(attempt);
    }
  }

  /** One run of a function, and what came of it. */
  private static final class Attempt<T extends @Nullable Object> {
    final StoreTransaction transaction;
    private @Nullable T result;
    @Nullable RuntimeException thrown;

    Attempt(StoreTransaction transaction) {
      this.transaction = transaction;
    }

    void call(Callbacks inside, Function<? super StoreTransaction, ? extends T> body) {
      try {
        result = inside.<T>call(() -> body.apply(transaction));
      } catch (RuntimeException e) {
        thrown = e;
      } finally {
        transaction.end();
      }
    }

    @SuppressWarnings("NullAway") // null only where the function returned it
    T result() {
      if (thrown != null) {
        throw thrown;
      }
      return result;
    }
  }

  private boolean isAccepted(Attempt<?> attempted, Durability durability) {
    int slot = store.gate().enter();
    try {
      StoreTransaction transaction = attempted.transaction;
      long sequence = attempted.thrown == null ? commit(transaction) : verify(transaction.reads());
      if (sequence != Commit.CONFLICT && attempted.thrown == null) {
        store.commitLog().await(sequence, durability);
      }
      return sequence != Commit.CONFLICT;
    } catch (RuntimeException e) {
      if (attempted.thrown == null) {
        throw e;
      }
      attempted.thrown.addSuppressed(e);
      return true;
    } finally {
      store.gate().exit(slot);
    }
  }

  private long commit(StoreTransaction transaction) {
    ChangeSet changes = transaction.changes();
    if (changes.size() == 0) {
      return verify(transaction.reads());
    }
    return new Commit(store, Changes.inOrder(changes.toArray()), changes, transaction.reads())
        .run();
  }

  /** The newest sequence at a moment at which what was read was there; or a conflict. */
  private long verify(ReadSet reads) {
    BitSet stripes = store.stripes().lock(reads.stripesWith(List.of()));
    try {
      return reads.findChanged() == null ? store.commitLog().lastSequence() : Commit.CONFLICT;
    } finally {
      store.stripes().unlock(stripes);
    }
  }

  private static void pause(int attempt) {
    long longest = PAUSE_NANOS << Math.min(attempt, MAX_DOUBLINGS);
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(longest));
  }

  private TransactionConflictException conflict(Attempt<?> last) {
    String message =
        "a transaction of store "
            + store.name()
            + " was run "
            + MAX_ATTEMPTS
            + " times, and each time what it had read was changed before it could be committed,"
            + " the last time "
            + last.transaction.reads().changed()
            + ": try again later, read less, or do it as one operation of the map (compute)";
    return last.thrown == null
        ? new TransactionConflictException(message)
        : new TransactionConflictException(message, last.thrown);
  }
}
