// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Lets workers work for a time. */
final class Timing {
  private static final double NANOS = 1e9;

  private Timing() {}

  /**
   * Lets each worker work in a thread of its own.
   *
   * @return how long an operation takes a thread: with two threads that do not disturb each other
   *     as long as with one
   */
  static double nanosPerOperation(List<? extends Worker> workers, double seconds)
      throws InterruptedException {
    ExecutorService executor = Executors.newFixedThreadPool(workers.size());
    try {
      CyclicBarrier start = new CyclicBarrier(workers.size());
      List<Future<Double>> rates = new ArrayList<>();
      for (Worker worker : workers) {
        rates.add(executor.submit(() -> rate(worker, seconds, start)));
      }
      double perNano = 0;
      for (Future<Double> rate : rates) {
        perNano += rate.get();
      }
      return workers.size() / perNano;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a worker failed", e.getCause());
    } finally {
      executor.shutdownNow();
    }
  }

  private static double rate(Worker worker, double seconds, CyclicBarrier start) throws Exception {
    start.await();
    long begin = System.nanoTime();
    long limit = (long) (seconds * NANOS);
    long operations = 0;
    long elapsed;
    long done;
    do {
      done = worker.work();
      operations += done;
      elapsed = System.nanoTime() - begin;
    } while (done > 0 && elapsed < limit);
    return (double) operations / elapsed;
  }
}
