// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.zapkv.bench.peer.Peer;
import org.zapkv.bench.report.Entries;
import org.zapkv.bench.report.Figures;
import org.zapkv.bench.report.Parameters;

/** What a get allocates, and what memory the process has when the cache is full. */
final class MemoryTask {
  /** The figure of the bytes that a get allocates, for each way of getting. */
  static final String ALLOCATED = "allocated";

  /** The figure of the live heap, without what the measurement has on it. */
  static final String HEAP = "heap";

  /** The figure of code, metadata, and what else the JVM counts outside the heap. */
  static final String CODE = "code";

  /** The figure of the memory of the process, mapped files in it. */
  static final String RESIDENT = "resident";

  /** The figure of that without mapped files. */
  static final String ANONYMOUS = "anonymous";

  private static final int MEASURED = 1 << 17;
  private static final int COLLECTIONS = 3;
  private static final long KIB = 1024;

  private MemoryTask() {}

  static Figures run(Parameters parameters) throws IOException, InterruptedException {
    long entries = parameters.number("entries");
    Figures figures = new Figures();
    // What the measurement itself has on the heap: most of it is what values are made of.
    Entries.value(0, 0);
    long own = liveHeap();
    try (Peer peer = parameters.peer().open(parameters.directory(), parameters.options(false))) {
      Load.seconds(peer, entries, parameters.valueBytes());
      peer.commit();
      Workers workers = new Workers(peer, entries, parameters.valueBytes());
      for (Operation operation : List.of(Operation.GET_HIT, Operation.GET_INTO)) {
        Worker worker = workers.worker(new Point(operation), 0);
        Timing.nanosPerOperation(
            List.of(worker), parameters.seconds() * parameters.number("warmUps"));
        figures.put(ALLOCATED + operation, allocated(worker));
      }
      figures.put(HEAP, liveHeap() - own);
      MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
      figures.put(CODE, memory.getNonHeapMemoryUsage().getUsed());
      figures.put(RESIDENT, status("VmRSS:"));
      figures.put(ANONYMOUS, status("RssAnon:"));
    }
    return figures;
  }

  private static long liveHeap() {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** The loop itself allocates nothing. */
  private static double allocated(Worker worker) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    // The first call has more to do.
    threads.getCurrentThreadAllocatedBytes();
    long before = threads.getCurrentThreadAllocatedBytes();
    long operations = 0;
    while (operations < MEASURED) {
      operations += worker.work();
    }
    return (double) (threads.getCurrentThreadAllocatedBytes() - before) / operations;
  }

  private static long status(String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.substring(name.length()).replace("kB", "").trim()) * KIB;
      }
    }
    throw new IOException("/proc/self/status has no " + name);
  }
}
