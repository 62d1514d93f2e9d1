// SPDX-License-Identifier: Apache-2.0
package org.zapkv.bench.performance;

import java.io.IOException;
import org.zapkv.bench.report.Figures;
import org.zapkv.bench.report.Measurement;
import org.zapkv.bench.report.Parameters;

/** The measurements, to be run in JVMs of their own. */
public enum Measure implements Measurement {
  /** Loads a store, and leaves it closed. */
  LOAD,

  /** Times operations on a store that was loaded. */
  POINTS,

  /** Removes all entries of a store that was loaded. */
  REMOVE_ALL,

  /** Compacts it. */
  COMPACT,

  /** Gets of longs from a map of Zap so small that it is a micro ZAP. */
  MICRO,

  /** What a get allocates, and how much memory the process has. */
  MEMORY,

  /** How long one of a chain of dependent cache misses takes. */
  CHASE;

  @Override
  public Figures run(Parameters parameters, Runnable ready)
      throws IOException, InterruptedException {
    return switch (this) {
      case LOAD -> FilesTask.load(parameters);
      case POINTS -> PointsTask.run(parameters);
      case REMOVE_ALL -> FilesTask.removeAll(parameters);
      case COMPACT -> FilesTask.compact(parameters);
      case MICRO -> MicroTask.run(parameters);
      case MEMORY -> MemoryTask.run(parameters);
      case CHASE -> ChaseTask.run(parameters);
    };
  }
}
