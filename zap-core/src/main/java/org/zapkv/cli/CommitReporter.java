// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.zapkv.pool.ThreadEnd;
import org.zapkv.store.ZapStore;

/** Prints each commit when it has become durable, promptly even while the input makes one wait. */
final class CommitReporter implements AutoCloseable {
  /*
   * A thread of its own waits for the commits in their order; standard output is its alone until
   * finish() has joined it. The queue holds two longs for each commit that is not yet durable, and
   * the store holds the loader back long before these are many.
   */

  private record Commit(long sequence, long lines) {}

  /** What ends the thread. */
  private static final Commit LAST = new Commit(0, -1);

  private final ZapStore store;
  private final BlockingQueue<Commit> commits = new LinkedBlockingQueue<>();
  private final @Nullable LongConsumer sink;
  private final @Nullable Thread thread;
  private volatile @Nullable RuntimeException failure;

  /**
   * A reporter.
   *
   * @param sink takes how many lines are committed, and prints it; null: nobody wants to know
   */
  CommitReporter(ZapStore store, @Nullable LongConsumer sink) {
    this.store = store;
    this.sink = sink;
    this.thread = sink == null ? null : new Thread(() -> report(sink), "zap-acks");
    if (thread != null) {
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void report(LongConsumer sink) {
    try {
      Commit commit = commits.take();
      while (commit.lines >= 0) {
        store.awaitDurable(commit.sequence);
        sink.accept(commit.lines);
        commit = commits.take();
      }
    } catch (OutputFailedException e) {
      failure = new CommandFailure(ExitCode.UNUSABLE, e.getMessage());
    } catch (RuntimeException e) {
      failure = e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Takes note of a commit.
   *
   * @param sequence what the commit returned
   * @param lines how many lines of the input are committed with it
   */
  void committed(long sequence, long lines) {
    if (sink == null) {
      return;
    }
    rethrow();
    commits.add(new Commit(sequence, lines));
  }

  /** Waits until every commit is durable and printed. */
  void finish() {
    close();
    rethrow();
  }

  private void rethrow() {
    RuntimeException e = failure;
    if (e != null) {
      failure = null;
      throw e;
    }
  }

  @Override
  public void close() {
    if (thread == null) {
      return;
    }
    commits.add(LAST);
    ThreadEnd.await(thread);
  }
}
