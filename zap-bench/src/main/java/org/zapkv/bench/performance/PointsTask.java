// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.zapkv.bench.peer.Peer;
import org.zapkv.bench.report.Figures;
import org.zapkv.bench.report.Parameters;
import org.zapkv.bench.report.Samples;

/**
 * Times operations, each for some iterations after some that are not counted; a figure is the
 * median of the iterations.
 */
final class PointsTask {
  /** Of the entries, how many are inserted at most before they are removed again: 1 in so many. */
  private static final int CHURN_PART = 4;

  /** How much longer than it ought to be an operation may be measured before it is cut short. */
  private static final int OVERTIME = 2;

  private static final double NANOS = 1e9;

  private final Parameters parameters;
  private final Workers workers;
  private final long entries;

  private PointsTask(Parameters parameters, Peer peer) {
    this.parameters = parameters;
    this.entries = parameters.number("entries");
    this.workers = new Workers(peer, entries, parameters.valueBytes());
  }

  static Figures run(Parameters parameters) throws IOException, InterruptedException {
    Figures figures = new Figures();
    try (Peer peer = parameters.peer().open(parameters.directory(), parameters.options(false))) {
      PointsTask task = new PointsTask(parameters, peer);
      if (!parameters.peer().hasFiles() || parameters.number("load") != 0) {
        Load.seconds(peer, task.entries, parameters.valueBytes());
        peer.commit();
      }
      // Brings into the caches what there is room for, and says whether all entries are there.
      task.workers.worker(new Point(Operation.SCAN), 0).work();
      for (Point point : Point.parse(parameters.string("points"))) {
        task.measure(point, figures);
      }
    }
    return figures;
  }

  private void measure(Point point, Figures figures) throws InterruptedException {
    if (point.operation() == Operation.INSERT) {
      churn(point, figures);
      return;
    }
    List<Worker> threads = new ArrayList<>();
    for (int i = 0; i < point.threads(); i++) {
      threads.add(workers.worker(point, i));
    }
    List<Double> times = new ArrayList<>();
    long begin = System.nanoTime();
    for (long i = -warmUps(); i < iterations(); i = next(i, begin)) {
      double nanos = Timing.nanosPerOperation(threads, parameters.seconds());
      if (i >= 0) {
        times.add(nanos);
      }
    }
    put(figures, point.figure(), times);
  }

  private void churn(Point point, Figures figures) throws InterruptedException {
    List<Workers.Churn> threads = new ArrayList<>();
    for (int i = 0; i < point.threads(); i++) {
      threads.add(workers.churn(i, Math.max(1, entries / CHURN_PART / point.threads())));
    }
    List<Worker> inserts = threads.stream().map(churn -> (Worker) churn::insert).toList();
    List<Worker> removes = threads.stream().map(churn -> (Worker) churn::remove).toList();
    List<Double> insertTimes = new ArrayList<>();
    List<Double> removeTimes = new ArrayList<>();
    long begin = System.nanoTime();
    for (long i = -warmUps(); i < iterations(); i = next(i, begin)) {
      double insertNanos = Timing.nanosPerOperation(inserts, parameters.seconds());
      // All of them, however long that takes: the next iteration finds the store as this one did.
      double removeNanos = Timing.nanosPerOperation(removes, Double.POSITIVE_INFINITY);
      if (i >= 0) {
        insertTimes.add(insertNanos);
        removeTimes.add(removeNanos);
      }
    }
    put(figures, point.figure(), insertTimes);
    put(figures, point.figure(Operation.REMOVE), removeTimes);
  }

  /**
   * The number of the next iteration. Where they take long, as scans of some stores, what is left
   * of the warm-ups is left out, and one is counted.
   */
  private long next(long iteration, long beginNanos) {
    double limit = parameters.seconds() * (warmUps() + iterations()) * OVERTIME * NANOS;
    if (System.nanoTime() - beginNanos < limit) {
      return iteration + 1;
    }
    return iteration < 0 ? 0 : iterations();
  }

  private long warmUps() {
    return parameters.number("warmUps");
  }

  private long iterations() {
    return parameters.number("iterations");
  }

  private static void put(Figures figures, String name, List<Double> times) {
    figures.put(name, Samples.median(times.stream().sorted().toList()));
  }
}
