// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.zapkv.pool.Transaction;
import org.zapkv.zap.Zap;
import org.zapkv.zap.ZapValue;

/** Changes of the root directory in one transaction, which can be taken back. */
final class DirectoryChange {
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Made(byte[] key, @Nullable ZapValue before) {}

  private final ZapStore store;
  private final Zap root;
  private final Transaction tx;
  private final Deque<Made> made = new ArrayDeque<>();

  DirectoryChange(ZapStore store, Transaction tx) {
    this.store = store;
    this.root = store.root();
    this.tx = tx;
  }

  void put(byte[] key, ZapValue value) {
    made.push(new Made(key, root.put(key, value, tx)));
  }

  void remove(byte[] key) {
    made.push(new Made(key, root.remove(key, tx)));
  }

  /** Takes back all; if that cannot be done the store fails, and its open group is not written. */
  void takeBack(Throwable because) {
    store.failIfBroken(root, "the root directory", because);
    try {
      while (!made.isEmpty()) {
        Made change = made.pop();
        if (change.before == null) {
          root.remove(change.key, tx);
        } else {
          root.put(change.key, change.before, tx);
        }
      }
    } catch (RuntimeException | Error e) {
      because.addSuppressed(e);
      store.fail("a change of the root directory could not be taken back", because);
    }
  }
}
