// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.testing;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ends a child process that does not end by itself. Reading the output of a child cannot be
 * interrupted, and so no timeout of a test ends it; when the child is gone it comes to its end.
 */
public final class ChildWatch implements AutoCloseable {
  /** No child of a test needs a tenth of it, on whatever machine. */
  public static final Duration PATIENCE = Duration.ofMinutes(5);

  private final AtomicBoolean ended = new AtomicBoolean();
  private final CompletableFuture<Void> end;

  private ChildWatch(Process child, Duration patience) {
    this.end =
        CompletableFuture.runAsync(
            () -> {
              ended.set(true);
              // Through the handle: destroying the process itself closes the streams of who reads.
              child.toHandle().destroyForcibly();
            },
            CompletableFuture.delayedExecutor(patience.toMillis(), TimeUnit.MILLISECONDS));
  }

  /**
   * Begins to watch a child.
   *
   * @param child killed when {@link #PATIENCE} is over
   * @return ends the watch when it is closed
   */
  public static ChildWatch of(Process child) {
    return of(child, PATIENCE);
  }

  static ChildWatch of(Process child, Duration patience) {
    return new ChildWatch(child, patience);
  }

  /**
   * Ends the watch.
   *
   * @throws AssertionError if the child was killed because it took too long
   */
  @Override
  public void close() {
    end.cancel(false);
    if (ended.get()) {
      throw new AssertionError("the child process did not end by itself, and was killed");
    }
  }
}
