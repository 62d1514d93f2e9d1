// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.Zap;
import org.zapkv.zap.ZapValue;

/** Applies the changes of a batch in one transaction: all of them, or none. */
final class BatchApplier {
  /*
   * The transaction has no undo of its own, so each change is remembered with the value it replaced,
   * and a failure half way (a leaf that cannot be read, no memory) puts these back in reverse order.
   * The objects of replaced large values are freed only when all changes are in, since until then
   * they may have to come back. Should putting back fail too, the open group holds half a batch: the
   * store is made to fail, so that the group is never written, and what is on disk stays whole.
   */

  /** A change that is in the map: what the key had before, and what it has now. */
  private record Applied(Batch.ChangeKey key, @Nullable ZapValue previous, @Nullable ZapValue now) {

    Zap zap() {
      return key.map.zap();
    }

    byte[] keyBytes() {
      return key.key;
    }
  }

  private final ZapStore store;
  private final Transaction tx;
  private final List<Applied> applied = new ArrayList<>();

  BatchApplier(ZapStore store, Transaction tx) {
    this.store = store;
    this.tx = tx;
  }

  void apply(List<Batch.Change> changes) {
    try {
      for (Batch.Change change : changes) {
        applyOne(change);
      }
    } catch (RuntimeException | Error e) {
      putBack(e);
      throw e;
    }
    for (Applied done : applied) {
      store.values().release(done.keyBytes(), done.previous, tx);
    }
  }

  private void applyOne(Batch.Change change) {
    Zap zap = change.key.map.zap();
    byte[] key = change.key.key;
    if (change.kind == Batch.Kind.REMOVE) {
      ZapValue previous = zap.remove(key, tx);
      if (previous != null) {
        applied.add(new Applied(change.key, previous, null));
      }
      return;
    }
    put(change.key, change.encode(store.values(), tx));
  }

  private void put(Batch.ChangeKey key, ZapValue value) {
    try {
      applied.add(new Applied(key, key.map.zap().put(key.key, value, tx), value));
    } catch (RuntimeException | Error e) {
      store.values().discard(value, tx, e);
      key.map.failIfBroken(e);
      throw e;
    }
  }

  private void putBack(Throwable because) {
    try {
      for (int i = applied.size() - 1; i >= 0; i--) {
        putBack(applied.get(i));
      }
    } catch (RuntimeException | Error e) {
      because.addSuppressed(e);
      store.fail("a batch failed half way and could not be taken back", because);
    }
  }

  private void putBack(Applied done) {
    byte[] key = done.keyBytes();
    if (!Objects.equals(done.zap().get(key), done.now)) {
      // A later change by another thread, which stands and has freed what the batch put.
      store.values().release(key, done.previous, tx);
      return;
    }
    if (done.previous == null) {
      done.zap().remove(key, tx);
    } else {
      done.zap().put(key, done.previous, tx);
    }
    store.values().release(key, done.now, tx);
  }
}
