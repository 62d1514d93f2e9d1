// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.durability;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads that write for some time. */
final class Writers {
  private static final double NANOS = 1e9;

  private Writers() {}

  /**
   * Lets threads write random entries of so many until the time is over.
   *
   * @return writes per second: those begun within the time, over the time until the last has ended
   */
  static Rate run(int threads, long entries, double seconds, Writer writer)
      throws InterruptedException {
    long start = System.nanoTime();
    long end = start + (long) (seconds * NANOS);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<Long>> counts = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        SplittableRandom random = new SplittableRandom(start + i);
        counts.add(executor.submit(() -> write(random, entries, end, writer)));
      }
      long writes = 0;
      for (Future<Long> count : counts) {
        writes += count.get();
      }
      return new Rate(writes, (System.nanoTime() - start) / NANOS);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a writer failed", e.getCause());
    } finally {
      executor.shutdownNow();
    }
  }

  private static long write(SplittableRandom random, long entries, long end, Writer writer)
      throws Exception {
    long writes = 0;
    // Once at least, also where the thread begins when the time is over: figures are per write.
    do {
      writer.write(random.nextLong(entries), random.nextLong());
      writes++;
    } while (System.nanoTime() - end < 0);
    return writes;
  }

  /** Writes one entry. */
  interface Writer {
    /** Writes a version of an entry. */
    void write(long number, long version) throws Exception;
  }

  /**
   * What was done in what time.
   *
   * @param writes how many writes there were
   * @param seconds how long they took
   */
  record Rate(long writes, double seconds) {
    double perSecond() {
      return writes / seconds;
    }
  }
}
