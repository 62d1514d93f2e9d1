// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.CacheFullException;
import org.zapkv.error.StoreFullException;
import org.zapkv.error.ZapException;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.Zap;

/** Applies changes to the maps in one transaction, and takes them back. */
final class BatchApplier {
  /*
   * The transaction has no undo of its own, so each change remembers the value it replaced, and
   * after a failure half way (a leaf that cannot be read, no memory) these are put back in reverse
   * order. The objects of replaced large values are freed only when all changes are in, since until
   * then they may have to come back. Should putting back fail too, the open group holds half a
   * batch: the store is made to fail, so that the group is never written, and what is on disk stays
   * whole. Where a full disk is all that is in the way, putting back is tried again before that, as
   * room may come: what counts is the time that was spent in vain, not that of what got on.
   *
   * Everything but prepare and release runs with the stripes of the changes held.
   */

  /** How long putting back may come to nothing, in all, because the disk is full. */
  private static final long MAX_STUCK_NANOS = 20_000_000_000L;

  /** How long an attempt is waited with that follows one that came to nothing. */
  private static final long PAUSE_NANOS = 50_000_000;

  private final ZapStore store;
  private final Transaction tx;

  /** How long putting back has come to nothing by now. */
  private long stuckNanos;

  private final @Nullable ChangeSet own;

  BatchApplier(ZapStore store, Transaction tx) {
    this(store, tx, null);
  }

  /**
   * For a batch in parts.
   *
   * @param own what {@link LargeBatches} knows it by; null for another
   */
  BatchApplier(ZapStore store, Transaction tx, @Nullable ChangeSet own) {
    this.store = store;
    this.tx = tx;
    this.own = own;
  }

  /** Encodes the value; a large one is written, or, if it throws, is not. */
  void prepare(Change change) {
    change.encode(store.values(), tx);
  }

  /** Encodes the values: large ones are written. All or, if it throws, none. */
  void prepare(List<Change> changes) {
    try {
      for (Change change : changes) {
        prepare(change);
      }
    } catch (RuntimeException | Error e) {
      discard(changes, e);
      throw e;
    }
  }

  private void discard(List<Change> changes, Throwable because) {
    for (Change change : changes) {
      if (change.now != null) {
        store.values().discard(change.now, tx, because);
      }
      change.reset();
    }
  }

  /** Makes prepared changes. If it throws, they are to be put back. */
  void apply(List<Change> changes) {
    int from = 0;
    while (from < changes.size()) {
      ZapMap map = changes.get(from).key.map;
      int to = from + 1;
      while (to < changes.size() && changes.get(to).key.map == map) {
        to++;
      }
      apply(map, changes.subList(from, to));
      from = to;
    }
    if (store.largeBatches().areThereOthers(own)) {
      changes.forEach(this::overtake);
    }
  }

  private void apply(ZapMap map, List<Change> changes) {
    try {
      map.zap().applyAll(changes, tx);
    } catch (RuntimeException | Error e) {
      map.failIfBroken(e);
      throw e;
    }
  }

  /** Makes a prepared change. If it throws, it is to be put back. */
  void apply(Change change) {
    apply(change, () -> {});
  }

  /**
   * Makes a prepared change, and does something that belongs to it. If either throws, the change is
   * to be put back, which is possible: large batches are not told of it before.
   */
  void apply(Change change, Runnable completion) {
    applyOne(change);
    completion.run();
    if (store.largeBatches().areThereOthers(own)) {
      overtake(change);
    }
  }

  private void overtake(Change change) {
    change.overtook = store.largeBatches().overtake(change);
    if (change.overtook) {
      // Also a removal that found nothing: the batch may have removed the key, and come to nothing.
      change.applied();
    }
  }

  private void applyOne(Change change) {
    Zap zap = change.key.map.zap();
    byte[] key = change.key.bytes;
    try {
      change.made(change.now == null ? zap.remove(key, tx) : zap.put(key, change.now, tx));
    } catch (RuntimeException | Error e) {
      change.key.map.failIfBroken(e);
      throw e;
    }
  }

  /** Takes back what {@link #prepare} and {@link #apply} did. */
  void putBack(List<Change> changes, Throwable because) {
    store.objects().takeBack(() -> putAllBack(changes, because));
  }

  private void putAllBack(List<Change> changes, Throwable because) {
    try {
      for (int i = changes.size() - 1; i >= 0; i--) {
        if (changes.get(i).isApplied()) {
          putBackPatiently(changes.get(i));
        }
      }
      for (Change change : changes) {
        if (change.isOvertaken()) {
          // A later change by another thread, which stands and frees what this one put.
          store.values().release(change.key.bytes, change.previous, tx);
          change.reset();
        }
      }
      discard(changes, because);
    } catch (RuntimeException | Error e) {
      because.addSuppressed(e);
      store.fail("a batch failed half way and could not be taken back", because);
    }
  }

  private void putBackPatiently(Change change) {
    while (true) {
      long begun = System.nanoTime();
      try {
        putBack(change);
        return;
      } catch (StoreFullException | CacheFullException e) {
        if (stuckNanos > MAX_STUCK_NANOS || !isForWantOfRoom(e)) {
          throw e;
        }
        pause();
        stuckNanos += System.nanoTime() - begun;
      }
    }
  }

  private static boolean isForWantOfRoom(ZapException e) {
    return !(e instanceof CacheFullException full) || full.isDiskFull();
  }

  /** An interrupt does not end it; the flag is set again. */
  private static void pause() {
    boolean wasInterrupted = Thread.interrupted();
    LockSupport.parkNanos(PAUSE_NANOS);
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void putBack(Change change) {
    if (change.overtook) {
      // That batch has been told that its change is replaced, and may have acted upon it.
      throw new IllegalStateException(
          "key "
              + Keys.show(change.key.bytes)
              + " of map \""
              + change.key.map.name()
              + "\" was changed by another large batch before");
    }
    Zap zap = change.key.map.zap();
    if (change.previous == null) {
      zap.remove(change.key.bytes, tx);
    } else {
      zap.put(change.key.bytes, change.previous, tx);
    }
    store.values().release(change.key.bytes, change.now, tx);
    change.reset();
  }

  /** What a commit that found no memory is told: if the disk is full, then that. */
  static ZapException told(CacheFullException e) {
    return e.isDiskFull() ? new StoreFullException(e.getMessage(), e) : e;
  }

  /** Frees what the changes have replaced, once all of them stand. */
  void release(List<Change> changes) {
    for (Change change : changes) {
      release(change);
    }
  }

  /** Frees what a change has replaced, once it stands. */
  void release(Change change) {
    store.values().release(change.key.bytes, change.previous, tx);
  }
}
