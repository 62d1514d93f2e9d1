// SPDX-License-Identifier: Apache-2.0
package org.zapkv.harness.run;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.zapkv.harness.operation.Operation;

/** Several threads that use a store at the same time. */
final class Crew {
  private final Scene scene;
  private final List<Worker> workers;

  /** The first violation. */
  private final AtomicReference<Located> found = new AtomicReference<>();

  Crew(Scene scene, List<Worker> workers) {
    this.scene = scene;
    this.workers = workers;
  }

  /**
   * Has each worker do its operations, all at the same time; waits for all.
   *
   * @throws Located what the first one has found
   */
  void run(List<List<Operation>> operations, int segment) {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < workers.size(); i++) {
      Worker worker = workers.get(i);
      List<Operation> own = operations.get(i);
      Thread thread = new Thread(() -> work(worker, own, segment), "zap-harness-" + i);
      thread.setDaemon(true);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
    threads.forEach(Crew::join);
    Located first = found.get();
    if (first != null) {
      throw first;
    }
  }

  private void work(Worker worker, List<Operation> operations, int segment) {
    try {
      worker.run(operations, segment);
    } catch (Located e) {
      found.compareAndSet(null, e);
      scene.stop();
    }
  }

  private static void join(Thread thread) {
    boolean isInterrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        isInterrupted = true;
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
