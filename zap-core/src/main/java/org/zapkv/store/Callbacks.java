// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The threads that are in a function of the caller which is called under a key's stripe. */
final class Callbacks {
  /*
   * Such a function runs inside a transaction, with a stripe. What would begin another transaction,
   * take another stripe or a lock that is held over one, or wait for a group, could wait for itself:
   * it is refused. Reading is safe, as it takes none of these. A set and no thread-local: nothing is
   * left with the thread, and where no function is running a look at it costs next to nothing.
   */

  private final Set<Thread> inside = ConcurrentHashMap.newKeySet();

  /** Calls a function; what it throws comes through. */
  <T extends @Nullable Object> T call(Supplier<T> function) {
    Thread thread = Thread.currentThread();
    inside.add(thread);
    try {
      return function.get();
    } finally {
      inside.remove(thread);
    }
  }

  /**
   * Comes before what must not be done in such a function.
   *
   * @param what it is, for the message
   * @throws IllegalStateException if the calling thread is in one
   */
  void refuseInside(String what) {
    if (!inside.isEmpty() && inside.contains(Thread.currentThread())) {
      throw new IllegalStateException(
          what
              + " inside of a function that was given to compute, merge or their like: it could"
              + " wait for itself; only reading of open maps is allowed there, do this after the"
              + " call");
    }
  }
}
