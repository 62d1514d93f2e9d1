// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RecursiveAction;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One part of a scan on several threads. No task fails: what goes wrong first is kept, ends all
 * parts, and is thrown when nobody is in the action any more.
 */
final class ParallelScan extends RecursiveAction {
  private static final long serialVersionUID = 1;

  /** So many parts for each thread, as some threads are slower than others. */
  private static final int PARTS_PER_THREAD = 4;

  private final transient EntryView view;
  private final transient Consumer<? super EntryView> action;
  private final transient AtomicReference<@Nullable Throwable> failure;
  private final long smallestCut;
  private long estimate;

  private ParallelScan(
      EntryView view,
      Consumer<? super EntryView> action,
      AtomicReference<@Nullable Throwable> failure,
      long smallestCut,
      long estimate) {
    this.view = view;
    this.action = action;
    this.failure = failure;
    this.smallestCut = smallestCut;
    this.estimate = estimate;
  }

  /**
   * Scans all, on the caller's thread and those of its pool, or of the common pool.
   *
   * @param entries how many there are, about
   */
  static void run(EntryView view, Consumer<? super EntryView> action, long entries) {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    long parts = (long) PARTS_PER_THREAD * (1 + poolParallelism());
    long smallestCut = Math.max(EntrySpliterator.SMALLEST_CUT, entries / parts);
    new ParallelScan(view, action, failure, smallestCut, entries).invoke();
    Throwable first = failure.get();
    if (first instanceof Error error) {
      throw error;
    }
    if (first instanceof RuntimeException exception) {
      throw exception;
    }
  }

  private static int poolParallelism() {
    return inForkJoinPool() ? getPool().getParallelism() : ForkJoinPool.getCommonPoolParallelism();
  }

  @Override
  protected void compute() {
    List<ParallelScan> others = new ArrayList<>();
    try {
      cut(others);
      while (failure.get() == null && view.next()) {
        action.accept(view);
      }
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
    }
    // The last one that was forked is the one that is most likely not begun.
    for (int i = others.size() - 1; i >= 0; i--) {
      others.get(i).join();
    }
  }

  /** Gives halves away until what is left is small enough. */
  private void cut(List<ParallelScan> others) {
    while (estimate >= smallestCut) {
      EntryView half = view.split();
      if (half == null) {
        return;
      }
      estimate >>>= 1;
      ParallelScan other = new ParallelScan(half, action, failure, smallestCut, estimate);
      others.add(other);
      other.fork();
    }
  }
}
