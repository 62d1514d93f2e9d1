// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.zapkv.error.ZapException;

/** Closes what was added, the last one first, each whatever happens to the others. */
final class Closer implements AutoCloseable {
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();

  <T extends AutoCloseable> T add(T resource) {
    resources.push(resource);
    return resource;
  }

  /** Gives the responsibility for everything added to somebody else. */
  AutoCloseable handOver() {
    Closer heir = new Closer();
    resources.descendingIterator().forEachRemaining(heir.resources::push);
    resources.clear();
    return heir;
  }

  /** Closes all; throws what the first failure threw, the others suppressed in it. */
  @Override
  public void close() {
    @Nullable Throwable first = null;
    while (!resources.isEmpty()) {
      try {
        resources.pop().close();
      } catch (Exception | Error e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    rethrow(first);
  }

  private static void rethrow(@Nullable Throwable failure) {
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
    if (failure != null) {
      throw new ZapException("closing failed: " + failure.getMessage(), failure);
    }
  }
}
